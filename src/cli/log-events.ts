/** What a probe tells while it runs, as lines of the log: hosts and results from `info` on, every stage at `debug`. */
import type { Log, LogLevel } from '../base/log.ts';
import type { ProbeEvent, ProbeHooks } from '../probe/request.ts';

/** Undefined where the log would throw all of it away: listening has a price. */
export function logEvents(log: Log, from: LogLevel, target: string): ProbeHooks['onEvent'] {
  if (from === 'warn' || from === 'error') return undefined;
  return (event) => logEvent(log, target, event);
}

function logEvent(log: Log, target: string, event: ProbeEvent): void {
  switch (event.kind) {
    case 'route':
      log('debug', 'the mail route is known', {
        target,
        hosts: event.hosts.map(({ exchange, preference, addresses }) => ({ exchange, preference, addresses })),
      });
      return;
    case 'stage': {
      const { host, address, stage, result, ms } = event;
      log('debug', 'a stage has ended', { target, host, address, stage, result, ms });
      return;
    }
    case 'host': {
      const { exchange, address, verdict, tls } = event.host;
      log('info', 'a host was tested', { target, host: exchange, address, verdict, protocol: tls?.protocol ?? null });
      return;
    }
    case 'done': {
      const { status, confidence, elapsedMs } = event.result;
      log('info', 'a target is done', { target, status, confidence: confidence.value, ms: elapsedMs });
      return;
    }
  }
}
