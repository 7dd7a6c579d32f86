import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createDeliverySinks } from '../../src/app/delivery-sinks.ts';
import { silentLog } from '../../src/base/log.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import { memoryReportStore } from '../../src/tlsrpt/stored-day.ts';
import { AT, judged } from '../report/delivery-scenario.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { knownResolver } from '../support/resolver.ts';

const folder = mkdtempSync(join(tmpdir(), 'tlsreach-sinks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a store that cannot be used is told on the console, where a full disk leaves room for it, and so is its end', async () => {
  const said: string[] = [];
  const sinks = await createDeliverySinks({
    log: (level, message) => void said.push(`${level}: ${message}`),
    mailLog: null,
    alerts: null,
    tlsReports: null,
  });
  sinks({ kind: 'trouble', at: AT, what: 'there is no room left for the database', recovered: false });
  sinks({ kind: 'trouble', at: AT, what: 'the queue can be used again', recovered: true });
  await sinks.close();
  assert.deepEqual(said, [
    'error: no mail is being delivered, none is lost: there is no room left for the database',
    'warn: the queue can be used again',
  ]);
});

test('one event reaches logs, alerts, reports and others, and a fault in one of them reaches none of the rest', async () => {
  const clock = handWoundClock(AT);
  const faults: string[] = [];
  const seen: DeliveryEvent[] = [];
  const handed: string[] = [];
  const store = memoryReportStore();
  const sinks = await createDeliverySinks({
    log: (_level, message) => void faults.push(message),
    mailLog: { folder, clock, log: silentLog },
    alerts: {
      hostname: 'mail.example.org',
      clock,
      random: () => 0.5,
      log: silentLog,
      settings: () => ({
        requiredTlsAlert: true,
        from: null,
        initialIntervalSeconds: 300,
        maxIntervalSeconds: 3600,
        recipients: [{ address: 'ops@example.org', classes: ['system'], severities: ['warning'] }],
      }),
      routeFor: () => null,
      nextDcid: async () => 1,
      handOver: async ({ destination }) => {
        handed.push(destination);
        return { report: { recipients: [], attempts: [], contacted: false, busy: false }, line: null };
      },
    },
    tlsReports: {
      reporter: { organization: 'x', contact: 'x@example.org', submitter: 'example.org', from: 'x@example.org' },
      clock,
      random: () => 0.5,
      log: silentLog,
      store,
      resolver: knownResolver(new Map()),
      submit: async () => {},
      post: async () => ({ ok: true, value: { status: 200 } }),
    },
    others: [
      () => {
        throw new Error('a bug');
      },
      (event) => void seen.push(event),
    ],
  });
  const absent = { kind: 'absent', ignored: [], name: '', security: 'insecure', securityFrom: null } as const;
  const mtaSts = { kind: 'absent', record: absent, warnings: [], fetch: null } as const;
  sinks(judged({ event: 'E2', mode: 'required', published: { mtaSts, dane: null } }));
  sinks({
    kind: 'tls-alert',
    at: AT,
    dcid: 5,
    destination: 'example.com',
    mode: 'required',
    host: 'mx.example.com',
    address: '192.0.2.1',
    event: 'E2',
    detail: 'the server does not offer STARTTLS',
  });
  sinks.onReception({ kind: 'connection-lost', at: AT, icid: 1 });
  // The alert has nobody to whom it could be handed over; it would be tried again a minute later.
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await sinks.close();
  sinks({ kind: 'connection-closed', at: AT, dcid: 5 });
  const log = readFileSync(join(folder, 'mail.log'), 'utf8');
  assert.match(
    log,
    /STARTTLS command not supported\.\n.*TLS required delivery to example\.com failed.*\n.*ICID 1 lost\n$/,
  );
  assert.deepEqual(handed, ['example.org']);
  assert.equal((await store.load())[0]?.domains[0]?.policies[0]?.failed, 1);
  assert.equal(seen.length, 2);
  assert.deepEqual(faults, ['a listener of delivery failed', 'a listener of delivery failed']);
});
