/** Where a result goes: standard output, or a file that appears when it is complete. */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { describeFileFault, UsageError } from './usage-error.ts';

export interface Sink {
  /** False when nobody reads any longer. */
  write(text: string): Promise<boolean>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export async function openSink(file: string | undefined, world: World, option = '--output'): Promise<Sink> {
  if (file === undefined || file === '-') {
    return { write: (text) => world.stdout.write(text), commit: async () => {}, discard: async () => {} };
  }
  try {
    const target = await world.createFile(file);
    return {
      write: async (text) => {
        await target.write(text);
        return true;
      },
      commit: () => target.commit(),
      discard: () => target.discard(),
    };
  } catch (error) {
    throw new UsageError(`${option} ${printable(file, 200)}: ${describeFileFault(error)}`);
  }
}
