/** A web over tests that are told instead of made, so that limits, queues and streams can be looked at in peace. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccounts } from '../../src/app/accounts.ts';
import { createBatchMailer } from '../../src/app/batch-mailer.ts';
import { type Batches, createBatches } from '../../src/app/batches.ts';
import type { ProbeApps } from '../../src/app/probe-apps.ts';
import { createProbeJobs, DEFAULT_LIMITS, type JobLimits, type ProbeJobs } from '../../src/app/probe-jobs.ts';
import { createRequestKeys } from '../../src/app/request-keys.ts';
import { hashPassword } from '../../src/app/secrets.ts';
import { readWebFiles } from '../../src/app/web-files.ts';
import { type WebStores, webStoresOver } from '../../src/app/web-stores.ts';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import type { Clock } from '../../src/base/clock.ts';
import { type AccountStore, memoryAccounts } from '../../src/config/account-store.ts';
import type { WebHouse } from '../../src/http/house.ts';
import { createWeb } from '../../src/http/web.ts';
import { memoryRecords, type RecordStore } from '../../src/probe/probe-record.ts';
import type { ProbeHooks, ProbeRequest } from '../../src/probe/request.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { goodResultFor } from '../cli/stage.ts';

export interface WebScene {
  readonly limits?: Partial<JobLimits>;
  readonly probe?: (request: ProbeRequest, hooks: ProbeHooks) => Promise<ProbeResult>;
  readonly records?: RecordStore;
  readonly accounts?: AccountStore;
  readonly clock?: Clock;
  readonly house?: Partial<WebHouse>;
  readonly privateAddresses?: 'allowed' | 'denied';
  /** Where everything is kept; left out: results and accounts in memory, the rest in a file of its own. */
  readonly place?: DatabasePlace;
}

export interface WebStage {
  readonly server: Awaited<ReturnType<typeof createWeb>>;
  readonly jobs: ProbeJobs;
  /** Made when the web first started. */
  readonly password: string;
  readonly logged: string[];
  readonly probed: string[];
  readonly batches: Batches;
  readonly stores: WebStores;
  close(): Promise<void>;
  /** As a process dies that is killed: nothing is ended, nothing handed on. */
  kill(): Promise<void>;
}

const files = await readWebFiles();

/** A password costs a third of a second of CPU to hash: once is enough where it is not what is tested. */
const PASSWORD = 'given once and never shown';
let hashed: Promise<string> | null = null;

async function firstUser(store: AccountStore | null): Promise<string | null> {
  if (store === null || (await store.users()).length > 0) return null;
  hashed ??= hashPassword(PASSWORD, unpredictableRandom);
  const admin = { name: 'admin', role: 'admin', passwordHash: await hashed, mustChange: true, createdAt: 1 } as const;
  return (await store.saveFirstUser(admin)) ? PASSWORD : null;
}

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
  const folder = scene.place === undefined ? await mkdtemp(join(tmpdir(), 'tlsreach-web-')) : null;
  const place = scene.place ?? ({ kind: 'file', path: join(folder ?? '', 'web.sqlite') } as const);
  const database = await openDatabase(place, { clock: systemClock });
  const stores = webStoresOver(database);
  const kept = scene.place === undefined ? { records: memoryRecords(100), accounts: memoryAccounts() } : stores;
  const records = scene.records ?? kept.records;
  const jobs = createProbeJobs({
    apps,
    records,
    clock,
    random: unpredictableRandom,
    log,
    privateAddresses: scene.privateAddresses ?? 'denied',
    ports: [25, 465, 587],
    defaultPort: 25,
    limits: { ...DEFAULT_LIMITS, ...scene.limits },
  });
  const accounts = await createAccounts({
    store: scene.accounts ?? kept.accounts,
    clock,
    random: unpredictableRandom,
  });
  const batches = createBatches({
    store: stores.batches,
    jobs,
    clock,
    random: unpredictableRandom,
    log,
    report: scene.house?.appliance == null ? null : createBatchMailer(scene.house.appliance, jobs, clock),
  });
  const house: WebHouse = {
    clock,
    random: unpredictableRandom,
    log,
    version: '0.0.0',
    jobs,
    batches,
    keys: createRequestKeys({ store: stores.keys, clock, random: unpredictableRandom, log }),
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
  const password =
    (await firstUser(scene.accounts === undefined ? kept.accounts : null)) ?? (await accounts.begin()) ?? '';
  const server = await createWeb(house);
  return {
    server,
    jobs,
    batches,
    stores,
    password,
    logged,
    probed,
    close: async () => {
      await batches.close();
      await jobs.close(1_000);
      await server.close();
      await database.close();
      if (folder !== null) await rm(folder, { recursive: true });
    },
    kill: async () => {
      await database.close();
      await batches.close();
      await jobs.close(0);
      await server.close();
    },
  };
}
