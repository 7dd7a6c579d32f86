/**
 * One line on stderr while a person waits for a single result that is not drawn as it grows: after a moment, then every
 * second, and gone before the result is written.
 */
import type { Output } from '../app/world.ts';
import type { Clock } from '../base/clock.ts';
import { printable } from '../base/printable.ts';
import type { ProbeEvent } from '../probe/request.ts';
import type { LiveTable } from './live-table.ts';

/** Who gets an answer sooner has not waited. */
export const WAITING_INTERVAL_MS = 1000;

export function waitingLine(stderr: Output, clock: Clock, target: string): LiveTable {
  const startedAt = clock.monotonic();
  let doing = 'looking up its mail hosts';
  let drawn = false;
  let cancel = clock.setTimer(WAITING_INTERVAL_MS, draw);
  function draw(): void {
    const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
    const line = printable(`tlsreach: testing ${target}: ${doing}, ${seconds} s`);
    void stderr.write(`\r\x1b[K${line.slice(0, Math.max(1, stderr.columns() - 1))}`);
    drawn = true;
    cancel = clock.setTimer(WAITING_INTERVAL_MS, draw);
  }
  return {
    onEvent: (event) => {
      doing = describe(event) ?? doing;
    },
    clear: () => {
      cancel();
      if (drawn) void stderr.write('\r\x1b[K');
    },
  };
}

function describe(event: ProbeEvent): string | null {
  switch (event.kind) {
    case 'route':
      return event.hosts.length === 1
        ? `connecting to ${event.hosts[0]?.exchange ?? 'its mail host'}`
        : `connecting to ${event.hosts.length} hosts`;
    case 'stage':
      return `${event.host} has answered (${event.stage})`;
    case 'host':
      return `${event.host.exchange} is done`;
    case 'done':
      return null;
  }
}
