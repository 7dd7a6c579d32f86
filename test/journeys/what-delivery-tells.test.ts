/**
 * What is made of real deliveries: the mail log beside what the servers saw, the alert as a server receives it, and what
 * counts in TLS reports.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAlertMail } from '../../src/app/alert-mail.ts';
import type { SmtpRoute } from '../../src/delivery/settings.ts';
import { sessionResults } from '../../src/delivery/tls-reports.ts';
import type { PeerScript } from '../../src/lab/peer-script.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import { mailLogLines, mailLogTexts } from '../../src/report/mail-log.ts';
import { tlsByMessage } from '../../src/report/tls-by-message.ts';
import { recipients, type Sender, senderIn } from '../support/delivery.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { NO_OPTIONS } from '../support/options.ts';

/** Servers that differ in what they do about STARTTLS. */
const SERVERS: Readonly<Record<string, Partial<PeerScript>>> = {
  good: {},
  'no ESMTP': { ehlo: '502 5.5.1 not implemented' },
  'no STARTTLS': { keywords: ['8BITMIME'] },
  'a 454': { starttls: '454 TLS not available due to temporary reason' },
  'a broken handshake': { afterStarttls: 'close' },
  'bytes behind the 220': { afterStarttls: { inject: '250 ok\r\n' } },
};

/** MIDs in the texts that arrived, with whether the connection they came over was encrypted. */
function arrived(sender: Sender): ReadonlyMap<number, boolean> {
  const seen = new Map<number, boolean>();
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    for (const { messages, protocol } of sender.peer(address).sessions) {
      for (const message of messages) seen.set(Number(/number (\d+)/.exec(message.toString())?.[1]), protocol !== null);
    }
  }
  return seen;
}

describe('the mail log of real deliveries', () => {
  for (const [what, script] of Object.entries(SERVERS)) {
    it(`tells of each message whether it went over TLS, as ${what} saw it and a good second host (R120)`, async (test) => {
      const sender = await senderIn(test, { hosts: { '192.0.2.1': script, '192.0.2.2': {} } });
      for (const [index, tls] of TLS_MODES.entries()) {
        const bytes = Buffer.from(`Subject: number ${index + 1}\r\n\r\nHello.\r\n`);
        const message = { mid: index + 1, bytes, recipients: recipients('user@example.com') };
        const { report } = await sender.deliver({ controls: { tls }, message });
        assert.ok(report.recipients.length === 1);
      }
      const log = sender.events.flatMap(mailLogLines).join('\n');
      const told = [...tlsByMessage(log)].map(([mid, how]): [number, boolean] => [mid, how === 'tls']);
      const seen = arrived(sender);
      assert.ok(seen.size >= 4, `${seen.size} messages arrived`);
      assert.deepEqual(new Map(told.toSorted()), new Map([...seen].toSorted()));
    });
  }

  it('has the two lines of a 454 where TLS is required (R121)', async (test) => {
    const sender = await senderIn(test, { hosts: { '192.0.2.1': SERVERS['a 454'] ?? null } });
    await sender.deliver({ controls: { tls: 'required' } });
    const texts = sender.events.flatMap(mailLogTexts);
    const at = texts.findIndex((text) => text.includes('Connection Error'));
    assert.match(
      texts[at] ?? '',
      /^Info: Connection Error: DCID 1 domain: example\.com IP:192\.0\.2\.1 port: 25 details: 454-'TLS not available due to temporary reason' interface: [\d.]+ reason: unexpected SMTP response$/,
    );
    assert.equal(texts[at + 1], 'Info: DCID 1 TLS failed: STARTTLS unexpected response');
  });
});

it('the alert of a real failure arrives along the SMTP route, encrypted, though its domain has no mail host (R122, R124)', async (test) => {
  const hosts = { '192.0.2.1': SERVERS['no STARTTLS'] ?? null, '192.0.2.77': {} };
  const zones = { 'example.com': { MX: [[10, 'mx.example.com'] as const] }, 'mx.example.com': { A: ['192.0.2.1'] } };
  const sender = await senderIn(test, { hosts, zones });
  await sender.deliver({ controls: { tls: 'required' } });
  const route: SmtpRoute = {
    domain: 'ops.example',
    targets: [{ kind: 'host', host: '192.0.2.77', port: null, priority: 0 }],
  };
  const alerts = createAlertMail({
    hostname: 'mail.example.org',
    clock: handWoundClock(),
    random: () => 0.5,
    log: (_level, message) => assert.fail(message),
    settings: () => ({
      requiredTlsAlert: true,
      from: null,
      initialIntervalSeconds: 300,
      maxIntervalSeconds: 3600,
      recipients: [{ address: 'duty@ops.example', classes: ['system'], severities: ['warning'] }],
    }),
    routeFor: (domain) => (domain === 'ops.example' ? route : null),
    handOver: sender.handOver,
    nextDcid: async () => 99,
  });
  const told = sender.events.filter(({ kind }) => kind === 'tls-alert');
  assert.equal(told.length, 1);
  for (const event of told) alerts.onDelivery(event);
  await alerts.flush();
  const [session] = sender.peer('192.0.2.77').sessions;
  assert.notEqual(session?.protocol, null);
  const text = session?.messages[0]?.toString() ?? '';
  assert.match(
    text,
    /^Subject: Warning-mail\.example\.org: \(System\) TLS required delivery to example\.com failed\r$/m,
  );
  assert.match(text, /^Event: +E2 .*\r\nReply: .*\r\nDCID: +1\r$/m);
  await alerts.close();
});

it('a message that waives TLS policies, as reports do, counts in no TLS report; any other does, once for each host tried (S-RPT-5, S-RPT-7)', async (test) => {
  const hosts = { '192.0.2.1': SERVERS['a broken handshake'] ?? null, '192.0.2.2': {} };
  const zones = {
    'example.com': { MX: [[10, 'mx1.example.com'] as const, [20, 'mx2.example.com'] as const] },
    'mx1.example.com': { A: ['192.0.2.1'] },
    'mx2.example.com': { A: ['192.0.2.2'] },
  };
  const sender = await senderIn(test, { hosts, zones });
  const counted = (): readonly string[] =>
    sender.events
      .filter((event) => event.kind === 'session-judged')
      .flatMap(sessionResults)
      .map(({ policy, failure }) => `${policy.type} ${failure?.resultType ?? 'ok'}`);
  await sender.deliver({ controls: { tls: 'preferred' }, message: { options: { ...NO_OPTIONS, tlsOptional: true } } });
  assert.deepEqual(counted(), []);
  await sender.deliver({ controls: { tls: 'preferred' } });
  assert.deepEqual(counted(), ['no-policy-found validation-failure', 'no-policy-found ok']);
});
