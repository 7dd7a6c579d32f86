/**
 * A process that delivers, killed again and again at moments nobody chose, until the queue is empty. What arrived is then
 * held against what was queued: nothing may be lost, and what came twice must have been on its way when a kill came.
 */

import { allTo, configure, type Program, startProgram, until, withQueue } from './installation.ts';
import { type Arrival, startMailSink } from './mail-sink.ts';
import { messageTo } from './store-world.ts';

export interface CrashOptions {
  readonly data: string;
  readonly messages: number;
  readonly kills: number;
  readonly connections: number;
  /** 0 to 1: when the next kill comes, between the first delivery after a start and `spreadMs` later. */
  readonly random: () => number;
  readonly spreadMs: number;
  readonly timeoutMs: number;
}

export interface CrashReport {
  readonly kills: number;
  readonly arrived: number;
  /** Queued and never seen. */
  readonly lost: readonly string[];
  /** Seen and still waiting in the queue at the end. */
  readonly unfinished: number;
  readonly twice: number;
  /** Came twice, although the connection of the first copy went on, or ended in order. */
  readonly unexcused: readonly string[];
  readonly mostConnections: number;
}

export async function crashRun(options: CrashOptions): Promise<CrashReport> {
  const { data, messages, connections } = options;
  const sink = await startMailSink({ delayMs: 2 });
  let running: Program | null = null;
  let kills = 0;
  try {
    await configure(data, (document) => {
      const { destinations } = document;
      const plain = { ...destinations.default, tls: 'no', dane: 'off', mtaSts: 'off' } as const;
      const routed = allTo(sink.port, document);
      return { ...routed, destinations: { ...destinations, default: { ...plain, maxConcurrency: connections } } };
    });
    await withQueue(data, async (queue) => {
      await Promise.all(
        Array.from({ length: messages }, (_, count) =>
          queue.accept(
            messageTo([`u${count}@d${count % 3}.example`], { bytes: Buffer.from(`X-Test: ${count}\r\n\r\nhello\r\n`) }),
            Date.now(),
          ),
        ),
      );
    });
    const end = performance.now() + options.timeoutMs;
    const waiting = (): Promise<number> =>
      withQueue(data, async (queue) => (await queue.list({ states: ['queued', 'claimed'], limit: 1 })).length);
    while (performance.now() < end) {
      running = startProgram(['serve', '--data', data, '--roles', 'delivery', '--lease', '1', '--drain', '5']);
      const child = running.process;
      const before = sink.arrivals.length;
      if (kills < options.kills) {
        const began = await until(() => sink.arrivals.length > before, 15_000);
        if (!began && (await waiting()) === 0) break;
        await new Promise((resolve) => setTimeout(resolve, options.random() * options.spreadMs));
        child.kill('SIGKILL');
        await running.ended;
        kills += 1;
        continue;
      }
      await until(async () => (await waiting()) === 0, end - performance.now());
      break;
    }
    running?.process.kill('SIGTERM');
    await running?.ended;
    return {
      kills,
      unfinished: await waiting(),
      ...judge(sink.arrivals, sink.orderly, messages),
      mostConnections: sink.open.most,
    };
  } finally {
    if (running !== null && running.process.exitCode === null) running.process.kill('SIGKILL');
    await sink.stop();
  }
}

function judge(arrivals: readonly Arrival[], orderly: ReadonlySet<number>, messages: number) {
  const copies = Map.groupBy(arrivals, ({ text }) => /^X-Test: (\d+)/m.exec(text)?.[1] ?? '');
  const lost = Array.from({ length: messages }, (_, count) => String(count)).filter((name) => !copies.has(name));
  const lastOf = new Map(arrivals.map((arrival) => [arrival.connection, arrival]));
  const repeated = [...copies].filter(([, each]) => each.length > 1);
  const unexcused = repeated
    .filter(([, each]) =>
      each.slice(0, -1).some((copy) => lastOf.get(copy.connection) !== copy || orderly.has(copy.connection)),
    )
    .map(([name]) => name);
  return { arrived: arrivals.length, lost, twice: repeated.length, unexcused };
}
