/**
 * An installation with monitors over a mail server whose certificate changes, and a webhook that is listened to: real
 * sockets on loopback, a clock wound by hand.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createApp } from '../../src/app/app.ts';
import { type Installation, openInstallation } from '../../src/app/installation.ts';
import { createMonitorDesk, type MonitorDesk } from '../../src/app/monitor-desk.ts';
import { type MonitorService, startMonitorService } from '../../src/app/monitor-service.ts';
import { createProbeApps, type ProbeApps } from '../../src/app/probe-apps.ts';
import { type AppSettings, DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import type { Monitor } from '../../src/monitor/monitor.ts';
import type { Notice } from '../../src/monitor/notice.ts';
import { serveZones } from './dns.ts';
import { type HandWoundClock, handWoundClock } from './hand-wound-clock.ts';
import { until } from './installation.ts';
import { mint, type SmtpPeer, startSmtpPeer, testRoot, tlsOf } from './smtp-peer.ts';
import { newFolder } from './store-world.ts';

export interface Post {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly notice: Notice;
}

export interface MonitorWorld {
  readonly clock: HandWoundClock;
  readonly installation: Installation;
  readonly desk: MonitorDesk;
  readonly peer: SmtpPeer;
  readonly posts: readonly Post[];
  readonly webhook: string;
  /** What the webhook answers from now on. */
  answer(status: number): void;
  /** Puts these monitors in force. */
  watch(...monitors: readonly Monitor[]): Promise<void>;
  /** Another process, as it were. */
  another(): Promise<Installation>;
  serve(installation?: Installation, apps?: ProbeApps): Promise<MonitorService>;
  /** Winds the clock on in steps until it holds. */
  pass(holds: () => boolean | Promise<boolean>, stepMs?: number): Promise<boolean>;
}

export const GOOD = tlsOf(mint({ subject: { CN: 'mx.watched.test' }, dnsNames: ['mx.watched.test'] }));
export const FOR_ANOTHER = tlsOf(mint({ subject: { CN: 'other.test' }, dnsNames: ['other.test'] }));

export async function monitorWorld(context: TestContext, more: Partial<AppSettings> = {}): Promise<MonitorWorld> {
  const clock = handWoundClock(Date.now());
  const peer = await startSmtpPeer({ name: 'mx.watched.test', tls: GOOD });
  const posts: Post[] = [];
  let status = 204;
  const leaf = mint({ subject: { CN: 'hooks.test' }, dnsNames: ['hooks.test'] });
  const server = createServer({ key: leaf.keyPem, cert: leaf.certificate }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      posts.push({ headers: request.headers, body, notice: JSON.parse(body) as Notice });
      response.writeHead(status).end('thank you');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dns = await serveZones(context, {
    'watched.test': { MX: [[10, 'mx.watched.test']] },
    'mx.watched.test': { A: [peer.host] },
    'hooks.test': { A: ['127.0.0.1'] },
  });
  const settings: AppSettings = {
    ...DEFAULT_SETTINGS,
    log: () => {},
    resolvers: [`${dns.spec.split('?')[0]}?trust-ad`],
    caFile: { name: 'the test root', pem: testRoot.certificate },
    systemCa: false,
    port: peer.port,
    ...more,
  };
  const data = newFolder(context);
  const random = unpredictableRandom;
  const opened: Installation[] = [];
  const services: MonitorService[] = [];
  const another = async (): Promise<Installation> => {
    const installation = await openInstallation({ data, database: null }, { ...settings }, { clock, random });
    opened.push(installation);
    return installation;
  };
  const installation = await another();
  context.after(async () => {
    await Promise.all(services.map((service) => service.close(0)));
    for (const each of opened) await each.close();
    server.closeAllConnections();
    server.close();
    await peer.stop();
  });
  return {
    clock,
    installation,
    desk: createMonitorDesk(installation.configuration, installation.database, clock),
    peer,
    posts,
    webhook: `https://hooks.test:${port}/mail?key=1`,
    answer: (next) => {
      status = next;
    },
    watch: async (...monitors) => {
      const { configuration } = installation;
      const changed = await configuration.change((document) => ({ ok: true, value: { ...document, monitors } }));
      if (!changed.ok) throw new Error(JSON.stringify(changed.failure));
      const committed = await configuration.commit({ comment: '', author: 'test' });
      if (!committed.ok) throw new Error(JSON.stringify(committed.failure));
    },
    another,
    serve: async (over = installation, apps) => {
      // Servers answer in real time, however the days pass.
      const real = { clock: systemClock, random };
      const own = apps ?? createProbeApps(settings, (each) => createApp(each, real));
      const service = await startMonitorService(over, { apps: own });
      services.push(service);
      return service;
    },
    pass: (holds, stepMs = 1_000) =>
      until(async () => {
        if (await holds()) return true;
        clock.wind(stepMs);
        return false;
      }, 60_000),
  };
}
