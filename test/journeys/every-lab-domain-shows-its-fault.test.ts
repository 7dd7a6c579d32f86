import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { LAB_DOMAINS, LAB_ZONE } from '../../src/lab/catalogue.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import type { Prediction, ProbeResult } from '../../src/probe/result.ts';
import { type LabStage, openStage } from '../support/lab.ts';

/** Prediction per mode in a letter or two: clear, encrypted, none; verified or not; `?` where there are alternatives. */
function letters({ predictions }: ProbeResult): string {
  const letter = ({ channel, verified, alternatives }: Prediction): string =>
    `${channel[0]}${verified === null ? '' : verified ? 'v' : 'u'}${alternatives.length > 0 ? '?' : ''}`;
  return TLS_MODES.map((mode) => letter(predictions[mode])).join(' ');
}

const VERIFIED = 'c? e e ev ev ev';
const UNVERIFIED = 'c? e e eu n n';
/** Where published policy asks for a verified host, every mode gets one. */
const SURE = 'ev ev ev ev ev ev';
const IN_CLEAR = 'c c n c n n';
const BROKEN = 'c? n n n n n';
const NOTHING = 'n n n n n n';

/** Domain, verdict of each row, factor, predictions, and the finding that tells why. */
const EXPECTED: Readonly<
  Record<string, readonly [verdicts: string, value: number | null, predictions: string, finding: string | null]>
> = {
  good: ['encrypted', 107, VERIFIED, null],
  several: ['encrypted unreachable encrypted', 98, VERIFIED, 'not-reachable'],
  uneven: ['encrypted clear', 54, 'c? e? e ev? ev ev', 'starttls-not-offered'],
  tls12: ['encrypted', 100, VERIFIED, null],
  tls10: ['encrypted', 70, VERIFIED, 'tls-old-version'],
  'weak-key': ['encrypted', 93, UNVERIFIED, 'certificate-weak-key'],
  'weak-signature': ['encrypted', 93, UNVERIFIED, 'certificate-weak-signature'],
  'self-signed': ['encrypted', 97, UNVERIFIED, 'certificate-self-signed'],
  expired: ['encrypted', 97, UNVERIFIED, 'certificate-expired'],
  'not-yet-valid': ['encrypted', 97, UNVERIFIED, 'certificate-not-yet-valid'],
  'near-expiry': ['encrypted', 107, VERIFIED, 'certificate-near-expiry'],
  'wrong-name': ['encrypted', 97, UNVERIFIED, 'certificate-name'],
  wildcard: ['encrypted', 107, VERIFIED, null],
  'host-name': ['encrypted', 107, 'c? e e eu n ev', null],
  'reverse-name': ['encrypted', 97, 'c? e e ev ev n', 'certificate-name'],
  'untrusted-root': ['encrypted', 97, UNVERIFIED, 'certificate-untrusted-root'],
  'missing-intermediate': ['encrypted', 97, UNVERIFIED, 'certificate-missing-intermediate'],
  duplicate: ['encrypted', 107, VERIFIED, 'chain-duplicate'],
  misordered: ['encrypted', 107, VERIFIED, 'chain-misordered'],
  'root-sent': ['encrypted', 107, VERIFIED, 'chain-root-sent'],
  'no-starttls': ['clear', 0, IN_CLEAR, 'starttls-not-offered'],
  'refuse-tls': ['clear', 0, IN_CLEAR, 'starttls-refused'],
  'tls-454': ['inconclusive', null, IN_CLEAR, 'starttls-temporarily-refused'],
  'greeting-line': ['clear', 0, IN_CLEAR, 'starttls-on-greeting-line'],
  breaks: ['broken-tls', 0, BROKEN, 'broken-after-220'],
  garbage: ['broken-tls', 0, BROKEN, null],
  injection: ['broken-tls', 0, BROKEN, 'injected-after-starttls'],
  'second-ehlo': ['broken-tls', 0, BROKEN, 'second-ehlo-refused'],
  'starttls-twice': ['encrypted', 107, VERIFIED, 'starttls-advertised-inside-tls'],
  middlebox: ['clear', 0, IN_CLEAR, 'extensions-changed'],
  'helo-only': ['clear', 0, IN_CLEAR, 'helo-only'],
  'mandatory-tls': ['encrypted', 107, VERIFIED, null],
  slow: ['encrypted', 107, VERIFIED, 'greet-pause'],
  drip: ['inconclusive', null, NOTHING, 'slow-greeting'],
  silent: ['unreachable', 50, NOTHING, 'no-greeting'],
  throttled: ['inconclusive', null, NOTHING, 'rate-limited'],
  'no-mail': ['unreachable', 50, NOTHING, 'greeting-refused'],
  blocklisted: ['unreachable', 50, NOTHING, 'blocklisted'],
  tarpit: ['encrypted', 107, VERIFIED, 'tarpit'],
  stalls: ['broken-tls', 0, BROKEN, 'large-flights-stall'],
  greylisting: ['encrypted', 107, 'c? n n n n n', 'greylisted'],
  'unknown-user': ['encrypted', 107, 'c? n n n n n', 'recipient-refused'],
  down: ['unreachable', 50, NOTHING, 'not-reachable'],
  'null-mx': ['', null, NOTHING, 'null-mx'],
  'implicit-mx': ['encrypted', 107, VERIFIED, 'implicit-mx'],
  'mx-alias': ['encrypted', 107, VERIFIED, 'mx-is-alias'],
  'mx-literal': ['unreachable encrypted', 79, VERIFIED, 'mx-is-address-literal'],
  dangling: ['unreachable encrypted', 79, VERIFIED, 'mx-has-no-address'],
  best: ['encrypted', 121, SURE, null],
  dane: ['encrypted', 114, SURE, null],
  'dane-mismatch': ['encrypted', 107, NOTHING, 'dane-mismatch'],
  'dane-rollover': ['encrypted', 114, SURE, 'dane-note'],
  // DANE vouches for the key, but Verify still asks for a chain: both have to hold.
  'dane-expired': ['encrypted', 114, 'ev ev ev eu n n', 'dane-note'],
  'dane-unusable': ['encrypted', 107, 'e e e ev ev ev', 'dane-unusable'],
  'dane-no-tls': ['clear', 0, NOTHING, 'starttls-not-offered'],
  requiretls: ['encrypted', 107, VERIFIED, null],
  sts: ['encrypted', 114, SURE, null],
  'sts-testing': ['encrypted', 110, VERIFIED, 'mta-sts-testing'],
  'sts-not-covered': ['encrypted encrypted', 112, SURE, 'mta-sts-not-covered'],
  'sts-wrong-name': ['encrypted', 97, NOTHING, 'certificate-name'],
  'sts-broken': ['encrypted', 107, VERIFIED, 'mta-sts-failed'],
  'sts-bad-host': ['encrypted', 107, VERIFIED, 'mta-sts-failed'],
  servfail: ['', null, NOTHING, 'dns-failure'],
  'xn--bcher-kva': ['encrypted', 107, VERIFIED, null],
};

describe('every domain of the lab shows its fault', { concurrency: 24 }, () => {
  let stage: LabStage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.stop());

  for (const { label, shows } of LAB_DOMAINS) {
    it(`${label}: ${shows} (R132)`, async () => {
      const result = await stage.probe(`you@${label}.${LAB_ZONE}`);
      const [verdicts, value, predictions, finding] = EXPECTED[label] ?? ['?', null, '?', null];
      assert.equal(result.hosts.map(({ verdict }) => verdict).join(' '), verdicts);
      assert.equal(result.confidence.value, value);
      assert.equal(letters(result), predictions);
      if (finding !== null)
        assert.ok(
          result.findings.some(({ code }) => code === finding),
          finding,
        );
      // The formula is published: what it took off must be told (R49).
      if (value !== null && value < 100) assert.ok(result.confidence.losses.length > 0);
    });
  }
});

describe('what the domain publishes', { concurrency: 8 }, () => {
  let stage: LabStage;
  before(async () => {
    stage = await openStage({
      only: ['best', 'dane-mismatch', 'sts-not-covered', 'sts-wrong-name', 'good', 'requiretls', 'host-name'],
    });
  });
  after(() => stage.stop());

  it('is in the result: policy, records and report address (R25) (R26) (R27)', async () => {
    const result = await stage.probe('you@best.lab.test');
    assert.deepEqual(
      [result.mtaSts.mode, result.mtaSts.mx, result.mtaSts.maxAge],
      ['enforce', ['mx.best.lab.test'], 604_800],
    );
    assert.deepEqual(result.tlsRpt, { status: 'present', addresses: ['mailto:tls-reports@best.lab.test'] });
    assert.equal(result.dane.status, 'match');
    assert.match(result.hosts[0]?.dane.tlsaName ?? '', /^_\d+\._tcp\.mx\.best\.lab\.test$/);
    assert.deepEqual(
      [result.dns.mx.security, result.confidence.maximum, result.confidence.percent],
      ['secure', 121, 100],
    );
  });

  it('decides what senders do who honour it, and leaves the others alone (S-DANE-15) (S-STS-10)', async () => {
    const channels = async (target: string): Promise<readonly string[]> => {
      const { senders } = await stage.probe(target);
      return (['dane-opportunistic', 'dane-mandatory', 'mta-sts'] as const).map(
        (name) => `${senders[name].channel}${senders[name].verified === true ? ' verified' : ''}`,
      );
    };
    const verified = 'encrypted verified';
    assert.deepEqual(await channels('you@best.lab.test'), [verified, verified, verified]);
    assert.deepEqual(await channels('you@dane-mismatch.lab.test'), ['none', 'none', 'encrypted']);
    assert.deepEqual(await channels('you@sts-wrong-name.lab.test'), ['encrypted', 'none', 'none']);
    assert.deepEqual(await channels('you@good.lab.test'), ['encrypted', 'none', 'encrypted']);
  });

  it('lets REQUIRETLS go only to a host that offers it inside TLS, is authenticated, and whose name is sure (S-RTLS-1) (S-RTLS-2) (S-RTLS-3)', async () => {
    const requiretls = async (target: string, dane = true): Promise<string> =>
      (await stage.probe(target, { dane })).senders.requiretls.channel;
    assert.equal(await requiretls('you@requiretls.lab.test'), 'encrypted');
    assert.equal(await requiretls('you@good.lab.test'), 'none', 'not offered');
    const { senders } = await stage.probe('you@good.lab.test');
    assert.match(senders.requiretls.because.join(' '), /does not offer it inside TLS/);
  });

  it('speaks the language of Postfix levels, too', async () => {
    const levels = async (target: string): Promise<Record<string, string>> => {
      const { senders } = await stage.probe(target);
      return Object.fromEntries(
        Object.entries(senders)
          .filter(([name]) => name.startsWith('postfix-'))
          .map(([name, { channel, verified }]) => [
            name.slice('postfix-'.length),
            `${channel[0]}${verified === true ? 'v' : ''}`,
          ]),
      );
    };
    const good = { none: 'c', may: 'e', encrypt: 'e', fingerprint: 'ev', verify: 'ev', secure: 'ev' };
    assert.deepEqual(await levels('you@best.lab.test'), { ...good, dane: 'ev', 'dane-only': 'ev' });
    assert.deepEqual(await levels('you@dane-mismatch.lab.test'), { ...good, dane: 'n', 'dane-only': 'n' });
    assert.deepEqual(await levels('you@sts-wrong-name.lab.test'), {
      ...good,
      dane: 'e',
      'dane-only': 'n',
      verify: 'n',
      secure: 'n',
    });
  });

  it('is not looked at where nobody wants it, and then counts for nothing', async () => {
    const result = await stage.probe('you@dane-mismatch.lab.test', { dane: false, mtaSts: false });
    assert.deepEqual(
      [result.dane.status, result.mtaSts.mode, result.confidence.maximum],
      ['not-tested', 'not-tested', 107],
    );
    assert.equal(result.predictions.required.channel, 'encrypted');
  });

  it('names the host that the policy forgot', async () => {
    const result = await stage.probe('you@sts-not-covered.lab.test');
    assert.deepEqual(
      result.hosts.map(({ exchange, mtaSts }) => [exchange, mtaSts.status]),
      [
        ['mx1.sts-not-covered.lab.test', 'covered'],
        ['mx2.sts-not-covered.lab.test', 'not-covered'],
      ],
    );
  });
});

describe('the lab where the system has one loopback address', () => {
  it('puts its servers behind redirected ports, and nobody notices', async () => {
    const stage = await openStage({ singleAddress: true, only: ['several', 'wrong-name'] });
    try {
      const several = await stage.probe('you@several.lab.test');
      assert.deepEqual(
        several.hosts.map(({ verdict }) => verdict),
        ['encrypted', 'unreachable', 'encrypted'],
      );
      assert.equal((await stage.probe('you@wrong-name.lab.test')).confidence.value, 97);
    } finally {
      await stage.stop();
    }
  });
});
