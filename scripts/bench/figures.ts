/** What every benchmark needs to say a figure: medians, their spread, and the time and CPU that something took. */
import { cpus } from 'node:os';

export interface Cost {
  readonly wallMs: number;
  /** User and system time of this process, all threads. */
  readonly cpuMs: number;
}

export async function costOf(run: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const since = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - since, cpuMs: (user + system) / 1000 };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((first, second) => first - second);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** `0.91 (0.88 to 0.95)`: the median, and the least and the most that were seen. */
export function shown(values: readonly number[], digits = 2): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}

/** One line of what was measured: name, value, and the target where there is one. */
export function say(name: string, value: string, target?: string): void {
  console.log(`${name.padEnd(52)} ${value}${target === undefined ? '' : `   target: ${target}`}`);
}

export function sayMachine(): void {
  console.log(`node ${process.version}, ${cpus().length} processors, ${cpus()[0]?.model ?? 'unknown'}`);
}

/** Runs `count` jobs, `concurrency` at a time. */
export async function inParallel(
  count: number,
  concurrency: number,
  job: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await job(index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
