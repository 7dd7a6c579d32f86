import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Ajv } from 'ajv';
import { jsonRendering } from '../../src/report/json.ts';
import { finding, HOSTILE_HOST, host, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

const schema: object = JSON.parse(readFileSync(new URL('../../docs/schemas/probe-1.json', import.meta.url), 'utf8'));
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

function faultsOf(value: unknown): readonly string[] {
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const OK = { result: 'ok', ms: 1 } as const;
const OPEN_HOST = {
  exchange: 'mx',
  preference: 10,
  address: '192.0.2.1',
  port: 25,
  refused: false,
  reply: '250 ok',
  stages: { answer: OK, connect: OK, helo: OK, from: OK, to: { result: 'not-tested' } },
} as const;

const RESULTS = {
  'the good example': THREE_GOOD_HOSTS,
  'the bad example': TWO_WRONG_NAMES,
  'hostile words': HOSTILE_HOST,
  'no host at all': result({ more: { status: 'dns-failure', problem: 'no answer' } }),
  'a host without address': result({
    hosts: [
      host({
        exchange: 'mx.example.com',
        address: null,
        verdict: 'unreachable',
        times: [null, null, null, null, null, null, null],
      }),
    ],
  }),
  'remedies and what mending would give': result({
    hosts: [...THREE_GOOD_HOSTS.hosts],
    more: {
      findings: [
        {
          ...finding('dane-mismatch', 'mx.example.com', 'no match'),
          remedies: [{ kind: 'dns-record', for: 'zone', title: 'Publish', text: 'a. IN A 192.0.2.1' }],
        },
      ],
      improvements: [finding('dane-absent', 'mx.example.com', 'none')],
      whatIf: [{ code: 'dane-mismatch', host: null, value: 107, gain: 7 }],
      allMended: null,
    },
  }),
  'Quick and AssureTLS': result({
    hosts: [...THREE_GOOD_HOSTS.hosts],
    more: {
      qFactor: 100,
      assurance: { value: 0, hosts: [OPEN_HOST] },
    },
  }),
} as const;

for (const [what, shown] of Object.entries(RESULTS)) {
  test(`the published schema describes ${what} as it is written (R52)`, () => {
    assert.deepEqual(faultsOf(JSON.parse(jsonRendering({ many: false }).each(shown))), []);
  });
}

test('the schema refuses a name, a word or a number that is not of the contract (R52)', () => {
  assert.match(faultsOf({ ...THREE_GOOD_HOSTS, extra: 1 }).join(), /additional properties/);
  assert.match(faultsOf({ ...THREE_GOOD_HOSTS, status: 'fine' }).join(), /\/status/);
  assert.match(
    faultsOf({ ...THREE_GOOD_HOSTS, average: { ...THREE_GOOD_HOSTS.average, tls: 101 } }).join(),
    /\/average\/tls/,
  );
  const { domain: _domain, ...without } = THREE_GOOD_HOSTS;
  assert.match(faultsOf(without).join(), /'domain'/);
});
