/** How far a batch is, on stderr: one line that is rewritten on a terminal, a plain line now and then elsewhere. */
import type { Output } from '../app/world.ts';
import type { Clock } from '../base/clock.ts';

export interface Progress {
  begun(): void;
  /** A target is no longer at work: done with this exit code, or cut short. */
  done(code: number, counts: boolean): void;
  /** Takes the line away, or writes the last one. */
  finish(): void;
}

const TERMINAL_INTERVAL_MS = 200;
export const PLAIN_INTERVAL_MS = 10_000;

export function startProgress(total: number, stderr: Output, clock: Clock): Progress {
  const startedAt = clock.monotonic();
  const interval = stderr.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let running = 0;
  let done = 0;
  const codes = new Map<number, number>();
  let cancel: (() => void) | null = null;
  const line = (): string => {
    const seconds = Math.max(0.001, (clock.monotonic() - startedAt) / 1000);
    const parts = [
      `${grouped(done)} of ${grouped(total)} done`,
      `${grouped(running)} running`,
      `${grouped(codes.get(0) ?? 0)} met, ${grouped(codes.get(1) ?? 0)} not met, ${grouped(codes.get(3) ?? 0)} not tested${codes.has(4) ? `, ${grouped(codes.get(4) ?? 0)} failed` : ''}`,
      `${(done / seconds).toFixed(done / seconds < 10 ? 1 : 0)}/s`,
    ];
    return parts.join(' · ');
  };
  const show = (): void => {
    void stderr.write(stderr.isTerminal ? `\r\x1b[K${line().slice(0, stderr.columns() - 1)}` : `tlsreach: ${line()}\n`);
    cancel = clock.setTimer(interval, show);
  };
  cancel = clock.setTimer(interval, show);
  return {
    begun: () => {
      running++;
    },
    done: (code, counts) => {
      running--;
      if (!counts) return;
      done++;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    },
    finish: () => {
      cancel?.();
      void stderr.write(stderr.isTerminal ? '\r\x1b[K' : '');
      void stderr.write(`tlsreach: ${line()}\n`);
    },
  };
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}
