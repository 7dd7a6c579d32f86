import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  describePolicyFault,
  describePolicyRemark,
  MAX_MAX_AGE,
  MAX_POLICY_OCTETS,
  type PolicyFault,
  type PolicyRemark,
  parsePolicy,
  type ReadPolicy,
  removableAt,
  samePolicy,
} from '../../src/mtasts/policy.ts';

const GOOD = ['version: STSv1', 'mode: enforce', 'mx: mx.example.test', 'max_age: 1209600'];

function read(text: string): ReadPolicy {
  const parsed = parsePolicy(Buffer.from(text));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

function fault(text: string | Buffer): PolicyFault {
  const parsed = parsePolicy(Buffer.from(text));
  return parsed.ok ? assert.fail(`${text} was read`) : parsed.failure;
}

/** The good policy with one line replaced by others. */
function with_(key: string, ...lines: readonly string[]): string {
  return GOOD.flatMap((line) => (line.startsWith(`${key}:`) ? lines : [line])).join('\n');
}

describe('a policy file', () => {
  it('has lines that end in LF or CRLF, mixed as they come, the last with or without (S-STS-7)', () => {
    const policy = { mode: 'enforce', mx: ['mx.example.test'], maxAge: 1_209_600 };
    for (const text of [GOOD.join('\n'), GOOD.join('\r\n'), `${GOOD.join('\r\n')}\r\n`, `${GOOD.join('\n')} \t\n`]) {
      assert.deepEqual(read(text), { policy, remarks: [] });
    }
    assert.deepEqual(fault(GOOD.join('\r')).kind, 'malformed-line');
  });

  const faults: readonly (readonly [title: string, text: string | Buffer, fault: PolicyFault])[] = [
    ['no version', with_('version'), { kind: 'missing', field: 'version' }],
    ['another version', with_('version', 'version: STSv2'), { kind: 'bad-version', value: 'STSv2' }],
    ['a key in capitals', with_('version', 'Version: STSv1'), { kind: 'missing', field: 'version' }],
    ['no mode', with_('mode'), { kind: 'missing', field: 'mode' }],
    ['a mode nobody knows', with_('mode', 'mode: Enforce'), { kind: 'bad-mode', value: 'Enforce' }],
    ['no max_age', with_('max_age'), { kind: 'missing', field: 'max_age' }],
    ['a negative max_age', with_('max_age', 'max_age: -1'), { kind: 'bad-max-age', value: '-1' }],
    ['too large a max_age', with_('max_age', 'max_age: 31557601'), { kind: 'bad-max-age', value: '31557601' }],
    ['nine digits', with_('max_age', 'max_age: 000000001'), { kind: 'bad-max-age', value: '000000001' }],
    ['no mx', with_('mx'), { kind: 'missing', field: 'mx' }],
    [
      'a line without colon',
      with_('mx', 'mx mx.example.test'),
      { kind: 'malformed-line', line: 3, text: 'mx mx.example.test' },
    ],
    [
      'a space before the colon',
      with_('mode', 'mode : enforce'),
      { kind: 'malformed-line', line: 2, text: 'mode : enforce' },
    ],
    ['a key without value', with_('mx', 'mx:'), { kind: 'malformed-line', line: 3, text: 'mx:' }],
    ['a byte order mark', `\ufeff${GOOD.join('\n')}`, { kind: 'byte-order-mark' }],
    ['octets that are no UTF-8', Buffer.from(`${GOOD.join('\n')}\nx: \xff`, 'latin1'), { kind: 'not-utf8' }],
    [
      'an octet too many',
      GOOD.join('\n').padEnd(MAX_POLICY_OCTETS + 1, '\n'),
      { kind: 'too-large', limit: MAX_POLICY_OCTETS },
    ],
  ];
  for (const [title, text, expected] of faults) {
    it(`is refused with ${title} (S-STS-7)`, () => {
      const found = fault(text);
      assert.deepEqual(found, expected);
      assert.ok(describePolicyFault(found).length > 10);
    });
  }

  it('is refused with a pattern that can be no host (S-STS-7)', () => {
    const patterns = [
      '*',
      '*.',
      '*.*.example',
      'mx.*.example',
      '**.example',
      'mx-.example',
      'møx.example',
      '[192.0.2.1]',
      'a..b',
      '2001:db8::1',
    ];
    for (const pattern of patterns) {
      assert.match(fault(with_('mx', `mx: ${pattern}`)).kind, /^(bad-mx|malformed-line)$/, pattern);
    }
  });

  it(`takes a max_age from 0 to ${MAX_MAX_AGE} (S-STS-7)`, () => {
    for (const maxAge of [0, 1, MAX_MAX_AGE]) {
      assert.equal(read(with_('max_age', `max_age: ${maxAge}`)).policy.maxAge, maxAge);
    }
  });

  it('counts the first of a repeated field, every mx, and nothing it does not know (S-STS-7)', () => {
    const { policy, remarks } = read(
      [...GOOD, 'mode: none', 'max_age: 1', 'mx: *.Example.TEST', 'hint: any thing: é', 'mode2: x'].join('\n'),
    );
    assert.deepEqual(policy, { mode: 'enforce', mx: ['mx.example.test', '*.example.test'], maxAge: 1_209_600 });
    assert.deepEqual(remarks, [
      { kind: 'repeated-field', field: 'mode' },
      { kind: 'repeated-field', field: 'max_age' },
    ]);
  });

  const remarked: readonly (readonly [title: string, text: string, remark: PolicyRemark])[] = [
    ['whose version comes later', GOOD.toReversed().join('\n'), { kind: 'version-not-first' }],
    ['with an empty line', with_('mode', '', 'mode: enforce'), { kind: 'blank-line', line: 2 }],
    ['that names an address', with_('mx', 'mx: 192.0.2.1'), { kind: 'mx-is-address', mx: '192.0.2.1' }],
    ['with a trailing dot', with_('mx', 'mx: mx.example.test.'), { kind: 'mx-trailing-dot', mx: 'mx.example.test.' }],
    ['of mode none with hosts', with_('mode', 'mode: none'), { kind: 'mx-in-mode-none' }],
  ];
  for (const [title, text, remark] of remarked) {
    it(`${title} counts, and that is said (S-STS-7)`, () => {
      const { remarks } = read(text);
      assert.deepEqual(remarks, [remark]);
      assert.match(describePolicyRemark(remark), /\.$/);
    });
  }

  it('that is kept for less than a week protects little, and that is said (S-STS-13)', () => {
    assert.deepEqual(read(with_('max_age', 'max_age: 604799')).remarks, [{ kind: 'short-max-age', maxAge: 604_799 }]);
    assert.deepEqual(read(with_('max_age', 'max_age: 604800')).remarks, []);
  });

  it('can be taken away when nobody can hold the old one any more (S-STS-17)', () => {
    const { policy } = read(GOOD.join('\n'));
    assert.equal(removableAt(policy, Date.UTC(2026, 0, 1)), Date.UTC(2026, 0, 15));
  });

  it('is the same as another when it asks for the same', () => {
    const { policy } = read(GOOD.join('\n'));
    assert.ok(samePolicy(policy, { ...policy }));
    for (const other of [{ mode: 'testing' }, { maxAge: 1 }, { mx: [] }, { mx: ['mx2.example.test'] }] as const) {
      assert.equal(samePolicy(policy, { ...policy, ...other }), false);
    }
  });

  it('is read without an error whatever the octets are, and never becomes more than it says', () => {
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), fc.boolean())
      .map(([changes, crlf]) => {
        const bytes = Buffer.from(GOOD.join(crlf ? '\r\n' : '\n'));
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
        return bytes;
      });
    const any = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        const parsed = parsePolicy(bytes);
        if (!parsed.ok) {
          assert.ok(describePolicyFault(parsed.failure).length > 0);
          return;
        }
        const { mode, mx, maxAge } = parsed.value.policy;
        assert.ok(['enforce', 'testing', 'none'].includes(mode));
        assert.ok(mode === 'none' || mx.length > 0);
        assert.ok(Number.isInteger(maxAge) && maxAge >= 0 && maxAge <= MAX_MAX_AGE);
      }),
      { numRuns: 3000 },
    );
  });
});
