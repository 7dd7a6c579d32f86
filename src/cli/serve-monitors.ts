/** The role `monitor` of `tlsreach serve`, and the two monitors of the demonstration. */
import type { Installation } from '../app/installation.ts';
import { startMonitorService } from '../app/monitor-service.ts';
import { createProbeApps } from '../app/probe-apps.ts';
import { succeeded } from '../base/outcome.ts';
import { describeConfigurationFailure } from '../config/configuration.ts';
import {
  DEFAULT_CONFIRM_RUNS,
  DEFAULT_TELL,
  DEFAULT_WARN_DAYS,
  type Monitor,
  type MonitorOptions,
} from '../monitor/monitor.ts';
import { DEFAULT_MIN } from '../probe/gates.ts';
import type { RunningRole, ServeContext } from './serve-command.ts';
import type { OpenLab } from './services.ts';
import { wholeOf } from './world-options.ts';

const MAX_LEASE_S = 3_600;

export async function serveMonitors({ given, settings, installation, services }: ServeContext): Promise<RunningRole> {
  const lease = wholeOf(given, 'lease', 1, MAX_LEASE_S);
  const service = await startMonitorService(installation, {
    apps: createProbeApps(settings, services.createApp),
    ...(lease === undefined ? {} : { leaseMs: lease * 1000 }),
  });
  return { lines: ['Monitors run on their schedules.'], close: (drainMs) => service.close(drainMs) };
}

const DEMO: Omit<Monitor, 'name' | 'description' | 'targets' | 'channels'> = {
  schedule: 'PT30S',
  gates: { min: DEFAULT_MIN, expect: ['required'] },
  options: {} satisfies MonitorOptions,
  confirmRuns: DEFAULT_CONFIRM_RUNS,
  staleMinutes: null,
  warnDays: DEFAULT_WARN_DAYS,
  paused: false,
};

/** One that is well and one that is not, so that the pages show life. */
export async function addDemoMonitors({ configuration }: Installation, { examples }: OpenLab): Promise<void> {
  const has = (label: string): string | undefined =>
    examples?.map(({ target }) => target).find((target) => target.startsWith(`you@${label}.`));
  const domainOf = (label: string): readonly string[] => (has(label) ?? '').split('@').slice(1);
  const well = [...domainOf('good'), ...domainOf('best')];
  const ill = domainOf('expired');
  const mailbox = has('good');
  if (well.length === 0 || ill.length === 0 || mailbox === undefined) return;
  const channels: Monitor['channels'] = [{ kind: 'mail', to: [mailbox], tell: [...DEFAULT_TELL, 'change'] }];
  const monitors: readonly Monitor[] = [
    { ...DEMO, name: 'partners', description: 'Two domains that are in order', targets: well, channels },
    {
      ...DEMO,
      name: 'old-gateway',
      description: 'Its certificate has expired',
      targets: ill,
      gates: { min: DEFAULT_MIN, expect: ['required-verify-hosted'] },
      channels,
    },
  ];
  const changed = await configuration.change((document) => succeeded({ ...document, monitors }));
  const committed = changed.ok
    ? await configuration.commit({ comment: 'two monitors to look at', author: 'demo' })
    : changed;
  if (!committed.ok) throw new Error(describeConfigurationFailure(committed.failure));
}
