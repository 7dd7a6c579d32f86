/** Where a result goes: standard output, or a file that appears when it is complete. */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { describeFileFault, OutputError, UsageError } from './usage-error.ts';

export interface Sink {
  /** False when nobody reads any longer. */
  write(text: string): Promise<boolean>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export async function openSink(
  file: string | undefined,
  world: World,
  option = '--output',
  mode?: number,
): Promise<Sink> {
  if (file === undefined || file === '-') {
    return { write: (text) => world.stdout.write(text), commit: async () => {}, discard: async () => {} };
  }
  const because = (error: unknown): string => `${option} ${printable(file, 200)}: ${describeFileFault(error, 'write')}`;
  const target = await world.createFile(file, mode).catch((error: unknown) => {
    throw new UsageError(because(error));
  });
  const told = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      throw new OutputError(because(error));
    });
  return {
    write: async (text) => {
      await told(target.write(text));
      return true;
    },
    commit: () => told(target.commit()),
    discard: () => target.discard(),
  };
}
