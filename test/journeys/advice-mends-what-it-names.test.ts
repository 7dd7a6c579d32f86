import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LabChain } from '../../src/lab/lab-certificates.ts';
import type { ZoneName } from '../../src/lab/zone.ts';
import type { Finding, ProbeResult } from '../../src/probe/result.ts';
import { type Estate, employ, type Machine, PORT, policyHostRecords } from '../support/administrator.ts';

const DOMAIN = 'example.test';
const MX = 'mx.example.test';
const ADDRESS = '127.85.0.1';
const OTHER = '127.85.0.2';
const GOOD: LabChain = { names: [MX] };
const TLSA = `_${PORT}._tcp.${MX}`;
const OLD_KEY = Buffer.alloc(32, 7);

/** A good domain with one host, changed. */
function estate(changes: {
  readonly zone?: Readonly<Record<string, ZoneName>>;
  readonly chain?: LabChain | null;
  readonly settings?: Machine['settings'];
  readonly machines?: readonly Machine[];
  readonly policy?: Estate['policy'];
}): Estate {
  const { zone = {}, chain = GOOD, settings, machines = [], policy } = changes;
  return {
    domain: DOMAIN,
    zone: { [DOMAIN]: { MX: [[10, MX]] }, [MX]: { A: [ADDRESS] }, [TLSA]: {}, ...zone },
    machines: [{ address: ADDRESS, chain, settings }, ...machines],
    policy,
  };
}

const ANNOUNCED = { ...policyHostRecords(DOMAIN), [`_mta-sts.${DOMAIN}`]: { TXT: ['v=STSv1; id=1;'] } };

function policy(mode: string, mx: readonly string[], maxAge = 604_800): string {
  return ['version: STSv1', `mode: ${mode}`, ...mx.map((name) => `mx: ${name}`), `max_age: ${maxAge}`].join('\n');
}

const chainFault = (fault: NonNullable<LabChain['fault']>): Estate => estate({ chain: { ...GOOD, fault } });

/** Fault, the finding that tells of it, and how the domain came to it. */
const FAULTS: readonly (readonly [title: string, code: string, estate: Estate])[] = [
  [
    'a TLSA record of an old key',
    'dane-mismatch',
    estate({ zone: { [TLSA]: { TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: OLD_KEY }] } } }),
  ],
  [
    'a TLSA record of an old key before an expired certificate',
    'dane-mismatch',
    estate({
      chain: { ...GOOD, fault: 'expired' },
      zone: { [TLSA]: { TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: OLD_KEY }] } },
    }),
  ],
  [
    'a TLSA record of a usage that mail servers ignore',
    'dane-unusable',
    estate({ zone: { [TLSA]: { TLSA: [{ usage: 1, selector: 1, matchingType: 1, data: OLD_KEY }] } } }),
  ],
  ['no TLSA record in a signed zone', 'dane-absent', estate({})],
  [
    'a policy that forgot a host',
    'mta-sts-not-covered',
    estate({
      zone: {
        ...ANNOUNCED,
        [DOMAIN]: {
          MX: [
            [10, MX],
            [20, 'mx2.example.test'],
          ],
        },
        'mx2.example.test': { A: [OTHER] },
      },
      machines: [{ address: OTHER, chain: { names: ['mx2.example.test'] } }],
      policy: { text: policy('enforce', [MX]) },
    }),
  ],
  ['a policy that is not served', 'mta-sts-failed', estate({ zone: ANNOUNCED, policy: { text: null } })],
  [
    'a policy host with a certificate for another name',
    'mta-sts-failed',
    estate({ zone: ANNOUNCED, policy: { text: policy('enforce', [MX]), names: ['www.elsewhere.test'] } }),
  ],
  [
    'a policy that is not served, and a host that no policy may name',
    'mta-sts-failed',
    estate({
      zone: {
        ...ANNOUNCED,
        [DOMAIN]: {
          MX: [
            [10, MX],
            [20, 'mx2.example.test'],
          ],
        },
        'mx2.example.test': { A: [OTHER] },
      },
      machines: [{ address: OTHER, chain: { names: ['mx2.example.test'], fault: 'self-signed' } }],
      policy: { text: null },
    }),
  ],
  ['a policy for testing', 'mta-sts-testing', estate({ zone: ANNOUNCED, policy: { text: policy('testing', [MX]) } })],
  [
    'a policy that is kept for a day only',
    'mta-sts-warning',
    estate({ zone: ANNOUNCED, policy: { text: policy('enforce', [MX], 86_400) } }),
  ],
  ['no policy at all', 'mta-sts-absent', estate({ zone: policyHostRecords(DOMAIN) })],
  [
    'two TLSRPT records',
    'tlsrpt-faulty',
    estate({
      zone: {
        [`_smtp._tls.${DOMAIN}`]: {
          TXT: ['v=TLSRPTv1; rua=mailto:one@example.test', 'v=TLSRPTv1; rua=mailto:two@example.test'],
        },
      },
    }),
  ],
  [
    'a TLSRPT record without an address',
    'tlsrpt-faulty',
    estate({ zone: { [`_smtp._tls.${DOMAIN}`]: { TXT: ['v=TLSRPTv1; rua=reports@example.test'] } } }),
  ],
  ['no TLSRPT record', 'tlsrpt-absent', estate({})],
  ['a missing intermediate', 'certificate-missing-intermediate', chainFault('missing-intermediate')],
  ['a certificate for another name', 'certificate-name', estate({ chain: { names: ['mail.elsewhere.test'] } })],
  ['an expired certificate', 'certificate-expired', chainFault('expired')],
  ['a certificate from the future', 'certificate-not-yet-valid', chainFault('not-yet-valid')],
  ['a certificate that ends soon', 'certificate-near-expiry', chainFault('near-expiry')],
  ['a self-signed certificate', 'certificate-self-signed', chainFault('self-signed')],
  ['a root nobody knows', 'certificate-untrusted-root', chainFault('untrusted-root')],
  ['a weak signature', 'certificate-weak-signature', chainFault('weak-signature')],
  ['a key that is too short', 'certificate-weak-key', estate({ chain: { ...GOOD, key: 'rsa1024' } })],
  ['a certificate sent twice', 'chain-duplicate', chainFault('duplicate-intermediate')],
  ['a chain in the wrong order', 'chain-misordered', chainFault('misordered')],
  ['a root that is sent along', 'chain-root-sent', chainFault('root-sent')],
  ['STARTTLS switched off', 'starttls-not-offered', estate({ chain: null })],
  [
    'STARTTLS switched off under a policy',
    'starttls-not-offered',
    estate({ chain: null, zone: ANNOUNCED, policy: { text: policy('enforce', [MX]) } }),
  ],
  ['TLS 1.0 alone', 'tls-old-version', estate({ settings: { smtpd_tls_protocols: 'TLSv1' } })],
  [
    'an MX that is an alias, and a certificate for its real name',
    'mx-is-alias',
    estate({
      zone: { [MX]: { CNAME: 'real.example.test' }, 'real.example.test': { A: [ADDRESS] } },
      chain: { names: [MX, 'real.example.test'] },
    }),
  ],
  [
    'an MX that is an alias, and a certificate for the alias alone',
    'mx-is-alias',
    estate({ zone: { [MX]: { CNAME: 'real.example.test' }, 'real.example.test': { A: [ADDRESS] } } }),
  ],
  [
    'an address as MX, of a host that is an MX by name, too',
    'mx-is-address-literal',
    estate({
      zone: {
        [DOMAIN]: {
          MX: [
            [5, ADDRESS],
            [10, MX],
          ],
        },
      },
    }),
  ],
  [
    'an address as MX, of a host without a name',
    'mx-is-address-literal',
    estate({
      zone: {
        [DOMAIN]: {
          MX: [
            [10, MX],
            [20, OTHER],
          ],
        },
      },
      machines: [{ address: OTHER, chain: { names: ['*.example.test'] } }],
    }),
  ],
  [
    'an address as the only MX',
    'mx-is-address-literal',
    estate({ zone: { [DOMAIN]: { MX: [[10, ADDRESS]] } }, chain: { names: ['*.example.test'] } }),
  ],
  ['no MX record at all', 'implicit-mx', estate({ zone: { [DOMAIN]: { A: [ADDRESS] } }, chain: { names: [DOMAIN] } })],
  [
    'two MTA-STS records',
    'mta-sts-failed',
    estate({
      zone: { ...ANNOUNCED, [`_mta-sts.${DOMAIN}`]: { TXT: ['v=STSv1; id=1;', 'v=STSv1; id=2;'] } },
      policy: { text: policy('enforce', [MX]) },
    }),
  ],
  [
    'an MX without address',
    'mx-has-no-address',
    estate({
      zone: {
        [DOMAIN]: {
          MX: [
            [5, 'gone.example.test'],
            [10, MX],
          ],
        },
      },
    }),
  ],
  [
    'the same host twice',
    'mx-duplicate',
    estate({
      zone: {
        [DOMAIN]: {
          MX: [
            [10, MX],
            [20, MX],
          ],
        },
      },
    }),
  ],
  [
    'a null MX beside another',
    'null-mx-among-others',
    estate({
      zone: {
        [DOMAIN]: {
          MX: [
            [0, ''],
            [10, MX],
          ],
        },
      },
    }),
  ],
];

function found({ findings, improvements = [] }: ProbeResult, code: string): Finding | undefined {
  return [...findings, ...improvements].find((finding) => finding.code === code);
}

describe('advice that is followed to the letter', { concurrency: 4 }, () => {
  for (const [title, code, broken] of FAULTS) {
    it(`mends ${title} (${code}), and the score is the one foretold`, async () => {
      const administrator = await employ(broken);
      try {
        const before = await administrator.probe();
        const finding = found(before, code);
        assert.ok(finding?.remedies !== undefined, `${before.findings.map((each) => each.code).join()} has no remedy`);
        const foretold = before.whatIf?.find((each) => each.code === code)?.value ?? before.confidence.value;
        administrator.apply(finding.remedies, finding.address ?? ADDRESS);
        const after = await administrator.probe();
        assert.equal(found(after, code), undefined, found(after, code)?.detail);
        assert.equal(after.confidence.value, foretold);
        // Nothing new is wrong, save what a host that was faulty before has to answer for.
        const faulty = before.findings.map(({ host }) => host);
        const known = before.findings.map((each) => each.code);
        const worse = after.findings.filter(
          (each) => each.severity !== 'info' && !known.includes(each.code) && !faulty.includes(each.host ?? ''),
        );
        assert.deepEqual(worse, []);
      } finally {
        await administrator.stop();
      }
    });
  }

  it('goes step by step where keys change: publish, wait, take away, and nothing twice', async () => {
    const administrator = await employ(
      estate({ zone: { [TLSA]: { TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: OLD_KEY }] } } }),
    );
    try {
      const [publish, ...later] = found(await administrator.probe(), 'dane-mismatch')?.remedies ?? [];
      assert.ok(publish !== undefined && later.length > 0);
      administrator.apply([publish], ADDRESS);
      const between = await administrator.probe();
      assert.equal(between.dane.status, 'match');
      const remedies = found(between, 'dane-note')?.remedies ?? [];
      assert.ok(!remedies.some(({ text }) => text.split('\n').includes(publish.text)), 'what stands there already');
      administrator.apply(remedies, ADDRESS);
      const after = await administrator.probe();
      assert.equal(after.dane.status, 'match');
      assert.deepEqual(
        after.hosts[0]?.dane.records?.map(({ record }) => record.slice(0, 6)),
        ['3 1 1 ', '2 1 1 '],
      );
    } finally {
      await administrator.stop();
    }
  });

  it('mends everything at once, and reaches the score that was foretold for all of it', async () => {
    const administrator = await employ(
      estate({
        chain: { names: ['mail.elsewhere.test'] },
        settings: { smtpd_tls_protocols: 'TLSv1' },
        zone: {
          ...policyHostRecords(DOMAIN),
          [DOMAIN]: {
            MX: [
              [5, 'gone.example.test'],
              [10, MX],
            ],
          },
        },
      }),
    );
    try {
      const before = await administrator.probe();
      for (const finding of [...before.findings, ...(before.improvements ?? [])]) {
        administrator.apply(finding.remedies ?? [], finding.address ?? ADDRESS);
      }
      const after = await administrator.probe();
      assert.equal(after.confidence.value, before.allMended?.value);
      assert.deepEqual(
        after.findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code),
        [],
      );
    } finally {
      await administrator.stop();
    }
  });
});
