/** The operator's side over a real installation in a folder of its own: its database, its queue at work where wanted. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { createAccounts } from '../../src/app/accounts.ts';
import { applianceOf } from '../../src/app/appliance.ts';
import { createBatchMailer } from '../../src/app/batch-mailer.ts';
import { createBatches } from '../../src/app/batches.ts';
import { type Installation, openInstallation } from '../../src/app/installation.ts';
import { type MailService, startMailService } from '../../src/app/mail-service.ts';
import type { ProbeApps } from '../../src/app/probe-apps.ts';
import { createProbeJobs, DEFAULT_LIMITS, type ProbeJobs } from '../../src/app/probe-jobs.ts';
import { createRequestKeys } from '../../src/app/request-keys.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { readWebFiles } from '../../src/app/web-files.ts';
import { webStoresOver } from '../../src/app/web-stores.ts';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { memoryAccounts, type Role, SCOPES, type Scope } from '../../src/config/account-store.ts';
import type { WebHouse } from '../../src/http/house.ts';
import { createWeb } from '../../src/http/web.ts';
import { memoryRecords } from '../../src/probe/probe-record.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { goodResultFor } from '../cli/stage.ts';

export interface ApplianceStage {
  readonly server: Awaited<ReturnType<typeof createWeb>>;
  readonly installation: Installation;
  readonly jobs: ProbeJobs;
  readonly house: WebHouse;
  /** A token of an operator. */
  token(...scopes: readonly Scope[]): Promise<string>;
  api(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, headers?: Headers): Promise<Answer>;
  /** A browser of somebody with this role, signed in with a password of their own. */
  person(role: Role): Promise<Person>;
  close(): Promise<void>;
}

type Headers = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: () => Record<string, unknown>;
}

export interface Person {
  readonly name: string;
  readonly cookie: string;
  get(url: string, headers?: Headers): Promise<Answer>;
  /** The form of a page with these fields changed, as a browser would send it; `csrf` is taken from the page `from`. */
  post(url: string, fields: Readonly<Record<string, string | readonly string[]>>, from?: string): Promise<Answer>;
}

export interface ApplianceScene {
  readonly deliver?: boolean;
  readonly probe?: (target: string) => ProbeResult;
}

const files = await readWebFiles();

export async function openAppliance(scene: ApplianceScene = {}): Promise<ApplianceStage> {
  const clock = systemClock;
  const random = unpredictableRandom;
  const data = await mkdtemp(join(tmpdir(), 'tlsreach-appliance-'));
  const log: WebHouse['log'] = () => {};
  const settings = { ...DEFAULT_SETTINGS, log, privateAddresses: 'denied' as const };
  const installation = await openInstallation({ data, database: null }, settings, { clock, random });
  const service: MailService | null = scene.deliver === true ? await startMailService(installation) : null;
  const apps: ProbeApps = {
    probe: async (_options, request) => (scene.probe ?? goodResultFor)(request.target.text),
    close: async () => {},
  };
  const jobs = createProbeJobs({
    apps,
    records: memoryRecords(100),
    clock,
    random,
    log,
    privateAddresses: 'denied',
    ports: [25],
    defaultPort: 25,
    limits: DEFAULT_LIMITS,
  });
  const accounts = await createAccounts({ store: memoryAccounts(), clock, random });
  const appliance = applianceOf(installation, clock);
  const stores = webStoresOver(installation.database);
  const report = createBatchMailer(appliance, jobs, clock);
  const batches = createBatches({ store: stores.batches, jobs, clock, random, log, report });
  const house: WebHouse = {
    clock,
    random,
    log,
    version: '0.0.0',
    jobs,
    batches,
    keys: createRequestKeys({ store: stores.keys, clock, random, log }),
    accounts,
    files,
    anonymous: true,
    trustedProxies: [],
    tls: null,
    examples: [],
    ports: [25],
    defaultPort: 25,
    appliance,
  };
  const server = await createWeb(house);
  const answerOf = async (options: InjectOptions): Promise<Answer> => {
    const { statusCode, body, headers } = await server.inject(options);
    return { status: statusCode, body, headers, json: () => JSON.parse(body) };
  };
  await accounts.grant('system', 'olga', 'operator');
  const token = (...scopes: readonly Scope[]): Promise<string> =>
    accounts.createToken('olga', 'script', scopes.length === 0 ? SCOPES : scopes);
  const everything = await token();
  let people = 0;
  return {
    server,
    installation,
    jobs,
    house,
    token,
    api: (method, url, body, headers = {}) =>
      answerOf({
        method,
        url,
        headers: { authorization: `Bearer ${everything}`, ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      }),
    person: async (role) => {
      people += 1;
      const name = `${role}${people}`;
      const given = await accounts.grant('system', name, role);
      if (!given.ok) throw new Error('no such name');
      const user = (await accounts.users()).find((each) => each.name === name);
      if (user === undefined) throw new Error('no such user');
      const password = 'a password of their own';
      await accounts.changePassword(user, given.value, password);
      const opened = await accounts.signIn(name, password, `192.0.2.${people}`);
      if (!opened.ok) throw new Error('cannot sign in');
      const cookie = `tlsreach_session=${opened.value}`;
      const get: Person['get'] = (url, headers = {}) =>
        answerOf({ url, headers: { cookie, accept: 'text/html', ...headers } });
      return {
        name,
        cookie,
        get,
        post: async (url, fields, from = '/overview') => {
          const csrf = /name="csrf" value="([^"]+)"/.exec((await get(from)).body)?.[1] ?? '';
          const form = new URLSearchParams();
          for (const [key, value] of Object.entries({ csrf, ...fields })) {
            for (const each of typeof value === 'string' ? [value] : value) form.append(key, each);
          }
          return answerOf({
            method: 'POST',
            url,
            headers: {
              cookie,
              accept: 'text/html',
              'content-type': 'application/x-www-form-urlencoded',
              'sec-fetch-site': 'same-origin',
            },
            payload: form.toString(),
          });
        },
      };
    },
    close: async () => {
      await server.close();
      await batches.close();
      await jobs.close(1_000);
      await service?.close(1_000);
      await installation.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}
