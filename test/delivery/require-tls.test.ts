/** What a message itself asks of TLS (RFC 8689), and what an operator's override says in the log. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PeerScript } from '../../src/lab/peer-script.ts';
import { mailLogTexts } from '../../src/report/mail-log.ts';
import { type Sender, senderIn } from '../support/delivery.ts';
import type { Ending } from '../support/dns.ts';
import { NO_OPTIONS } from '../support/options.ts';
import { mint, tlsOf } from '../support/smtp-peer.ts';

const HOST = '192.0.2.1';
const OTHER = '192.0.2.2';
const ABLE = { keywordsUnderTls: ['PIPELINING', 'REQUIRETLS'] } as const;
const REQUIRED = { message: { options: { ...NO_OPTIONS, requireTls: true } }, controls: { tls: 'preferred' } } as const;

function hosts(
  test: Ending,
  first: Partial<PeerScript>,
  second: Partial<PeerScript> | null,
  signed = true,
): Promise<Sender> {
  return senderIn(test, {
    hosts: { [HOST]: first, [OTHER]: second },
    zones: {
      'example.com': {
        MX:
          second === null
            ? [[10, 'mx.example.com']]
            : [
                [10, 'mx.example.com'],
                [20, 'mx2.example.com'],
              ],
        ad: signed,
      },
      'mx.example.com': { A: [HOST] },
      'mx2.example.com': { A: [OTHER] },
    },
  });
}

const second = tlsOf(mint({ subject: { CN: 'mx2.example.com' }, dnsNames: ['mx2.example.com'] }));

describe('REQUIRETLS', { concurrency: 4 }, () => {
  it('goes to a host that is authenticated and offers it, with the parameter (S-RTLS-1, S-RTLS-5)', async (test) => {
    const sender = await hosts(test, ABLE, null);
    const { report } = await sender.deliver(REQUIRED);
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.verified], ['delivered', true]);
    const mail = sender.peer(HOST).sessions[0]?.commands.find(({ text }) => text.startsWith('MAIL'));
    assert.match(mail?.text ?? '', / REQUIRETLS$/);
  });

  it('is not asked of a host that does not offer it inside TLS: another one, else 5.7.30 (S-RTLS-1, S-RTLS-4)', async (test) => {
    const clearOnly = { keywords: ['STARTTLS', 'REQUIRETLS'], keywordsUnderTls: ['PIPELINING'] };
    const backed = await hosts(test, clearOnly, { ...ABLE, tls: second });
    const went = await backed.deliver(REQUIRED);
    assert.deepEqual(
      [went.report.recipients[0]?.result, went.report.recipients[0]?.host],
      ['delivered', 'mx2.example.com'],
    );
    const alone = await hosts(test, clearOnly, null);
    const { report } = await alone.deliver(REQUIRED);
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.status], ['failed', '5.7.30']);
    assert.doesNotMatch(
      alone
        .peer(HOST)
        .sessions[0]?.commands.map(({ text }) => text)
        .join() ?? '',
      /MAIL/,
    );
  });

  it('without STARTTLS fails with 5.7.10, and nothing goes in clear (S-RTLS-4)', async (test) => {
    const sender = await hosts(test, { keywords: ['PIPELINING'] }, null);
    const { report } = await sender.deliver(REQUIRED);
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.status], ['failed', '5.7.10']);
    assert.doesNotMatch(sender.peer(HOST).sessions[0]?.clearText ?? '', /MAIL/);
  });

  it('waits where the host is not authenticated, and where nobody vouches for its name (S-RTLS-2, S-RTLS-3)', async (test) => {
    const misnamed = tlsOf(mint({ subject: { CN: 'x.example' }, dnsNames: ['x.example'] }));
    const unnamed = await hosts(test, { ...ABLE, tls: misnamed }, null);
    assert.equal((await unnamed.deliver(REQUIRED)).report.recipients[0]?.result, 'deferred');
    const unsigned = await hosts(test, ABLE, null, false);
    const { report } = await unsigned.deliver(REQUIRED);
    assert.deepEqual([report.recipients[0]?.result, report.attempts[0]?.event], ['deferred', 'E13']);
    assert.equal(unsigned.peer(HOST).accepted(), 0);
  });
});

const PUBLISHING = {
  'example.com': { MX: [[10, 'mx.example.com']], ad: true },
  'mx.example.com': { A: [HOST], ad: true },
  '_25._tcp.mx.example.com': {
    TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: Buffer.alloc(32, 7) }],
    ad: true,
  },
} as const;

describe('what a domain publishes', { concurrency: 4 }, () => {
  it('may be waived by the sender, TLS-Required: No, but not the mode of the operator (S-RTLS-7)', async (test) => {
    const sender = await senderIn(test, { hosts: { [HOST]: {} }, zones: PUBLISHING });
    const optional = { message: { options: { ...NO_OPTIONS, tlsOptional: true } } };
    const held = await sender.deliver({ controls: { tls: 'preferred' } });
    assert.equal(held.report.recipients[0]?.result, 'deferred');
    const waived = await sender.deliver({ controls: { tls: 'preferred' }, ...optional });
    assert.deepEqual(
      [waived.report.recipients[0]?.result, waived.report.recipients[0]?.channel],
      ['delivered', 'encrypted'],
    );
    const mandatory = await sender.deliver({ controls: { tls: 'preferred', dane: 'mandatory' }, ...optional });
    assert.equal(mandatory.report.recipients[0]?.result, 'deferred');
    const clear = await senderIn(test, { hosts: { [HOST]: { keywords: ['PIPELINING'] } } });
    const required = await clear.deliver({ controls: { tls: 'required' }, ...optional });
    assert.equal(required.report.recipients[0]?.result, 'deferred');
  });

  it('is overridden by no TLS with both switched off, and the log says so at every delivery', async (test) => {
    const sender = await senderIn(test, { hosts: { [HOST]: {} }, zones: PUBLISHING });
    const held = await sender.deliver({ controls: { tls: 'no' } });
    assert.equal(held.report.recipients[0]?.result, 'deferred', 'policy only ratchets up');
    for (let again = 0; again < 2; again++) {
      const { report } = await sender.deliver({ controls: { tls: 'no', dane: 'off', mtaSts: 'off' } });
      assert.equal(report.recipients[0]?.channel, 'clear');
    }
    const said = sender.events.flatMap(mailLogTexts).filter((text) => text.includes('TLS policy overridden'));
    assert.equal(said.length, 2);
  });

  it('an alert is about what the operator asked for, not about what a domain publishes (R122)', async (test) => {
    const sender = await senderIn(test, { hosts: { [HOST]: {} }, zones: PUBLISHING });
    await sender.deliver({ controls: { tls: 'preferred' } });
    assert.equal(sender.events.filter(({ kind }) => kind === 'tls-alert').length, 0);
    await sender.deliver({ controls: { tls: 'required' } });
    assert.equal(sender.events.filter(({ kind }) => kind === 'tls-alert').length, 1);
  });

  it('TLS below the least version of the destination is no TLS for it', async (test) => {
    const sender = await senderIn(test, { hosts: { [HOST]: { tls: { ...tlsOf(mint()), maxVersion: 'TLSv1.2' } } } });
    const low = await sender.deliver({ controls: { tls: 'required', minTlsVersion: 'TLSv1.3' } });
    assert.deepEqual([low.report.recipients[0]?.result, low.report.attempts[0]?.event], ['deferred', 'E5']);
    const enough = await sender.deliver({ controls: { tls: 'required', minTlsVersion: 'TLSv1.2' } });
    assert.equal(enough.report.recipients[0]?.result, 'delivered');
  });
});
