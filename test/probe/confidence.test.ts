import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CipherFacts,
  cipherPoints,
  qFactorOf,
  type ScoredAddress,
  scoreHosts,
} from '../../src/probe/confidence.ts';

const PLAIN = { ignoreNoConnect: false, mtaStsTested: false, daneTested: false } as const;

const STRONG: CipherFacts = {
  name: 'ECDHE-RSA-AES256-GCM-SHA384',
  bits: 256,
  keyType: 'rsa',
  keyBits: 2048,
  signature: 'sha256WithRSAEncryption',
};

const GOOD: ScoredAddress = {
  exchange: 'mx.example.com',
  address: '192.0.2.1',
  preference: 10,
  verdict: 'encrypted',
  protocol: 'TLSv1.2',
  fault: null,
  certificateFault: null,
  cipher: STRONG,
  mtaSts: null,
  daneMatch: false,
};

const UNREACHABLE: Partial<ScoredAddress> = {
  verdict: 'unreachable',
  protocol: null,
  cipher: null,
  fault: 'not-reachable',
};
const CLEAR: Partial<ScoredAddress> = { verdict: 'clear', protocol: null, cipher: null, fault: 'starttls-not-offered' };
const WRONG_NAME: Partial<ScoredAddress> = { certificateFault: 'certificate-name' };

/** One host per entry, each with its own name and address. */
function factor(hosts: readonly Partial<ScoredAddress>[], options = {}): number | null {
  const addresses = hosts.map((host, index) => ({
    ...GOOD,
    exchange: `mx${index}.example.com`,
    address: `192.0.2.${index}`,
    ...host,
  }));
  return scoreHosts(addresses, { ...PLAIN, ...options }).confidence.value;
}

describe('the confidence factor reproduces the published points', () => {
  it('three good hosts on TLS 1.2 have 100 (R35)', () => {
    assert.equal(factor([{ preference: 10 }, { preference: 20 }, { preference: 30 }]), 100);
  });
  it('two hosts of equal preference, both with a failing certificate, have 90 (R36)', () => {
    assert.equal(
      factor([
        { preference: 5, ...WRONG_NAME },
        { preference: 5, ...WRONG_NAME },
      ]),
      90,
    );
  });
  it('one host with AES128-SHA and a wrong name has 90 (R37)', () => {
    assert.equal(factor([{ preference: 0, ...WRONG_NAME, cipher: { ...STRONG, name: 'AES128-SHA', bits: 128 } }]), 90);
  });
  it('no reachable host has 50 (R38)', () => {
    assert.equal(factor([UNREACHABLE, { preference: 20, ...UNREACHABLE }]), 50);
  });
  it('nothing that offers encryption has 0 (R39)', () => {
    assert.equal(factor([CLEAR, { preference: 20, ...CLEAR }]), 0);
  });
  it('the sample row with every stage good has 100, whatever To says (R40) (R46)', () => {
    assert.equal(factor([{}]), 100);
  });
  it('none < unreachable < SSL < TLS 1.0 < TLS 1.1 < TLS 1.2 < TLS 1.3 for hosts alike in all else (R41)', () => {
    const values = [
      factor([CLEAR]),
      factor([UNREACHABLE]),
      ...['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].map((protocol) => factor([{ protocol }])),
    ];
    assert.deepEqual(values, [0, 50, 60, 70, 80, 100, 107]);
  });
  it('the best fully tested host has 121, of a maximum of 121 (R45)', () => {
    const { confidence } = scoreHosts([{ ...GOOD, protocol: 'TLSv1.3', mtaSts: 'covered-enforce', daneMatch: true }], {
      ...PLAIN,
      mtaStsTested: true,
      daneTested: true,
    });
    assert.deepEqual(
      [confidence.value, confidence.maximum, confidence.percent, confidence.bestInClass],
      [121, 121, 100, 121],
    );
  });
  it('a good protocol with a wrong name is still secure, an old one at its best is not', () => {
    assert.equal(scoreHosts([{ ...GOOD, ...WRONG_NAME }], PLAIN).confidence.secure, true);
    assert.equal(
      scoreHosts([{ ...GOOD, protocol: 'TLSv1.1', mtaSts: 'covered-enforce', daneMatch: true }], PLAIN).confidence
        .secure,
      false,
    );
  });
});

describe('the confidence factor has the worked values (R50)', () => {
  const second = { preference: 20 };
  for (const [name, hosts, value] of [
    ['a second host that cannot be reached', [{}, { ...second, ...UNREACHABLE }], 90],
    ['a first host that cannot be reached', [UNREACHABLE, second], 75],
    ['a second host without TLS', [{}, { ...second, ...CLEAR }], 67],
    ['a first host without TLS', [CLEAR, second], 33],
    ['two equal hosts, one without TLS', [{}, CLEAR], 50],
    ['TLS 1.3 everywhere', [{ protocol: 'TLSv1.3' }, { protocol: 'TLSv1.3', ...second }], 107],
  ] as const) {
    it(`${name}: ${value}`, () => assert.equal(factor(hosts), value));
  }

  it('percent is of the maximum with the tests that were run: TLS 1.2 everywhere 93, TLS 1.3 everywhere 100', () => {
    assert.equal(scoreHosts([GOOD], PLAIN).confidence.percent, 93);
    assert.equal(scoreHosts([{ ...GOOD, protocol: 'TLSv1.3' }], PLAIN).confidence.percent, 100);
  });
});

describe('the confidence factor treats what could not be seen apart', () => {
  it('leaves an inconclusive host out and says that the value is provisional', () => {
    const { confidence } = scoreHosts(
      [GOOD, { ...GOOD, exchange: 'b', verdict: 'inconclusive', protocol: null, cipher: null }],
      PLAIN,
    );
    assert.deepEqual([confidence.value, confidence.provisional], [100, true]);
  });
  it('has no value when nothing could be judged', () => {
    const { confidence } = scoreHosts([{ ...GOOD, verdict: 'inconclusive', protocol: null, cipher: null }], PLAIN);
    assert.deepEqual([confidence.value, confidence.percent, confidence.secure], [null, null, false]);
    assert.equal(scoreHosts([], PLAIN).confidence.value, null);
  });
  it('takes unreachable hosts out when told to, and still has 50 when none is left (R44)', () => {
    assert.equal(factor([{}, { preference: 20, ...UNREACHABLE }], { ignoreNoConnect: true }), 100);
    assert.equal(factor([UNREACHABLE], { ignoreNoConnect: true }), 50);
  });
  it('takes the mean over the addresses of one host, so that more addresses do not weigh more', () => {
    const rows = [
      { ...GOOD, address: '192.0.2.1' },
      { ...GOOD, address: '192.0.2.2', ...CLEAR },
      { ...GOOD, exchange: 'other', address: '192.0.2.3' },
    ];
    assert.equal(scoreHosts(rows, PLAIN).confidence.value, 75);
  });
  it('gives the first host that answered as the quick factor, 50 when none did (R23)', () => {
    const rows = [
      { ...GOOD, ...UNREACHABLE },
      { ...GOOD, exchange: 'b', ...WRONG_NAME },
    ];
    assert.equal(qFactorOf(rows, scoreHosts(rows, PLAIN).scores), 90);
    assert.equal(qFactorOf([{ ...GOOD, ...UNREACHABLE }], [50]), 50);
  });
});

describe('ciphers and keys', () => {
  for (const [change, points] of [
    [{}, 0],
    [{ name: 'DES-CBC3-SHA', bits: 112 }, 5],
    [{ name: 'RC4-SHA', bits: 128 }, 9],
    [{ name: 'EXP-DES-CBC-SHA', bits: 40 }, 9],
    [{ name: 'NULL-SHA', bits: 0 }, 9],
    [{ keyBits: 1024 }, 4],
    [{ keyType: 'ec', keyBits: 256 }, 0],
    [{ keyType: 'ec', keyBits: 192 }, 4],
    [{ keyType: 'ed25519', keyBits: 256 }, 0],
    [{ signature: 'sha1WithRSAEncryption' }, 4],
    [{ name: 'DES-CBC3-SHA', bits: 112, keyBits: 1024 }, 9],
  ] as const) {
    it(`${JSON.stringify(change)} costs ${points}`, () => assert.equal(cipherPoints({ ...STRONG, ...change }), points));
  }
});

const address: fc.Arbitrary<ScoredAddress> = fc.record({
  exchange: fc.constantFrom('a', 'b', 'c', 'd'),
  address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
  preference: fc.constantFrom(0, 10, 10, 20, 30),
  verdict: fc.constantFrom('encrypted', 'encrypted', 'clear', 'broken-tls', 'unreachable'),
  protocol: fc.constantFrom('SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  fault: fc.constant(null),
  certificateFault: fc.constantFrom(null, 'certificate-name', 'certificate-expired'),
  cipher: fc.record({
    name: fc.constantFrom('AES256-SHA', 'RC4-SHA', 'DES-CBC3-SHA'),
    bits: fc.constantFrom(40, 112, 128, 256),
    keyType: fc.constantFrom('rsa', 'ec'),
    keyBits: fc.constantFrom(160, 1024, 2048),
    signature: fc.constantFrom('sha256WithRSAEncryption', 'sha1WithRSAEncryption'),
  }),
  mtaSts: fc.constantFrom(null, 'covered-testing', 'covered-enforce'),
  daneMatch: fc.boolean(),
});

/** Repairs of one fault of a host that was reached. */
const REPAIRS: readonly ((before: ScoredAddress) => ScoredAddress)[] = [
  (before) => ({ ...before, certificateFault: null }),
  (before) => ({ ...before, cipher: STRONG }),
  (before) => ({ ...before, protocol: 'TLSv1.3' }),
  (before) => ({ ...before, daneMatch: true }),
  (before) => ({ ...before, mtaSts: 'covered-enforce' }),
  (before) => ({ ...before, verdict: 'encrypted' }),
];

describe('the confidence factor as a property', () => {
  it('never falls when a fault of a host that was reached is mended', () => {
    fc.assert(
      fc.property(
        fc.array(address, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.constantFrom(...REPAIRS),
        (rows, pick, repair) => {
          const index = pick % rows.length;
          const before = rows[index];
          if (before === undefined || before.verdict === 'unreachable') return;
          const after = rows.with(index, repair(before));
          const was = scoreHosts(rows, PLAIN).confidence.value ?? 0;
          const is = scoreHosts(after, PLAIN).confidence.value ?? 0;
          assert.ok(is >= was, `${was} fell to ${is}`);
        },
      ),
    );
  });

  it('sets a better protocol with its worst cipher above a worse one with its best (R42)', () => {
    const weakOfThree = factor([{ protocol: 'TLSv1.3', cipher: { ...STRONG, keyBits: 1024 } }]) ?? 0;
    assert.ok(weakOfThree >= (factor([{ protocol: 'TLSv1.2' }]) ?? 0));
    const worst: CipherFacts = {
      name: 'RC4-SHA',
      bits: 40,
      keyType: 'rsa',
      keyBits: 512,
      signature: 'md5WithRSAEncryption',
    };
    for (const fault of [null, 'certificate-name']) {
      const scores = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].map((protocol) => ({
        best: factor([{ protocol, certificateFault: fault, cipher: STRONG }]) ?? 0,
        worst: factor([{ protocol, certificateFault: fault, cipher: worst }]) ?? 0,
      }));
      for (const [index, better] of scores.entries()) {
        const worse = scores[index - 1];
        // TLS 1.3 knows no cipher as weak as that: its worst is a short key, above.
        if (worse === undefined || index === 3) continue;
        assert.ok(better.worst >= worse.best, `${better.worst} < ${worse.best}`);
      }
    }
  });

  it('loses less for the same weakness at a worse preference, as long as the weights differ (R43)', () => {
    const preferences = [10, 20, 30, 40, 50, 60, 70];
    const losses = preferences.map((bad) => {
      const rows = preferences.map((preference) => ({
        ...GOOD,
        exchange: `mx${preference}`,
        preference,
        ...(preference === bad ? CLEAR : {}),
      }));
      return 100 - (scoreHosts(rows, PLAIN).confidence.value ?? 0);
    });
    for (const [index, loss] of losses.entries()) {
      const before = losses[index - 1];
      if (before === undefined) continue;
      assert.ok(index < 5 ? loss < before : loss <= before, `${losses}`);
    }
  });

  it('can be recomputed by hand from the terms in the result (R47)', () => {
    fc.assert(
      fc.property(fc.array(address, { minLength: 1, maxLength: 6 }), (rows) => {
        const unique = rows.filter(
          (row, index) => rows.findIndex((other) => other.exchange === row.exchange) === index,
        );
        const { confidence, scores, terms } = scoreHosts(unique, PLAIN);
        let sum = 0;
        let weights = 0;
        for (const [index, { state, base, certificate, cipher, bonus, weight }] of terms.entries()) {
          const own = state === 'encrypted' ? Math.max(51, base - certificate - cipher) + bonus : base;
          assert.equal(scores[index], own);
          sum += weight * own;
          weights += weight;
        }
        assert.equal(confidence.value, Math.floor(sum / weights + 0.5 + 1e-9));
      }),
    );
  });
});
