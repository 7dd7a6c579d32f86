import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { type IdentityToJudge, judgeIdentity, needsPointerNames } from '../../src/pki/identity.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { DATES, KEY } from './scenario.ts';

function certificate(cn: string | null, dnsNames: readonly string[], ipAddresses: readonly string[] = []): Certificate {
  const subject: Record<string, string> = cn === null ? { O: 'Example' } : { O: 'Example', CN: cn };
  const parsed = parseCertificate(issueCertificate({ subject, key: KEY, dnsNames, ipAddresses, ...DATES }).der);
  assert.ok(parsed.ok);
  return parsed.value;
}

const DOMAIN = 'example.com';
const MX = 'mx.provider.example';
const PTR = 'out7.provider.example';
const ROUTE = 'relay.example.net';

type Context = Partial<Omit<IdentityToJudge, 'leaf'>>;

function judge(leaf: Certificate, context: Context = {}): ReturnType<typeof judgeIdentity> {
  return judgeIdentity({ ...request(leaf), ...context });
}

function request(leaf: Certificate): IdentityToJudge {
  return {
    leaf,
    host: MX,
    recipientDomain: DOMAIN,
    staticRoute: null,
    ptrNames: [PTR],
    mxNameSecure: false,
    strictCn: false,
  };
}

type Step = 'V1' | 'V2' | 'V3' | 'H1' | 'H2' | 'H3' | null;
interface Row {
  readonly cn: string | null;
  readonly san: readonly string[];
  readonly context?: Context;
  readonly strict: boolean;
  readonly mx: boolean;
  readonly verify: Step;
  readonly hosted: Step;
}

/** Certificates and targets: who says yes, and at which step. */
const TABLE: readonly Row[] = [
  // The recipient's domain
  { cn: null, san: [DOMAIN], strict: false, mx: false, verify: 'V1', hosted: 'H1' },
  { cn: DOMAIN, san: [], strict: false, mx: false, verify: 'V2', hosted: 'H1' },
  { cn: DOMAIN, san: [DOMAIN], strict: false, mx: false, verify: 'V1', hosted: 'H1' },
  { cn: DOMAIN, san: ['other.example'], strict: false, mx: false, verify: 'V2', hosted: null },
  { cn: 'EXAMPLE.com', san: [], strict: false, mx: false, verify: 'V2', hosted: 'H1' },
  { cn: null, san: ['Example.COM'], strict: false, mx: false, verify: 'V1', hosted: 'H1' },
  { cn: null, san: ['example.com.'], strict: false, mx: false, verify: 'V1', hosted: 'H1' },
  { cn: null, san: ['www.example.com'], strict: false, mx: false, verify: null, hosted: null },
  { cn: null, san: ['*.example.com'], strict: false, mx: false, verify: null, hosted: null },
  { cn: '*.example.com', san: [], strict: false, mx: false, verify: null, hosted: null },
  // Wildcards above a sub-domain
  {
    cn: null,
    san: ['*.example.com'],
    context: { recipientDomain: 'eu.example.com' },
    strict: false,
    mx: false,
    verify: 'V1',
    hosted: 'H1',
  },
  {
    cn: '*.example.com',
    san: [],
    context: { recipientDomain: 'eu.example.com' },
    strict: false,
    mx: false,
    verify: 'V2',
    hosted: 'H1',
  },
  {
    cn: '*.example.com',
    san: [],
    context: { recipientDomain: 'eu.example.com', strictCn: true },
    strict: false,
    mx: false,
    verify: null,
    hosted: 'H1',
  },
  {
    cn: 'e*.example.com',
    san: [],
    context: { recipientDomain: 'eu.example.com' },
    strict: false,
    mx: false,
    verify: null,
    hosted: null,
  },
  // The MX name: yes for Hosted and testers, never for Verify
  { cn: null, san: [MX], strict: true, mx: true, verify: null, hosted: 'H3' },
  { cn: MX, san: [], strict: false, mx: true, verify: null, hosted: 'H3' },
  { cn: MX, san: [MX], strict: true, mx: true, verify: null, hosted: 'H3' },
  { cn: MX, san: ['other.example'], strict: false, mx: false, verify: null, hosted: null },
  { cn: null, san: ['*.provider.example'], strict: true, mx: true, verify: null, hosted: 'H3' },
  { cn: null, san: ['*.example'], strict: false, mx: false, verify: null, hosted: null },
  { cn: '*.provider.example', san: [], strict: false, mx: true, verify: 'V3', hosted: 'H3' },
  { cn: null, san: [MX, DOMAIN], strict: true, mx: true, verify: 'V1', hosted: 'H1' },
  // The PTR name: yes for Verify by the CN alone
  { cn: PTR, san: [], strict: false, mx: false, verify: 'V3', hosted: null },
  { cn: PTR, san: ['other.example'], strict: false, mx: false, verify: 'V3', hosted: null },
  { cn: PTR, san: [MX], strict: true, mx: true, verify: 'V3', hosted: 'H3' },
  { cn: null, san: [PTR], strict: false, mx: false, verify: null, hosted: null },
  { cn: PTR, san: [], context: { ptrNames: [] }, strict: false, mx: false, verify: null, hosted: null },
  { cn: MX, san: [], context: { ptrNames: [MX] }, strict: false, mx: true, verify: 'V3', hosted: 'H3' },
  {
    cn: '*.provider.example',
    san: [],
    context: { strictCn: true },
    strict: false,
    mx: true,
    verify: null,
    hosted: 'H3',
  },
  // An explicit SMTP route
  {
    cn: null,
    san: [ROUTE],
    context: { host: ROUTE, staticRoute: ROUTE },
    strict: true,
    mx: true,
    verify: null,
    hosted: 'H2',
  },
  {
    cn: ROUTE,
    san: [],
    context: { host: ROUTE, staticRoute: ROUTE },
    strict: false,
    mx: true,
    verify: null,
    hosted: 'H2',
  },
  { cn: null, san: [MX], context: { staticRoute: ROUTE }, strict: true, mx: true, verify: null, hosted: null },
  {
    cn: null,
    san: [DOMAIN],
    context: { host: ROUTE, staticRoute: ROUTE },
    strict: false,
    mx: false,
    verify: 'V1',
    hosted: 'H1',
  },
  // Names that spell the right thing wrongly
  { cn: null, san: [`${DOMAIN}\0.evil.example`], strict: false, mx: false, verify: null, hosted: null },
  { cn: `${DOMAIN}\0`, san: [], strict: false, mx: false, verify: null, hosted: null },
  { cn: 'Example Mail Server', san: [], strict: false, mx: false, verify: null, hosted: null },
  { cn: null, san: [], strict: false, mx: false, verify: null, hosted: null },
  // Internationalised names are compared as A-labels
  {
    cn: null,
    san: ['xn--bcher-kva.example'],
    context: { recipientDomain: 'xn--bcher-kva.example' },
    strict: false,
    mx: false,
    verify: 'V1',
    hosted: 'H1',
  },
  {
    cn: null,
    san: ['b\u00fccher.example'],
    context: { recipientDomain: 'xn--bcher-kva.example' },
    strict: false,
    mx: false,
    verify: null,
    hosted: null,
  },
];

describe('identity verdicts side by side', () => {
  it('have a table of at least thirty certificates and targets (R94)', () => {
    assert.ok(TABLE.length >= 30);
  });

  for (const row of TABLE) {
    const title = `CN ${JSON.stringify(row.cn)}, SAN ${JSON.stringify(row.san)}, ${JSON.stringify(row.context ?? {})}`;
    it(`${title}: Verify ${row.verify ?? 'no'}, Hosted ${row.hosted ?? 'no'} (R88, R92, R93, R94)`, () => {
      const verdict = judge(certificate(row.cn, row.san), row.context);
      assert.equal(verdict.matched, row.strict, 'strict');
      assert.equal(verdict.mx.matched, row.mx, 'mx');
      assert.equal(verdict.verify.step, row.verify, verdict.verify.trail.join('; '));
      assert.equal(verdict.verify.matched, row.verify !== null);
      assert.equal(verdict.hosted.step, row.hosted, verdict.hosted.trail.join('; '));
      assert.equal(verdict.hosted.matched, row.hosted !== null);
    });
  }

  it('of Verify: the CN is looked at though there are SANs, when none of them is the domain (R89)', () => {
    const { verify } = judge(certificate(DOMAIN, ['other.example', MX]));
    assert.deepEqual([verify.matched, verify.step, verify.trail.length], [true, 'V2', 2]);
  });

  it('of Verify: the name of the MX host as such counts nowhere, in SAN or in CN, whoever vouches for it (R90)', () => {
    for (const leaf of [certificate(MX, [MX]), certificate(MX, []), certificate(null, [MX])]) {
      for (const mxNameSecure of [false, true]) {
        const { verify, hosted } = judge(leaf, { mxNameSecure });
        assert.deepEqual([verify.matched, hosted.matched], [false, true], verify.trail.join('; '));
      }
    }
  });

  it('differ in both directions between Verify and Hosted (R94, R96)', () => {
    assert.ok(TABLE.some(({ verify, hosted }) => verify === null && hosted !== null));
    assert.ok(TABLE.some(({ verify, hosted }) => verify !== null && hosted === null));
  });
});

describe('the strength of a match', () => {
  it('is strong for the recipient domain and a static route, weak for PTR and unauthenticated MX names', () => {
    assert.equal(judge(certificate(null, [DOMAIN])).verify.strength, 'strong');
    assert.equal(judge(certificate(DOMAIN, [])).verify.strength, 'strong');
    assert.equal(judge(certificate(PTR, [])).verify.strength, 'weak');
    assert.equal(judge(certificate(null, [DOMAIN])).hosted.strength, 'strong');
    assert.equal(judge(certificate(null, [ROUTE]), { staticRoute: ROUTE }).hosted.strength, 'strong');
    assert.equal(judge(certificate(null, [MX])).hosted.strength, 'weak');
    assert.equal(judge(certificate(null, [MX]), { mxNameSecure: true }).hosted.strength, 'strong');
    assert.equal(judge(certificate(null, ['other.example'])).hosted.strength, null);
  });
});

describe('the trail of a verdict', () => {
  it('says in one line a step what was compared (R88, R95)', () => {
    const verdict = judge(certificate(PTR, ['mx.example.net']));
    assert.deepEqual(verdict.verify.trail, [
      'V1: SAN mx.example.net is not example.com',
      'V2: CN out7.provider.example is not example.com',
      'V3: CN out7.provider.example is out7.provider.example',
    ]);
    assert.deepEqual(verdict.hosted.trail, [
      'H1: SAN mx.example.net is not example.com',
      'H3: SAN mx.example.net is not mx.provider.example',
    ]);
    assert.equal(verdict.verify.presented, PTR);
  });

  it('stops at the first match', () => {
    const { verify } = judge(certificate(DOMAIN, [DOMAIN]));
    assert.deepEqual(verify.trail, ['V1: SAN example.com is example.com']);
  });

  it('counts names beyond the third and says when there is none', () => {
    const many = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example'];
    const [first, second] = judge(certificate(null, many)).verify.trail;
    assert.equal(first, 'V1: SAN a.example, b.example, c.example and 2 more are not example.com');
    assert.equal(second, 'V2: the certificate has no CN to be example.com');
  });

  it('says that no PTR name counts when none leads back to the address (R91)', () => {
    const { verify } = judge(certificate(PTR, []), { ptrNames: [] });
    assert.equal(verify.trail.at(-1), 'V3: the address has no PTR name that leads back to it');
  });

  it('shows bytes that could mislead a reader as escapes', () => {
    const [first] = judge(certificate(null, ['example.com\0.evil.example'])).verify.trail;
    assert.equal(first, 'V1: SAN example.com\\x00.evil.example is not example.com');
  });
});

describe('a target that is an address literal', () => {
  const context = { host: '192.0.2.1', recipientDomain: null, ptrNames: [PTR] };

  it('matches an iPAddress and no name, and no CN where there are SANs', () => {
    const verdict = judge(certificate('192.0.2.1', [], ['192.0.2.1']), context);
    assert.equal(verdict.matched, true);
    assert.deepEqual(verdict.mx, { matched: true, expected: '192.0.2.1', presented: ['192.0.2.1'] });
    assert.equal(judge(certificate('192.0.2.1', ['a.example']), context).mx.matched, false);
    assert.equal(judge(certificate(null, ['192.0.2.1']), context).matched, false);
  });

  it('is not verified by Verify, and the reason is said', () => {
    const { verify, hosted } = judge(certificate(PTR, []), context);
    assert.equal(verify.matched, false);
    assert.match(verify.trail[0] ?? '', /address literal/);
    assert.equal(hosted.matched, false);
    assert.match(hosted.trail[0] ?? '', /address literal/);
  });
});

describe('the PTR look-up', () => {
  const asks = (leaf: Certificate, context: Context = {}): boolean => {
    const { ptrNames: _, ...rest } = { ...request(leaf), ...context };
    return needsPointerNames(rest);
  };

  it('is wanted only when V1 and V2 failed and there is a CN to compare (R91)', () => {
    assert.equal(asks(certificate(PTR, [])), true);
    assert.equal(asks(certificate(DOMAIN, [])), false);
    assert.equal(asks(certificate(null, [DOMAIN])), false);
    assert.equal(asks(certificate(null, [MX])), false);
    assert.equal(asks(certificate(PTR, []), { recipientDomain: null }), false);
  });
});

describe('what a tester shows', () => {
  it('is every SAN, or the CN where there is none, beside the expected MX name (R17, R96)', () => {
    assert.deepEqual(judge(certificate('cn.example', [MX, DOMAIN])).mx, {
      matched: true,
      expected: MX,
      presented: [MX, DOMAIN],
    });
    assert.deepEqual(judge(certificate('cn.example', [])).mx, {
      matched: false,
      expected: MX,
      presented: ['cn.example'],
    });
    assert.deepEqual(judgeIdentity({ ...request(certificate(null, [])), leaf: null }).mx, {
      matched: false,
      expected: MX,
      presented: [],
    });
  });
});
