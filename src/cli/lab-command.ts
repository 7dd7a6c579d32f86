/** `tlsreach lab`: opens the test bed, says what to try, and keeps it open until Ctrl-C. */
import type { World } from '../app/world.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import { openSink } from './sink.ts';
import { codeOf, describeListenFault, UsageError } from './usage-error.ts';
import { wholeOf } from './world-options.ts';

export interface LabCommand {
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

export async function labCommand({ given, world, services }: LabCommand): Promise<number> {
  const port = (key: string): number | undefined => wholeOf(given, key, 1, 65_535);
  const wishes = { dnsPort: port('dnsPort'), smtpPort: port('smtpPort') };
  const rootFile = given.text('rootFile') ?? null;
  const root = rootFile === null ? null : await openSink(rootFile, world, given.nameOf('rootFile'));
  const lab = await services.openLab(wishes).catch(async (error: unknown) => {
    await root?.discard();
    throw listenFault(error, given) ?? error;
  });
  try {
    await root?.write(lab.rootPem);
    await root?.commit();
    await world.stdout.write(`${lab.guide(rootFile).join('\n')}\n`);
    await new Promise<void>((resolve) => {
      const release = world.onInterrupt(() => {
        release();
        resolve();
      });
    });
  } finally {
    await lab.close();
  }
  return 0;
}

/** A port that was asked for and cannot be had; null for anything else. */
function listenFault(error: unknown, given: GivenOptions): UsageError | null {
  if (!LISTEN_FAULTS.includes(codeOf(error))) return null;
  const port = error instanceof Error && 'port' in error ? String(error.port) : '';
  const key = ['dnsPort', 'smtpPort'].find((each) => given.text(each) === port);
  return key === undefined ? null : new UsageError(`${given.nameOf(key)} ${port}: ${describeListenFault(error)}`);
}

const LISTEN_FAULTS: readonly string[] = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'];
