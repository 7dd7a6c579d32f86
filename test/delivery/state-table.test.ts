/**
 * The state table (specification 2.b.3, decision 4), every cell of it played by a real server: which channel the message
 * takes, whether the next host gets it, what becomes of it where there is no next one, and who is alerted.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import type { RecipientOutcome } from '../../src/delivery/hand-over.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { TLS_MODES, type TlsMode } from '../../src/policy/mode.ts';
import { mailLogTexts } from '../../src/report/mail-log.ts';
import { recipients, type Sender, senderIn } from '../support/delivery.ts';
import { orderFaults } from '../support/event-order.ts';
import { mint, type PeerScript, tlsOf, VALIDITY } from '../support/smtp-peer.ts';

/** `next!` alerts. */
type Cell = 'clear' | 'encrypted' | 'verified' | 'unverified' | 'next' | 'next!' | 'deferred' | 'failed';

interface Row {
  readonly what: string;
  readonly script: Partial<PeerScript> | null;
  /** In the order of the modes. */
  readonly cells: readonly [Cell, Cell, Cell, Cell, Cell, Cell];
  /** What the log says where TLS was required and could not be had. */
  readonly log: RegExp | null;
}

const unknownRoot = issueCertificate({ subject: { CN: 'Nobody' }, ca: true, ...VALIDITY });
const issuer = { certificate: unknownRoot.certificate, key: unknownRoot.privateKey };
const elsewhere = mint({ subject: { CN: 'elsewhere.example' }, dnsNames: ['elsewhere.example'] });

const ROWS: Readonly<Record<string, Row>> = {
  E1: {
    what: 'EHLO refused, HELO accepted',
    script: { ehlo: '502 5.5.1 not implemented' },
    cells: ['clear', 'clear', 'next!', 'clear', 'next!', 'next!'],
    log: /DCID \d+ EHLO command not supported\.$/,
  },
  E2: {
    what: 'STARTTLS not offered',
    script: { keywords: ['8BITMIME', 'PIPELINING'] },
    cells: ['clear', 'clear', 'next!', 'clear', 'next!', 'next!'],
    log: /DCID \d+ STARTTLS command not supported\.$/,
  },
  'E2 on the greeting line': {
    what: 'STARTTLS on the greeting line alone',
    script: { ehlo: '250-mx STARTTLS\n250 8BITMIME' },
    cells: ['clear', 'clear', 'next!', 'clear', 'next!', 'next!'],
    log: /DCID \d+ STARTTLS command not supported\.$/,
  },
  E3: {
    what: 'STARTTLS answered 454',
    script: { starttls: '454 TLS not available due to temporary reason' },
    cells: ['clear', 'clear', 'next!', 'clear', 'next!', 'next!'],
    log: /details: 454-'TLS not available due to temporary reason' interface: .* reason: unexpected SMTP response$/,
  },
  E4: {
    what: 'STARTTLS answered 502',
    script: { starttls: '502 5.5.1 never' },
    cells: ['clear', 'clear', 'next!', 'clear', 'next!', 'next!'],
    log: /DCID \d+ TLS failed: STARTTLS unexpected response$/,
  },
  'E4 by a 250': {
    what: 'STARTTLS answered 250',
    script: { starttls: '250 fine' },
    cells: ['clear', 'clear', 'next!', 'clear', 'next!', 'next!'],
    log: /DCID \d+ TLS failed: STARTTLS unexpected response$/,
  },
  E5: {
    what: 'the connection lost behind the 220',
    script: { afterStarttls: 'close' },
    cells: ['clear', 'next', 'next!', 'next', 'next!', 'next!'],
    log: /DCID \d+ TLS failed: /,
  },
  'E5 by bytes in clear': {
    what: 'bytes in clear behind the 220',
    script: { afterStarttls: { inject: '250 ok\r\n' } },
    cells: ['clear', 'next', 'next!', 'next', 'next!', 'next!'],
    log: /DCID \d+ TLS failed: /,
  },
  E6: {
    what: 'a chain nobody trusts',
    script: { tls: tlsOf(mint({ issuer })) },
    cells: ['clear', 'encrypted', 'encrypted', 'unverified', 'next!', 'next!'],
    log: /DCID \d+ TLS failed: certificate verify failed \(/,
  },
  E7: {
    what: 'a good chain, another name',
    script: { tls: tlsOf(elsewhere) },
    cells: ['clear', 'encrypted', 'encrypted', 'unverified', 'next!', 'next!'],
    log: /DCID \d+ TLS failed: certificate verify failed \(/,
  },
  E8: {
    what: 'verified',
    script: {},
    cells: ['clear', 'encrypted', 'encrypted', 'verified', 'verified', 'verified'],
    log: null,
  },
  E9: {
    what: 'nobody listens',
    script: null,
    cells: ['next', 'next', 'next', 'next', 'next', 'next'],
    log: null,
  },
  'E9 by a 554': {
    what: 'a greeting of 554',
    script: { greeting: '554 5.7.1 no' },
    cells: ['next', 'next', 'next', 'next', 'next', 'next'],
    log: null,
  },
  E10: {
    what: '421 at EHLO',
    script: { ehlo: { reply: '421 4.3.2 bye', after: 'close' } },
    cells: ['next', 'next', 'next', 'next', 'next', 'next'],
    log: null,
  },
  'E10 at STARTTLS': {
    what: 'the connection lost at STARTTLS',
    script: { starttls: { after: 'close' } },
    cells: ['clear', 'next', 'next', 'next', 'next', 'next'],
    log: null,
  },
  'E10 at MAIL': {
    what: 'the connection lost at MAIL',
    script: { mail: { after: 'close' } },
    cells: ['next', 'next', 'next', 'next', 'next', 'next'],
    log: null,
  },
  E11: {
    what: 'the second EHLO refused',
    script: { ehloUnderTls: '550 5.7.1 no' },
    cells: ['clear', 'next', 'next', 'next', 'next', 'next'],
    log: null,
  },
  E12: {
    what: 'MAIL answered 451',
    script: { mail: '451 4.3.0 later' },
    cells: ['deferred', 'deferred', 'deferred', 'deferred', 'deferred', 'deferred'],
    log: null,
  },
  'E12 by a 530': {
    what: 'RCPT answered 530',
    script: { rcpt: '530 5.7.0 Must issue a STARTTLS command first' },
    cells: ['failed', 'failed', 'failed', 'failed', 'failed', 'failed'],
    log: null,
  },
};

const EVENTS = Object.entries(ROWS);
const FIRST = '192.0.2.1';
const SECOND = '192.0.2.2';

describe('the state table', () => {
  const senders = new Map<string, Sender>();
  const endings: (() => Promise<void> | void)[] = [];
  before(async () => {
    for (const [event, { script }] of EVENTS) {
      const ending = { after: (end: () => Promise<void> | void) => void endings.push(end) };
      const sender = await senderIn(ending, {
        hosts: { [FIRST]: script, [SECOND]: {} },
        zones: {
          'example.com': {
            MX: [
              [10, 'mx.example.com'],
              [20, 'mx2.example.com'],
            ],
          },
          'alone.example.com': { MX: [[10, 'mx.example.com']] },
          'mx.example.com': { A: [FIRST] },
          'mx2.example.com': { A: [SECOND] },
        },
      });
      senders.set(event, sender);
    }
  });
  after(async () => {
    await Promise.all(endings.map((end) => end()));
  });

  for (const [event, { what, cells, log }] of EVENTS) {
    for (const [index, mode] of TLS_MODES.entries()) {
      const cell = cells[index] ?? 'next';
      it(`${event}, ${what}: ${mode} means ${cell} ${requirementsOf(event, mode, cell)}`, async () => {
        const sender = senders.get(event) ?? assert.fail();
        await heeds(sender, event.split(' ')[0] ?? '', mode, cell, log);
      });
    }
  }

  it('E13: a host that published policy rules out is not connected to, whatever the mode (R76)', async (test) => {
    const sender = await senderIn(test, {
      hosts: { [FIRST]: {} },
      zones: {
        'example.com': { MX: [[10, 'mx.example.com']], ad: true },
        'mx.example.com': { A: [FIRST], ad: true },
        '_25._tcp.mx.example.com': { fault: 'servfail' },
      },
    });
    for (const mode of TLS_MODES) {
      const { report } = await sender.deliver({ controls: { tls: mode } });
      assert.equal(report.recipients[0]?.result, 'deferred', mode);
      assert.deepEqual(
        report.attempts.map(({ event, action }) => [event, action]),
        [['E13', 'next']],
      );
    }
    assert.equal(sender.peer(FIRST).accepted(), 0);
    assert.ok(sender.events.some((event) => mailLogTexts(event).some((text) => text.includes('published policy'))));
  });
});

/** The numbers of what a cell proves. */
function requirementsOf(event: string, mode: TlsMode, cell: Cell): string {
  if (cell === 'next!') {
    if (/^E4/.test(event)) return '(R76, R78, R82, R83, R84)';
    if (/^E[1-3]/.test(event)) return '(R76, R78, R82, R83)';
    return /^E[67]/.test(event) ? '(R76, R78, R81, R82)' : '(R76, R78, R82)';
  }
  if (cell === 'unverified') return '(R76, R80)';
  if (mode === 'required' && /^E[67]/.test(event)) return '(R76, R79)';
  return mode === 'preferred' && /^E[1-5]/.test(event) ? '(R76, R77)' : '(R76)';
}

async function heeds(sender: Sender, event: string, mode: TlsMode, cell: Cell, log: RegExp | null): Promise<void> {
  const goesOn = cell === 'next' || cell === 'next!';
  const seenBefore = sender.events.length;
  const { report } = await sender.deliver({ controls: { tls: mode, dane: 'off' } });
  const told = sender.events.slice(seenBefore);
  const [outcome] = report.recipients;
  assert.ok(outcome !== undefined && report.recipients.length === 1);
  if (goesOn) {
    assert.deepEqual([outcome.result, outcome.host], ['delivered', 'mx2.example.com']);
    assert.deepEqual([report.attempts[0]?.event, report.attempts[0]?.action], [event, 'next']);
  } else {
    assert.deepEqual(shown(outcome), cell);
    assert.equal(outcome.host, 'mx.example.com');
    assert.equal(report.attempts.length, 1, 'no other host is asked');
  }
  const alerts = told.filter((each) => each.kind === 'tls-alert');
  assert.equal(alerts.length, cell === 'next!' ? 1 : 0);
  const [alert] = alerts;
  if (alert !== undefined && alert.kind === 'tls-alert') {
    assert.deepEqual(
      [alert.destination, alert.mode, alert.host, alert.event],
      ['example.com', mode, 'mx.example.com', event],
    );
  }
  if (cell === 'next!' && log !== null) assert.ok(told.some(says(log)), told.flatMap(mailLogTexts).join('\n'));
  assert.deepEqual(orderFaults(told), []);
  if (mode.startsWith('required') && event !== 'E8') assertNothingInClear(sender);
  if (!goesOn) return;
  const alone = await sender.deliver({
    controls: { tls: mode, dane: 'off' },
    order: { destination: 'alone.example.com' },
    message: { recipients: recipients('user@alone.example.com') },
  });
  const [left] = alone.report.recipients;
  assert.deepEqual([left?.result, left?.channel, left?.status.charAt(0)], ['deferred', 'none', '4']);
}

function shown({ result, channel, verified }: RecipientOutcome): Cell {
  if (result !== 'delivered') return result;
  if (channel === 'encrypted' && verified !== null) return verified ? 'verified' : 'unverified';
  return channel === 'none' ? 'next' : channel;
}

function says(pattern: RegExp): (event: DeliveryEvent) => boolean {
  return (event) => mailLogTexts(event).some((text) => pattern.test(text));
}

function assertNothingInClear(sender: Sender): void {
  const last = [FIRST, SECOND].flatMap((address) => {
    try {
      return sender.peer(address).sessions.slice(-1);
    } catch {
      return [];
    }
  });
  for (const { clearText } of last) assert.doesNotMatch(clearText, /MAIL|RCPT|DATA|Subject/);
}
