/** A web over tests that are told instead of made, so that limits, queues and streams can be looked at in peace. */
import { createAccounts } from '../../src/app/accounts.ts';
import type { ProbeApps } from '../../src/app/probe-apps.ts';
import { createProbeJobs, DEFAULT_LIMITS, type JobLimits, type ProbeJobs } from '../../src/app/probe-jobs.ts';
import { readWebFiles } from '../../src/app/web-files.ts';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import type { Clock } from '../../src/base/clock.ts';
import { type AccountStore, memoryAccounts } from '../../src/config/account-store.ts';
import type { WebHouse } from '../../src/http/house.ts';
import { createWeb } from '../../src/http/web.ts';
import { memoryRecords, type RecordStore } from '../../src/probe/probe-record.ts';
import type { ProbeHooks, ProbeRequest } from '../../src/probe/request.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { goodResultFor } from '../cli/stage.ts';

export interface WebScene {
  readonly limits?: Partial<JobLimits>;
  readonly probe?: (request: ProbeRequest, hooks: ProbeHooks) => Promise<ProbeResult>;
  readonly records?: RecordStore;
  readonly accounts?: AccountStore;
  readonly clock?: Clock;
  readonly house?: Partial<WebHouse>;
  readonly privateAddresses?: 'allowed' | 'denied';
}

export interface WebStage {
  readonly server: Awaited<ReturnType<typeof createWeb>>;
  readonly jobs: ProbeJobs;
  /** Made when the web first started. */
  readonly password: string;
  readonly logged: string[];
  readonly probed: string[];
  close(): Promise<void>;
}

const files = await readWebFiles();

export async function openWeb(scene: WebScene = {}): Promise<WebStage> {
  const clock = scene.clock ?? systemClock;
  const logged: string[] = [];
  const probed: string[] = [];
  const log: WebHouse['log'] = (level, message, facts) =>
    void logged.push(`${level} ${message} ${JSON.stringify(facts)}`);
  const apps: ProbeApps = {
    probe: async (_options, request, hooks) => {
      probed.push(request.target.text);
      return (await scene.probe?.(request, hooks)) ?? goodResultFor(request.target.text);
    },
    close: async () => {},
  };
  const jobs = createProbeJobs({
    apps,
    records: scene.records ?? memoryRecords(100),
    clock,
    random: unpredictableRandom,
    log,
    privateAddresses: scene.privateAddresses ?? 'denied',
    ports: [25, 465, 587],
    defaultPort: 25,
    limits: { ...DEFAULT_LIMITS, ...scene.limits },
  });
  const accounts = await createAccounts({
    store: scene.accounts ?? memoryAccounts(),
    clock,
    random: unpredictableRandom,
  });
  const house: WebHouse = {
    clock,
    random: unpredictableRandom,
    log,
    version: '0.0.0',
    jobs,
    accounts,
    files,
    anonymous: true,
    trustedProxies: [],
    tls: null,
    examples: [],
    ports: [25, 465, 587],
    defaultPort: 25,
    ...scene.house,
  };
  const password = (await accounts.begin()) ?? '';
  const server = await createWeb(house);
  return {
    server,
    jobs,
    password,
    logged,
    probed,
    close: async () => {
      await jobs.close(1_000);
      await server.close();
    },
  };
}
