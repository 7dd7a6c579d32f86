/**
 * `tlsreach probe`: everything is read and checked before anything is sent, then each target is probed and rendered as
 * it finishes. stdout carries the result alone; progress, gates and faults go to stderr.
 */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { VERSION } from '../base/version.ts';
import type { Capture } from '../probe/capture.ts';
import { judgeGates, nagiosState, worstCode } from '../probe/gates.ts';
import type { ProbeHooks } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { Target } from '../probe/target.ts';
import { keepsOrder, type Rendering } from '../report/rendering.ts';
import { loadRendering } from '../report/renderings.ts';
import { runBatch } from './batch.ts';
import type { GivenOptions } from './given-options.ts';
import type { LiveTable } from './live-table.ts';
import { type CheckedPlan, type Plan, planOf } from './probe-plan.ts';
import { startProgress } from './progress.ts';
import type { ProbeApp, Services } from './services.ts';
import { openSink, type Sink } from './sink.ts';
import type { TargetList } from './target-input.ts';
import { OutputError } from './usage-error.ts';

export interface ProbeCommand {
  readonly targets: readonly string[];
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

/** As many are worth opening singly; for more the whole lab opens. */
const FEW_TARGETS = 20;

function labDomains({ count, targets }: TargetList): readonly string[] | undefined {
  if (count > FEW_TARGETS) return undefined;
  return [...targets()].flatMap(({ domain }) => (typeof domain === 'string' ? [domain] : []));
}

/** What became of one target. */
type Settled =
  | { readonly kind: 'result'; readonly result: ProbeResult; readonly unkept?: OutputError }
  /** The run was stopped before it was done. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'broken'; readonly error: unknown };

/** Runs the command and answers with its exit code. */
export async function probeCommand({ targets, given, world, services }: ProbeCommand): Promise<number> {
  const plan = await planOf(targets, given, world);
  const { list, format } = plan;
  const delivery =
    list.batch?.delivery == null
      ? null
      : await (await import('./batch-delivery.ts')).openBatchDelivery({ list, format, given, world, services });
  try {
    return await run({ ...plan, delivery }, given, world, services);
  } finally {
    await delivery?.close();
  }
}

async function run(plan: CheckedPlan, given: GivenOptions, world: World, services: Services): Promise<number> {
  const lab = given.flag('lab') === true;
  const sink = await openSink(given.text('output'), world);
  const capture = await captureSink(plan.captureFile, world).catch(async (error: unknown) => {
    await sink.discard();
    throw error;
  });
  // Until the run itself listens, files that were begun would stay behind.
  const early = world.onInterrupt(() => {
    void Promise.all([sink.discard(), capture?.discard()]).finally(() => world.exit(130));
  });
  const bed = lab ? await services.openLab({ domains: labDomains(plan.list) }) : null;
  let captured = false;
  try {
    const settings = { ...plan.settings, ...bed?.settings };
    const app = await services.createApp(settings).catch(async (error: unknown) => {
      await sink.discard();
      throw error;
    });
    try {
      const { port } = settings;
      // A run that was stopped, or broke, leaves nothing that could be judged again.
      const onCaptured = (): void => {
        captured = true;
      };
      early();
      return await execute({ ...plan, port, capture, onCaptured, deadlineMs: settings.deadlineMs }, app, sink);
    } finally {
      await app.close();
    }
  } finally {
    early();
    await bed?.close();
    await (captured ? capture?.commit() : capture?.discard());
  }
}

/** Opened before anything is sent: a file that cannot be written is known at once. */
async function captureSink(file: string | null, world: World): Promise<Sink | null> {
  return file === null ? null : openSink(file, world, '--capture');
}

/** Runs a plan to its end and answers with the exit code. The sink is committed, or discarded. */
export async function execute(plan: Plan, app: ProbeApp, sink: Sink): Promise<number> {
  const { world, list } = plan;
  const many = list.count > 1;
  if (many) await world.keepMemoryFlat();
  // Loaded, and begun, while the first dialogue waits for its peer.
  const begin = async (): Promise<Rendering> => {
    const loaded = plan.quiet ? QUIET : await renderingOf(plan, many);
    await sink.write(loaded.begin());
    return loaded;
  };
  let begun: Promise<Rendering> | null = null;
  const rendering = (): Promise<Rendering> => {
    begun ??= begin();
    return begun;
  };
  const stop = new AbortController();
  const release = world.onInterrupt(() => {
    if (stop.signal.aborted) world.exit(130);
    stop.abort();
    void world.stderr.write('\ntlsreach: stopping; what is done so far follows (once more to quit at once)\n');
  });
  const progress = many ? startProgress(list.count, world.stderr, world.clock) : null;
  const codes = new Set<number>();
  const scores = list.batch?.average === true ? new (await import('./score-total.ts')).ScoreTotal() : null;
  let done = 0;
  let committed = false;
  try {
    await runBatch<Target, Settled>({
      jobs: list.targets(),
      concurrency: Math.min(plan.concurrency, list.count),
      keepOrder: keepsOrder(plan.format),
      signal: stop.signal,
      run: async (target) => {
        progress?.begun();
        const settled = settle(plan, app, target, stop.signal, many);
        await rendering();
        return settled;
      },
      emit: async (settled, target) => {
        const code = codeOf(settled, plan);
        progress?.done(code, settled.kind !== 'stopped');
        if (settled.kind === 'stopped') return;
        done++;
        codes.add(code);
        if (settled.kind === 'result') scores?.add(settled.result);
        plan.delivery?.add(target.text, settled.kind === 'result' ? settled.result : null);
        const reading = settled.kind !== 'result' || (await sink.write((await rendering()).each(settled.result)));
        // Behind the result, where a person who reads it will be.
        tell(settled, target, plan, many);
        if (!reading) stop.abort();
      },
    });
    await sink.write((await rendering()).end());
    await sink.commit();
    committed = true;
  } finally {
    release();
    progress?.finish();
    if (!committed) await sink.discard();
  }
  if (scores !== null) await world.stderr.write(`tlsreach: ${scores.text()}\n`);
  if (done < list.count) await stopNote(world, done, list.count);
  const code = exitCode(plan, codes, done);
  if (plan.delivery == null) return code;
  if (done === list.count) return (await plan.delivery.send()) ? code : Math.max(code, 1);
  await world.stderr.write('tlsreach: the report is not mailed: the batch is not done\n');
  return code;
}

function exitCode(plan: Plan, codes: ReadonlySet<number>, done: number): number {
  if (plan.format === 'nagios')
    return codes.size === 0 ? 3 : Math.max(...[...codes].map((code) => NAGIOS_ORDER[code] ?? 0)) % 4;
  // Nothing was seen at all: it could not be tested.
  return done === 0 ? 3 : worstCode(codes);
}

/** CRITICAL is worse than UNKNOWN, which is worse than WARNING; taken modulo 4 these are the plugin codes again. */
const NAGIOS_ORDER: Readonly<Record<number, number>> = { 0: 0, 1: 1, 3: 3, 2: 6 };

async function settle(plan: Plan, app: ProbeApp, target: Target, signal: AbortSignal, many: boolean): Promise<Settled> {
  const live = await liveOf(plan, target, many);
  const { capture: sink } = plan;
  const heard = plan.listen?.(target.text);
  const onEvent: ProbeHooks['onEvent'] =
    live === null || heard === undefined
      ? (live?.onEvent ?? heard)
      : (event) => {
          live.onEvent(event);
          heard(event);
        };
  let captured: Capture | null = null;
  const onCapture = (capture: Capture): void => {
    captured = capture;
  };
  try {
    const result = await app.probe(
      { ...plan.request, target },
      { signal, onEvent, ...(sink === null ? {} : { onCapture }) },
    );
    const unkept = captured === null || sink === null ? null : await keep(captured, sink);
    if (unkept === null && captured !== null) plan.onCaptured?.();
    // Of many targets those that were cut short are not done; of a single one what was seen is worth showing.
    return many && signal.aborted && result.hosts.some(({ verdict }) => verdict === 'inconclusive')
      ? { kind: 'stopped' }
      : { kind: 'result', result, ...(unkept === null ? {} : { unkept }) };
  } catch (error) {
    return signal.aborted ? { kind: 'stopped' } : { kind: 'broken', error };
  } finally {
    live?.clear();
  }
}

/** Writes the capture; what came in the way is told behind the result, which is worth showing all the same. */
async function keep(capture: Capture, sink: Sink): Promise<OutputError | null> {
  try {
    await sink.write((await import('../probe/capture.ts')).captureText(capture));
    return null;
  } catch (error) {
    if (error instanceof OutputError) return error;
    throw error;
  }
}

async function liveOf(
  { world, format, port, colour, oldHeadings, quiet }: Plan,
  target: Target,
  many: boolean,
): Promise<LiveTable | null> {
  if (many || quiet || world.env['TERM'] === 'dumb') return null;
  if (format !== 'table' || !world.stdout.isTerminal) {
    if (!world.stderr.isTerminal) return null;
    const { waitingLine } = await import('./waiting-line.ts');
    return waitingLine(world.stderr, world.clock, target.text);
  }
  const { liveTable } = await import('./live-table.ts');
  return liveTable(world.stdout, {
    title: target.text,
    colour,
    oldHeadings,
    port: target.server?.port ?? port,
    startedAt: new Date(world.clock.now()).toISOString(),
  });
}

function codeOf(settled: Settled, { format, gates }: Plan): number {
  switch (settled.kind) {
    case 'result':
      if (settled.unkept !== undefined) return format === 'nagios' ? 3 : 4;
      return format === 'nagios' ? nagiosState(settled.result, gates) : judgeGates(settled.result, gates).code;
    case 'stopped':
      return 3;
    case 'broken':
      return format === 'nagios' ? 3 : 4;
  }
}

/** Why a gate is not met; a person who reads the table has seen the rest. */
function tell(settled: Settled, target: Target, { world, gates, format, deadlineMs }: Plan, many: boolean): void {
  if (settled.kind === 'broken') {
    const { error } = settled;
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    void world.stderr.write(`tlsreach: internal error while testing ${printable(target.text, 120)}: ${words}\n`);
    return;
  }
  if (settled.kind === 'result' && settled.unkept !== undefined)
    void world.stderr.write(`tlsreach: ${settled.unkept.message}\n`);
  if (settled.kind === 'stopped' || many || format === 'nagios') return;
  if (typeof deadlineMs === 'number' && settled.result.elapsedMs >= deadlineMs)
    void world.stderr.write(
      `tlsreach: --deadline: the run was stopped after ${deadlineMs / 1000} s; give it more time\n`,
    );
  const { code, reasons } = judgeGates(settled.result, gates);
  if (code === 1 && reasons.length > 0) {
    for (const reason of reasons) void world.stderr.write(`tlsreach: not met: ${printable(reason, 300)}\n`);
  }
}

async function stopNote({ stderr }: World, done: number, all: number): Promise<void> {
  await stderr.write(`tlsreach: stopped; ${done} of ${all} ${all === 1 ? 'target' : 'targets'} done\n`);
}

function renderingOf(plan: Plan, many: boolean): Promise<Rendering> {
  return loadRendering({
    format: plan.format,
    version: VERSION,
    width: plan.world.stdout.columns(),
    colour: plan.colour,
    oldHeadings: plan.oldHeadings,
    many,
    nagiosStateOf: (result) => nagiosState(result, plan.gates),
  });
}

/** The factor alone (R58); a hyphen where there is none. */
const QUIET: Rendering = { begin: () => '', each: ({ confidence }) => `${confidence.value ?? '-'}\n`, end: () => '' };
