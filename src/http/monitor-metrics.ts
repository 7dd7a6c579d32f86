/** Gauges of monitors for Prometheus: one series per monitor and gauge, under its name alone. */
import { Gauge, type Registry } from 'prom-client';
import type { MonitorDesk, SeenMonitor } from '../app/monitor-desk.ts';
import type { Clock } from '../base/clock.ts';
import { MONITOR_STATES } from '../monitor/state.ts';
import { type MonitorStatus, statusOf } from '../monitor/status.ts';
import { StoreTrouble } from '../store/trouble.ts';

const DAY_MS = 86_400_000;

export function monitorMetrics(registry: Registry, monitors: MonitorDesk, clock: Clock): void {
  // One look at the store for all gauges of one scrape; a store that is away shows none.
  let looking: Promise<readonly MonitorStatus[]> | null = null;
  const look = (): Promise<readonly MonitorStatus[]> => {
    const now = clock.now();
    looking ??= seenNow(monitors)
      .then((seen) => seen.map((each) => statusOf(each, now)))
      .finally(() => {
        looking = null;
      });
    return looking;
  };
  const gauge = (name: string, help: string, read: (status: MonitorStatus) => number | null): Gauge<'monitor'> =>
    new Gauge({
      name: `tlsreach_monitor_${name}`,
      help,
      labelNames: ['monitor'],
      registers: [registry],
      async collect() {
        const statuses = await look();
        this.reset();
        for (const status of statuses) {
          const value = read(status);
          if (value !== null) this.set({ monitor: status.monitor }, value);
        }
      },
    });
  const words = MONITOR_STATES.map((each, index) => `${index} ${each}`).join(', ');
  gauge('state', `State: ${words}`, ({ state }) => MONITOR_STATES.indexOf(state));
  gauge('value', 'Mean confidence of the last run that could tell', ({ lastValue }) => lastValue);
  gauge('last_run_age_seconds', 'Seconds since the last run that could tell', ({ lastRun }) =>
    lastRun === null ? null : Math.max(0, (clock.now() - Date.parse(lastRun)) / 1000),
  );
  gauge('next_date_days', 'Days until the next date before which something must be done', ({ nextDate }) =>
    nextDate === null ? null : Math.round(((Date.parse(nextDate.at) - clock.now()) / DAY_MS) * 100) / 100,
  );
}

async function seenNow(monitors: MonitorDesk): Promise<readonly SeenMonitor[]> {
  try {
    return await monitors.all();
  } catch (error) {
    if (error instanceof StoreTrouble) return [];
    throw error;
  }
}
