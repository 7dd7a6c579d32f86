/** The lab and an application that sees it, for tests that tell a whole journey. */
import { type App, createApp } from '../../src/app/app.ts';
import { type AppSettings, DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { type Lab, type LabOptions, startLab } from '../../src/lab/lab.ts';
import type { Capture } from '../../src/probe/capture.ts';
import type { ProbeEvent, ProbeRequest } from '../../src/probe/request.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { parseTarget, type Target } from '../../src/probe/target.ts';

export interface LabStage {
  readonly lab: Lab;
  readonly app: App;
  probe(
    target: string,
    changes?: Partial<ProbeRequest>,
    onEvent?: (event: ProbeEvent) => void,
    onCapture?: (capture: Capture) => void,
  ): Promise<ProbeResult>;
  stop(): Promise<void>;
}

export async function openStage(lab: Partial<LabOptions> = {}, settings: Partial<AppSettings> = {}): Promise<LabStage> {
  const bed = await startLab({ clock: systemClock, ...lab });
  const app = await createApp({
    ...DEFAULT_SETTINGS,
    log: silentLog,
    resolvers: [bed.resolver],
    caFile: { name: 'the lab', pem: bed.rootPem },
    systemCa: false,
    port: bed.port,
    httpsPort: bed.httpsPort,
    redirect: bed.redirect,
    timeoutMs: 4000,
    ...settings,
  });
  return {
    lab: bed,
    app,
    probe: (text, changes = {}, onEvent, onCapture) =>
      app.probe({ ...REQUEST, target: target(text), ...changes }, { onEvent, onCapture }),
    stop: async () => {
      await app.close();
      await bed.stop();
    },
  };
}

export function target(text: string): Target {
  const parsed = parseTarget(text);
  if (!parsed.ok) throw new Error(`the test names a target that is none: ${text}`);
  return parsed.value;
}

const REQUEST: Omit<ProbeRequest, 'target'> = {
  rcpt: 'auto',
  quick: false,
  ignoreNoConnect: false,
  assureTls: false,
  mtaSts: true,
  dane: true,
  seed: null,
};
