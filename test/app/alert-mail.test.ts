import assert from 'node:assert/strict';
import test from 'node:test';
import PostalMime from 'postal-mime';
import { ALERT_ATTEMPTS, ALERT_RETRY_MS, type AlertMail, createAlertMail } from '../../src/app/alert-mail.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import type { HandOverOrder, OutgoingMessage, RecipientOutcome } from '../../src/delivery/hand-over.ts';
import type { SmtpRoute } from '../../src/delivery/settings.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';

const ROUTE: SmtpRoute = {
  domain: 'example.org',
  targets: [{ kind: 'host', host: '192.0.2.25', port: 25, priority: 0 }],
};

interface Scenario {
  readonly requiredTlsAlert?: boolean;
  readonly recipients?: readonly string[];
  /** Of each try, in turn; the last one goes on. */
  readonly results?: readonly RecipientOutcome['result'][];
}

function scenario({ requiredTlsAlert = true, recipients = ['ops@example.org'], results = ['delivered'] }: Scenario) {
  const clock = handWoundClock();
  const handed: { readonly order: HandOverOrder; readonly message: OutgoingMessage }[] = [];
  const logged: string[] = [];
  let closed = 0;
  const mail: AlertMail = createAlertMail({
    hostname: 'mail.example.net',
    clock,
    random: () => 0.5,
    log: (_level, message) => void logged.push(message),
    settings: () => ({
      requiredTlsAlert,
      from: null,
      initialIntervalSeconds: 300,
      maxIntervalSeconds: 3600,
      recipients: recipients.map((address) => ({ address, classes: ['system'], severities: ['warning'] })),
    }),
    routeFor: (domain) => (domain === 'example.org' ? ROUTE : null),
    nextDcid: async () => 1,
    handOver: async (order, message) => {
      const result = results[Math.min(handed.length, results.length - 1)] ?? 'delivered';
      handed.push({ order, message });
      const line = {
        dcid: 1,
        host: 'h',
        ip: '192.0.2.25',
        encrypted: true,
        carried: 1,
        takes: () => true,
        send: () => Promise.reject(new Error('one message is enough')),
        close: async () => void closed++,
      };
      const outcomes = message.recipients.map(
        ({ rid, address }): RecipientOutcome => ({
          rid,
          address,
          result,
          channel: 'encrypted',
          verified: null,
          host: 'h',
          ip: '192.0.2.25',
          dcid: 1,
          status: '2.0.0',
          reason: '',
          reply: { code: '250', lines: ['ok'] },
          category: 'none',
          possible: false,
          because: [],
        }),
      );
      return { report: { recipients: outcomes, attempts: [], contacted: true, busy: false }, line };
    },
  });
  const alert = (event: 'E2' | 'E3' = 'E2', destination = 'example.com'): DeliveryEvent => ({
    kind: 'tls-alert',
    at: clock.now(),
    dcid: 7,
    destination,
    mode: 'required',
    host: 'mx.example.com',
    address: '192.0.2.1',
    event,
    detail: 'the server does not offer STARTTLS — at all',
  });
  return { clock, handed, logged, mail, alert, closed: () => closed };
}

/** Lets promises that are ready go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('the alert is a mail that is handed over along the SMTP route, outside every destination entry (R122, R124)', async () => {
  const { mail, alert, handed, closed } = scenario({
    recipients: ['ops@example.org', 'second@example.org', 'x@example.net'],
  });
  mail.onDelivery(alert());
  await mail.flush();
  assert.deepEqual(
    handed.map(({ order, message }) => [order.destination, order.controls.tls, order.route, message.recipients.length]),
    [
      ['example.org', 'preferred', ROUTE, 2],
      ['example.net', 'preferred', null, 1],
    ],
  );
  assert.equal(closed(), 2, 'the connections are not left open');
  const [first] = handed;
  const parsed = await PostalMime.parse(first?.message.bytes ?? '');
  assert.equal(parsed.subject, 'Warning-mail.example.net: (System) TLS required delivery to example.com failed');
  assert.equal(parsed.from?.address, 'alert@mail.example.net');
  assert.deepEqual(
    parsed.to?.map(({ address }) => address),
    ['ops@example.org', 'second@example.org'],
  );
  assert.match(parsed.text ?? '', /Domain: +example\.com\r?\n[\s\S]*does not offer STARTTLS — at all/);
  const raw = Buffer.from(first?.message.bytes ?? []).toString('latin1');
  assert.match(raw, /^Auto-Submitted: auto-generated\r$/m);
  assert.doesNotMatch(raw.replaceAll('\r\n', ''), /[\r\n]/);
});

test('no alert leaves while the switch is off, or where nobody wants it (R122)', async () => {
  for (const off of [{ requiredTlsAlert: false }, { recipients: [] }]) {
    const { mail, alert, handed } = scenario(off);
    mail.onDelivery(alert());
    await mail.flush();
    assert.equal(handed.length, 0);
  }
});

test('one alert per domain and event leaves in an interval, and the next one tells how many were kept back (R123)', async () => {
  const { mail, alert, handed, clock } = scenario({});
  for (let count = 0; count < 5; count++) mail.onDelivery(alert());
  mail.onDelivery(alert('E3'));
  mail.onDelivery(alert('E2', 'example.edu'));
  await mail.flush();
  assert.equal(handed.length, 3);
  clock.wind(300_000);
  await mail.flush();
  assert.equal(handed.length, 4);
  const text = Buffer.from(handed[3]?.message.bytes ?? []).toString();
  const body = Buffer.from(text.split('\r\n\r\n')[1] ?? '', 'base64').toString();
  assert.match(body, /3 more like this were kept back/);
  clock.wind(24 * 3_600_000);
  await mail.flush();
  assert.equal(handed.length, 4, 'what is quiet stays quiet');
});

test('an alert that cannot be sent is tried a few times, then logged and given up', async () => {
  const { mail, alert, handed, clock, logged } = scenario({ results: ['deferred'] });
  mail.onDelivery(alert());
  for (let turn = 0; turn < 10; turn++) {
    await settle();
    clock.wind(ALERT_RETRY_MS);
  }
  await mail.flush();
  assert.equal(handed.length, ALERT_ATTEMPTS);
  assert.deepEqual(logged, ['an alert could not be sent and is given up']);
});

test('closing gives up what waits for another try', async () => {
  const { mail, alert, handed } = scenario({ results: ['deferred'] });
  mail.onDelivery(alert());
  await settle();
  await mail.close();
  mail.onDelivery(alert('E3'));
  await settle();
  assert.equal(handed.length, 1);
});
