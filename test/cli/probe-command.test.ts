import assert from 'node:assert/strict';
import test from 'node:test';
import { host, prediction, result } from '../report/results.ts';
import { goodResultFor, play, type Scene } from './stage.ts';

const probe = (...argv: readonly string[]): Scene => ({ argv: ['probe', ...argv] });
const encrypted = host({ exchange: 'mx1.example.com', times: [1, 2, 3, 4, 5, 6, 7] });
const unreachable = host({
  exchange: 'mx1.example.com',
  times: ['FAIL', null, null, null, null, null, null],
  verdict: 'unreachable',
});
const inconclusive = host({
  exchange: 'mx1.example.com',
  times: [1, 'FAIL', null, null, null, null, null],
  verdict: 'inconclusive',
});
const clear = host({ exchange: 'mx1.example.com', times: [1, 2, 3, 'FAIL', null, null, 7], verdict: 'clear' });
const untested = { hosts: [] } as const;

const CODES = [
  { what: 'all gates are met', seen: result({ hosts: [encrypted] }), code: 0 },
  { what: 'the value is below --min', argv: ['--min', '101'], seen: result({ hosts: [encrypted] }), code: 1 },
  { what: 'a host takes mail in clear only', seen: result({ hosts: [clear] }), code: 1 },
  { what: 'an expectation holds', argv: ['--expect', 'required'], seen: result({ hosts: [encrypted] }), code: 0 },
  {
    what: 'an expectation does not hold',
    argv: ['--expect', 'required-verify'],
    seen: result({ hosts: [encrypted] }),
    code: 1,
  },
  {
    what: 'a verify mode would be encrypted, but not verified',
    argv: ['--expect', 'preferred-verify'],
    seen: result({ hosts: [encrypted] }),
    code: 1,
  },
  {
    what: 'hosted mail is verified',
    argv: ['--expect', 'required-verify-hosted'],
    seen: result({ hosts: [encrypted] }),
    code: 0,
  },
  {
    what: 'clear mail is expected, but might be refused',
    argv: ['--expect', 'no'],
    seen: result({ hosts: [encrypted] }),
    code: 1,
  },
  {
    what: 'clear mail is expected and sure',
    argv: ['--expect', 'no'],
    seen: result({ hosts: [encrypted], predictions: { no: prediction({ channel: 'clear' }) } }),
    code: 0,
  },
  {
    what: 'an alternative does not hold',
    argv: ['--expect', 'preferred'],
    seen: result({
      hosts: [encrypted],
      predictions: {
        preferred: prediction({ outcomes: [{ channel: 'clear', host: 'mx2.example.com', verified: null }] }),
      },
    }),
    code: 1,
  },
  { what: 'DANE is expected and not there', argv: ['--expect', 'dane'], seen: result({ hosts: [encrypted] }), code: 1 },
  {
    what: 'DANE is expected and matches',
    argv: ['--expect', 'dane'],
    seen: result({ hosts: [{ ...encrypted, dane: { status: 'match' } }] }),
    code: 0,
  },
  {
    what: 'MTA-STS is expected and only in testing',
    argv: ['--expect', 'mta-sts'],
    seen: result({ hosts: [encrypted], more: { mtaSts: { mode: 'testing' } } }),
    code: 1,
  },
  { what: 'the domain takes no mail', seen: result({ ...untested, more: { status: 'null-mx' } }), code: 1 },
  { what: 'the domain does not exist', seen: result({ ...untested, more: { status: 'no-such-domain' } }), code: 1 },
  {
    what: 'the DNS fails',
    seen: result({ ...untested, more: { status: 'dns-failure', problem: 'no resolver answered' } }),
    code: 3,
  },
  { what: 'there is no address', seen: result({ ...untested, more: { status: 'no-address' } }), code: 3 },
  { what: 'the port is blocked', seen: result({ ...untested, more: { status: 'blocked' } }), code: 3 },
  { what: 'every host is unreachable', seen: result({ hosts: [unreachable] }), code: 3 },
  { what: 'every host is inconclusive', seen: result({ hosts: [inconclusive] }), code: 3 },
  {
    what: 'one host is unreachable beside a good one',
    seen: result({ hosts: [encrypted, { ...unreachable, preference: 20, exchange: 'mx2.example.com' }] }),
    code: 0,
  },
] as const;

for (const { what, seen, code, ...rest } of CODES) {
  test(`exits ${code} when ${what} (R58)`, async () => {
    const argv = 'argv' in rest ? rest.argv : [];
    const played = await play({ ...probe('ann@example.com', '--format', 'json', ...argv), probe: () => seen });
    assert.equal(played.code, code);
    assert.deepEqual(JSON.parse(played.stdout), seen, 'stdout carries the result alone');
    if (code === 1) assert.match(played.stderr, /not met/);
  });
}

test('a fault of ours is exit 4, with the result of the other targets written', async () => {
  const seen = await play({
    ...probe('a@example.com', 'b@example.com', '--format', 'text'),
    probe: ({ target }) => {
      if (target.text.startsWith('a')) throw new Error('a bug');
      return goodResultFor(target.text);
    },
  });
  assert.equal(seen.code, 4);
  assert.equal(seen.stdout, '100 b@example.com\n');
  assert.match(seen.stderr, /internal error while testing a@example\.com: Error: a bug/);
});

test('of several targets the worst counts, in the order 4, 1, 3, 0 (R58)', async () => {
  const outcomes = {
    a: goodResultFor('a@example.com'),
    b: result({ hosts: [unreachable] }),
    c: result({ hosts: [clear] }),
  };
  const codeOf = async (...names: readonly ('a' | 'b' | 'c')[]): Promise<number> =>
    (
      await play({
        ...probe('--format', 'text', ...names.map((name) => `${name}@example.com`)),
        probe: ({ target }) => outcomes[target.text.slice(0, 1) as 'a'],
      })
    ).code;
  assert.equal(await codeOf('a', 'a'), 0);
  assert.equal(await codeOf('a', 'b'), 3);
  assert.equal(await codeOf('a', 'b', 'c'), 1);
});

test('plugin states: OK, WARNING, CRITICAL and UNKNOWN exit 0, 1, 2, 3', async () => {
  const state = async (seen: ReturnType<typeof result>, ...argv: readonly string[]): Promise<string> => {
    const played = await play({ ...probe('ann@example.com', '--format', 'nagios', ...argv), probe: () => seen });
    return `${played.code} ${played.stdout.split(' ')[1]}`;
  };
  assert.equal(await state(result({ hosts: [encrypted] })), '0 OK');
  assert.equal(
    await state(
      result({
        hosts: [host({ exchange: 'mx1.example.com', times: [1, 2, 3, 4, 'FAIL', 6, 7], presented: ['other.example'] })],
      }),
    ),
    '1 WARNING',
  );
  assert.equal(await state(result({ hosts: [clear] })), '2 CRITICAL');
  assert.equal(await state(result({ hosts: [unreachable] })), '3 UNKNOWN');
});

test('a flag beats the environment, which beats the configuration file', async () => {
  const files = {
    'c.json': '{"port": 1001, "timeout": 7, "helo": "file.example", "no-system-ca": true, "resolver": ["192.0.2.9"]}',
  };
  const scene = {
    ...probe('example.com', '--config', 'c.json', '--port', '1003'),
    files,
    env: { TLSREACH_PORT: '1002', TLSREACH_TIMEOUT: '8.5' },
  };
  const { settings } = await play(scene);
  assert.deepEqual(
    settings.map(({ port, timeoutMs, helo, systemCa, resolvers }) => ({ port, timeoutMs, helo, systemCa, resolvers })),
    [{ port: 1003, timeoutMs: 8500, helo: 'file.example', systemCa: false, resolvers: ['192.0.2.9'] }],
  );
});

test('the options of a probe reach the engine (R3, R4)', async () => {
  const { settings, requests } = await play({
    ...probe(
      '-4',
      '--implicit-tls',
      '--deadline',
      '60',
      '--deny-private',
      '--no-mta-sts',
      '--no-dane',
      '--quick',
      '--rcpt',
      '--seed',
      '7',
      '--assure-tls',
      '--ignore-no-connect',
      '--auth-user',
      'ann',
      '--auth-secret-file',
      's',
      'example.com',
    ),
    files: { s: 'secret word\n' },
    env: { TLSREACH_NO_SYSTEM_CA: '1', TLSREACH_RESOLVER: '192.0.2.1, [::1]:5353' },
  });
  const { log, ...shown } = settings[0] ?? assert.fail('no app');
  assert.equal(typeof log, 'function');
  assert.deepEqual(shown, {
    resolvers: ['192.0.2.1', '[::1]:5353'],
    dnssecAnchors: null,
    caFile: null,
    systemCa: false,
    port: 465,
    httpsPort: 443,
    helo: null,
    mailFrom: null,
    family: 4,
    timeoutMs: 30_000,
    deadlineMs: 60_000,
    client: null,
    implicitTls: true,
    auth: { type: 'plain', user: 'ann', secret: 'secret word' },
    revocation: 'staple',
    canaries: [],
    sourceAddress: null,
    privateAddresses: 'denied',
    redirect: null,
    scan: null,
  });
  const { target, ...request } = requests[0] ?? assert.fail('nothing was probed');
  assert.equal(target.text, 'example.com');
  assert.deepEqual(request, {
    rcpt: 'yes',
    quick: true,
    ignoreNoConnect: true,
    assureTls: true,
    mtaSts: false,
    dane: false,
    seed: 7,
    strictCn: false,
  });
});

test('with --lab the test bed replaces resolvers and port', async () => {
  const { settings, code } = await play(probe('--lab', 'you@good.lab.test'));
  assert.equal(code, 0);
  assert.deepEqual(
    settings.map(({ port, resolvers }) => ({ port, resolvers })),
    [{ port: 2525, resolvers: ['127.0.0.1:5353'] }],
  );
});

test('Ctrl-C before the first target takes away the files that were begun', async () => {
  let interrupt = (): void => {};
  const discarded = new Promise<void>((resolve) => setImmediate(resolve));
  const seen = await play({
    argv: ['probe', 'ann@example.com', '--output', 'out.json', '--capture', 'c.json'],
    onReady: (press) => {
      interrupt = press;
    },
    createApp: async () => {
      interrupt();
      await discarded;
      throw new Error('the process is gone by now');
    },
  });
  assert.deepEqual([seen.exits, seen.written], [[130], {}]);
});

test('an output file appears only when it is complete, and stdout stays empty', async () => {
  const seen = await play(
    probe('a@example.com', 'b@example.com', '--format', 'csv', '--output', 'scores.csv', '--concurrency', '1'),
  );
  assert.equal(seen.stdout, '');
  assert.deepEqual(seen.written, { 'scores.csv': '100,"a@example.com"\n100,"b@example.com"\n' });
});

test('expectations of a file count for their target or domain alone', async () => {
  const files = { e: '{"strict.example": {"min": 110}, "b@example.com": {"expect": "required-verify"}}' };
  const codeOf = async (target: string): Promise<number> =>
    (await play({ ...probe(target, '--format', 'text', '--expectations', 'e'), files })).code;
  assert.equal(await codeOf('a@example.com'), 0);
  assert.equal(await codeOf('a@strict.example'), 1);
  assert.equal(await codeOf('b@example.com'), 1);
});

test('a baseline names what got worse, per host and stage (R62)', async () => {
  const before = result({ hosts: [encrypted] });
  const now = result({
    hosts: [host({ exchange: 'mx1.example.com', times: [1, 2, 3, 4, 'FAIL', 6, 7], presented: ['other.example'] })],
  });
  const seen = await play({
    ...probe('ann@example.com', '--format', 'text', '--min', '0', '--baseline', 'b'),
    files: { b: JSON.stringify(before) },
    probe: () => now,
  });
  assert.equal(seen.code, 1);
  assert.match(seen.stderr, /the confidence fell from 100 to 90/);
  assert.match(seen.stderr, /mx1\.example\.com: cert was OK and is not any more/);
  const same = await play({
    ...probe('ann@example.com', '--format', 'text', '--baseline', 'b'),
    files: { b: JSON.stringify(before) },
    probe: () => before,
  });
  assert.equal(same.code, 0);
});

test('a gate that no target can meet or miss is named before the run', async () => {
  const files = {
    e: '{"exmaple.com": {"min": 100}, "bücher.example": {"min": 0}, "ANN@example.com": {"min": 0}}',
    b: JSON.stringify(result({ hosts: [encrypted] })),
  };
  const noted = await play({
    ...probe('ann@example.com', 'x@bücher.example', '--format', 'text', '--expectations', 'e', '--baseline', 'b'),
    files,
  });
  assert.match(noted.stderr, /^tlsreach: --expectations: exmaple\.com: no such target in this run$/m);
  assert.match(noted.stderr, /^tlsreach: --baseline: x@bücher\.example: not in it, nothing to compare with$/m);
});

test('expectations know an international domain by both of its names', async () => {
  const under = async (name: string): Promise<number> => {
    const files = { e: JSON.stringify({ [name]: { min: 101 } }) };
    const told = { ...goodResultFor('x@bücher.example'), domain: 'xn--bcher-kva.example' };
    const scene = probe('x@bücher.example', '--format', 'text', '--expectations', 'e');
    return (await play({ ...scene, files, probe: () => told })).code;
  };
  assert.deepEqual([await under('bücher.example'), await under('xn--bcher-kva.example')], [1, 1]);
});

test('a monitoring system is told UNKNOWN of a slip, wherever it said that it is one', async () => {
  const slip = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await play({ ...probe('a@@b', ...argv), env })).code;
  assert.equal(await slip(['--format', 'nagios']), 3);
  assert.equal(await slip(['--format=nagios']), 3);
  assert.equal(await slip([], { TLSREACH_FORMAT: 'nagios' }), 3);
  assert.equal(await slip(['--format', 'csv'], { TLSREACH_FORMAT: 'nagios' }), 2);
});

test('--quiet prints the factor alone (R58)', async () => {
  assert.equal((await play(probe('example.com', '--quiet'))).stdout, '100\n');
});

test('colour only on a terminal, and never with NO_COLOR', async () => {
  const coloured = async (scene: Partial<Scene>): Promise<boolean> =>
    (await play({ ...probe('example.com', '--format', 'detail'), ...scene })).stdout.includes('\x1b[');
  assert.equal(await coloured({ terminal: true }), true);
  assert.equal(await coloured({ terminal: true, env: { NO_COLOR: '1' } }), false);
  assert.equal(await coloured({ terminal: true, env: { NO_COLOR: '' } }), true);
  assert.equal(await coloured({ terminal: true, env: { TERM: 'dumb' } }), false);
  assert.equal(await coloured({ terminal: false }), false);
});

test('on a terminal rows appear as hosts answer, and the drawing is gone before the result', async () => {
  const good = goodResultFor('ann@example.com');
  const seen = await play({
    ...probe('ann@example.com'),
    terminal: true,
    columns: 100,
    env: { NO_COLOR: '1' },
    probe: (_, { onEvent }) => {
      onEvent?.({
        kind: 'route',
        hosts: [{ exchange: 'alln-mx-01.cisco.com', preference: 10, addresses: ['173.37.147.230'] }],
      });
      onEvent?.({
        kind: 'stage',
        host: 'alln-mx-01.cisco.com',
        address: '173.37.147.230',
        stage: 'answer',
        result: 'ok',
        ms: 41,
      });
      return good;
    },
  });
  const frames = seen.stdout.split(/\x1b\[\d+A\x1b\[J/);
  assert.equal(frames.length, 4, 'three drawings, then the result');
  assert.equal(frames[0], 'ann@example.com  … looking up its mail hosts\n');
  assert.match(frames[1] ?? '', /alln-mx-01\.cisco\.com/);
  assert.doesNotMatch(frames[1] ?? '', /41 ms/);
  assert.match(frames[2] ?? '', /41 ms/);
  assert.match(frames[3] ?? '', /^ann@example\.com +confidence 100 of 107 · secure\n/);
});
