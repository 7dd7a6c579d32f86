/**
 * `tlsreach replay`: judges a capture again, offline, as of then or of another time, with the anchors of then or others.
 * What is rendered, gated and answered is the same as for a probe.
 */
import { describeReplayFault, replay } from '../app/replay.ts';
import { loadTrust } from '../app/trust.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { describeAnchorFault, type TrustAnchors } from '../pki/trust-anchors.ts';
import { MAX_CAPTURE_OCTETS } from '../probe/capture-limits.ts';
import { describeCaptureFault, readCapture } from '../probe/read-capture.ts';
import { timeOf } from './chain-command.ts';
import { gatesOf } from './gate-options.ts';
import type { GivenOptions } from './given-options.ts';
import { execute } from './probe-command.ts';
import { colourWanted, formatOf } from './probe-plan.ts';
import { openSink } from './sink.ts';
import { readAll } from './target-input.ts';
import { describeFileFault, UsageError } from './usage-error.ts';
import { caFileOf } from './world-options.ts';

export interface ReplayCommand {
  readonly file: string;
  readonly given: GivenOptions;
  readonly world: World;
}

export async function replayCommand({ file, given, world }: ReplayCommand): Promise<number> {
  const format = formatOf(given);
  const gates = await gatesOf(given, world);
  const at = timeOf(given);
  const anchors = await otherAnchors(given, world);
  const shown = file === '-' ? 'standard input' : printable(file, 200);
  const read = readCapture(await bytesOf(file, world));
  if (!read.ok) throw new UsageError(`${shown}: ${describeCaptureFault(read.failure)}`);
  const replayed = await replay(read.value, { at, anchors });
  if (!replayed.ok) throw new UsageError(`${shown}: ${describeReplayFault(replayed.failure)}`);
  const { capture, target } = read.value;
  const plan = {
    world,
    list: { count: 1, targets: () => [target] },
    gates,
    format,
    request: capture.request,
    concurrency: 1,
    oldHeadings: given.flag('oldHeadings') ?? false,
    colour: colourWanted(given, world),
    quiet: given.flag('quiet') ?? false,
    port: capture.settings.port,
    capture: null,
  };
  const app = { probe: async () => replayed.value, close: async () => {} };
  return execute(plan, app, await openSink(given.text('output'), world));
}

/** Null where nobody asks for others than those of then. */
async function otherAnchors(given: GivenOptions, world: World): Promise<TrustAnchors | null> {
  const systemCa = given.flag('systemCa');
  const caFile = await caFileOf(given, world);
  if (systemCa === undefined && caFile === null) return null;
  const trust = loadTrust({ systemCa: systemCa ?? true, caFile });
  return trust.ok ? trust.value : given.refuse('caFile', describeAnchorFault(trust.failure));
}

async function bytesOf(file: string, world: World): Promise<Buffer> {
  if (file === '-') return readAll(world.stdin(), MAX_CAPTURE_OCTETS);
  try {
    return await world.readFile(file);
  } catch (error) {
    throw new UsageError(`${printable(file, 200)}: ${describeFileFault(error)}`);
  }
}
