/** An installation with listeners on ports of the kernel, real in everything but its clock where a test winds one. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Installation, openInstallation } from '../../src/app/installation.ts';
import { type AppSettings, DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { ESSENTIALS } from '../../src/app/world.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import {
  type Listener,
  type MailFlowPolicy,
  newListener,
  newMailFlowPolicy,
} from '../../src/config/listener-schema.ts';
import type { QueueItem } from '../../src/delivery/queue-store.ts';
import { type Listeners, startListeners } from '../../src/listener/listeners.ts';
import { configure } from '../support/installation.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { newFolder } from '../support/store-world.ts';

export interface Stage {
  readonly data: string;
  readonly port: number;
  readonly installation: Installation;
  readonly listeners: Listeners;
  open(localAddress?: string): Promise<SmtpClient>;
  queued(): Promise<readonly QueueItem[]>;
  /** Header and text of a message in the queue. */
  body(mid: number): Promise<string>;
  /** Lines of the mail log without their time. */
  log(): Promise<readonly string[]>;
  /** Changes the configuration and commits. */
  commit(edit: (document: ConfigurationDocument) => ConfigurationDocument): Promise<void>;
}

export interface Scenario {
  readonly listener?: Partial<Listener>;
  /** Of whoever connects from this machine. */
  readonly policy?: Partial<MailFlowPolicy>;
  readonly document?: (document: ConfigurationDocument) => ConfigurationDocument;
  readonly settings?: Partial<AppSettings>;
  readonly clock?: Clock;
  /** In place of the queue's own way of taking messages. */
  readonly submit?: Installation['submit'];
}

/** A public listener for `ours.example`, at which everybody may hand in mail for it. */
export async function stage(context: TestContext, scenario: Scenario = {}): Promise<Stage> {
  const data = newFolder(context);
  const port = await freePort();
  const listener: Listener = {
    ...newListener('Public'),
    kind: 'public',
    port,
    hostname: 'mx.ours.example',
    recipientDomains: ['ours.example'],
    defaultPolicy: 'Tested',
    ...scenario.listener,
  };
  const policy: MailFlowPolicy = { ...newMailFlowPolicy('Tested'), ...scenario.policy };
  const edit = scenario.document ?? ((document) => document);
  await configure(data, (document) =>
    edit({
      ...document,
      listeners: [listener],
      senderGroups: [],
      mailFlowPolicies: [...document.mailFlowPolicies, policy],
    }),
  );
  const settings: AppSettings = { ...DEFAULT_SETTINGS, log: silentLog, systemCa: false, ...scenario.settings };
  const world = { ...ESSENTIALS, ...(scenario.clock === undefined ? {} : { clock: scenario.clock }) };
  const installation = await openInstallation({ data, database: null }, settings, world);
  const shown = scenario.submit === undefined ? installation : { ...installation, submit: scenario.submit };
  const listeners = await startListeners(shown);
  const clients: SmtpClient[] = [];
  context.after(async () => {
    for (const client of clients) client.destroy();
    await listeners.close(0);
    await installation.close();
  });
  return {
    data,
    port,
    installation,
    listeners,
    open: async (localAddress) => {
      const client = await SmtpClient.open(port, '127.0.0.1', localAddress);
      clients.push(client);
      return client;
    },
    queued: () => installation.queue.list({ limit: 1_000 }),
    body: async (mid) => Buffer.from((await installation.queue.body(mid)) ?? []).toString('latin1'),
    log: async () => {
      await installation.sinks.flush();
      return readFileSync(join(data, 'mail.log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/^\w+ \w+ +\d+ [\d:]+ \d+ Info: /, ''));
    },
    commit: (change) => configure(data, change),
  };
}

/** A port that nobody has; it is given to whoever asks first. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
