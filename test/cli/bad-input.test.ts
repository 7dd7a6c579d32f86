import assert from 'node:assert/strict';
import test from 'node:test';
import { play, type Scene } from './stage.ts';

interface Bad {
  readonly what: string;
  readonly scene: Scene;
  readonly says: RegExp;
}

const probe = (...argv: readonly string[]): Scene => ({ argv: ['probe', ...argv] });

const BAD: readonly Bad[] = [
  { what: 'nothing to test', scene: probe(), says: /nothing was given to test/ },
  { what: 'an empty target', scene: probe(''), says: /nothing was given to test/ },
  { what: 'an over-long target', scene: probe('x'.repeat(700)), says: /700 characters long/ },
  { what: 'a control character', scene: probe('a\x07b@example.com'), says: /control character \(0x07\)/ },
  { what: 'CR and LF', scene: probe('ann@example.com\r\nRCPT TO:<x>'), says: /a line break/ },
  { what: 'several @', scene: probe('a@b@example.com'), says: /more than one @/ },
  { what: 'a bad A-label', scene: probe('ann@xn--0000000000.example'), says: /A-label|internationalised/ },
  { what: 'an address without brackets', scene: probe('192.0.2.1'), says: /written in brackets/ },
  { what: 'a link', scene: probe('https://example.com/mail?x'), says: /it is a link; write example\.com alone/ },
  { what: 'a mail link', scene: probe('mailto:ann@example.com?subject=x'), says: /write ann@example\.com alone/ },
  {
    what: 'an address with a name before it',
    scene: probe('"Ann" <ann@example.com>'),
    says: /more than an address in it; write ann@example\.com alone/,
  },
  {
    what: 'a domain with a port',
    scene: probe('example.com:25'),
    says: /a port goes with a server.*write example\.com alone.*example\.com\[mx\.example\.com:25\]/,
  },
  {
    what: 'a database that is none of PostgreSQL',
    scene: { argv: ['queue', 'list', '--database', 'mysql://u:secret@host/x'] },
    says: /^tlsreach: --database: the URL of a PostgreSQL database is expected, as postgres:\/\/user@host\/name\n$/,
  },
  {
    what: 'a configuration in such a database',
    scene: { argv: ['destconfig', 'list', '--database', 'host'] },
    says: /--database: the URL of a PostgreSQL database is expected/,
  },
  { what: 'a bad address literal', scene: probe('ann@[192.0.2.256]'), says: /not an address literal/ },
  {
    what: 'a port out of range in the target',
    scene: probe('[192.0.2.1]:70000'),
    says: /not a number from 1 to 65535/,
  },
  {
    what: 'port 0',
    scene: probe('--port', '0', 'example.com'),
    says: /--port "0": a port is a number from 1 to 65535/,
  },
  { what: 'port 65536', scene: probe('--port', '65536', 'example.com'), says: /--port "65536"/ },
  { what: 'a port that is no number', scene: probe('--port=smtp', 'example.com'), says: /--port "smtp"/ },
  { what: 'an MTA-STS port out of range', scene: probe('--https-port', '-1', 'example.com'), says: /--https-port/ },
  {
    what: 'a negative time-out',
    scene: probe('--timeout=-5', 'example.com'),
    says: /--timeout "-5": a number of seconds/,
  },
  { what: 'a time-out of nothing', scene: probe('--timeout', '0', 'example.com'), says: /above 0/ },
  { what: 'a deadline in words', scene: probe('--deadline', 'soon', 'example.com'), says: /--deadline "soon"/ },
  {
    what: 'an unknown option',
    scene: probe('--prot', '25', 'example.com'),
    says: /unknown option '--prot' \(Did you mean --port\?\)/,
  },
  {
    what: 'an unknown command',
    scene: { argv: ['prob', 'example.com'] },
    says: /unknown command 'prob' \(Did you mean probe\?\)/,
  },
  { what: 'a name that every object has', scene: { argv: ['constructor'] }, says: /unknown command 'constructor'\n$/ },
  { what: 'an option without its value', scene: probe('example.com', '--port'), says: /argument missing/ },
  {
    what: 'an unknown format',
    scene: probe('--format', 'jsn', 'example.com'),
    says: /--format "jsn": choose one of .* did you mean json\?/,
  },
  {
    what: 'an unknown expectation',
    scene: probe('--expect', 'require-verify', 'example.com'),
    says: /did you mean required-verify\?/,
  },
  { what: 'a minimum out of range', scene: probe('--min', '122', 'example.com'), says: /whole number from 0 to 121/ },
  {
    what: 'a concurrency of nothing',
    scene: probe('--concurrency', '0', 'example.com'),
    says: /whole number from 1 to 10000/,
  },
  {
    what: 'a bad resolver',
    scene: probe('--resolver', 'ftp://192.0.2.1', 'example.com'),
    says: /--resolver "ftp:\/\/192\.0\.2\.1"/,
  },
  {
    what: 'a bad source address',
    scene: probe('--source-address', 'eth0', 'example.com'),
    says: /an IP address is expected/,
  },
  {
    what: 'a source address of the other family',
    scene: probe('-6', '--source-address', '192.0.2.1', 'example.com'),
    says: /no IPv6 address/,
  },
  {
    what: 'a DNSSEC anchor that is none',
    scene: { ...probe('--dnssec-anchor', 'a.txt', 'example.com'), files: { 'a.txt': '. IN TXT hello' } },
    says: /--dnssec-anchor "a\.txt": line 1: .*DS/,
  },
  { what: 'both families alone', scene: probe('-4', '-6', 'example.com'), says: /-4 and -6 exclude each other/ },
  {
    what: 'a bad HELO name',
    scene: probe('--helo', 'a b', 'example.com'),
    says: /--helo "a b": the domain contains a space/,
  },
  {
    what: 'a bad sender',
    scene: probe('--mail-from', 'nobody', 'example.com'),
    says: /--mail-from "nobody": there is no @/,
  },
  {
    what: 'a CA file that is not there',
    scene: probe('--ca-file', '/no.pem', 'example.com'),
    says: /--ca-file \/no\.pem: there is no such file/,
  },
  {
    what: 'a CA file that is no PEM',
    scene: { ...probe('--ca-file', 'x.pem', 'example.com'), files: { 'x.pem': 'hello' } },
    says: /--ca-file "x\.pem": .*certificate/,
  },
  {
    what: 'a client certificate without its key',
    scene: { ...probe('--client-cert', 'c.pem', 'example.com'), files: { 'c.pem': 'x' } },
    says: /needs its key/,
  },
  {
    what: 'a client certificate that is none',
    scene: {
      ...probe('--client-cert', 'c.pem', '--client-key', 'k.pem', 'example.com'),
      files: { 'c.pem': 'x', 'k.pem': 'y' },
    },
    says: /no certificate in PEM/,
  },
  {
    what: 'credentials without a secret',
    scene: probe('--auth-user', 'ann', 'example.com'),
    says: /--auth-user and --auth-secret-file are both needed/,
  },
  {
    what: 'an unknown log level',
    scene: probe('--log-level', 'loud', 'example.com'),
    says: /--log-level "loud": choose one of debug/,
  },
  {
    what: 'private addresses both ways',
    scene: probe('--deny-private', '--allow-private', 'example.com'),
    says: /exclude each other/,
  },
  {
    what: 'a configuration that is not there',
    scene: probe('--config', 'c.json', 'example.com'),
    says: /--config c\.json: there is no such file/,
  },
  {
    what: 'a configuration that is no JSON',
    scene: { ...probe('--config', 'c.json', 'example.com'), files: { 'c.json': '{' } },
    says: /it is not JSON/,
  },
  {
    what: 'a configuration that is no object',
    scene: { ...probe('--config', 'c.json', 'example.com'), files: { 'c.json': '[]' } },
    says: /a JSON object is expected/,
  },
  {
    what: 'an unknown configuration key',
    scene: { ...probe('--config', 'c.json', 'example.com'), files: { 'c.json': '{"prot":25}' } },
    says: /"prot" is no option; did you mean "port"\?/,
  },
  {
    what: 'a wrong value in the configuration',
    scene: { ...probe('--config', 'c.json', 'example.com'), files: { 'c.json': '{"quick":"very"}' } },
    says: /"quick" in c\.json: true or false/,
  },
  {
    what: 'a port out of range in the configuration',
    scene: { ...probe('--config', 'c.json', 'example.com'), files: { 'c.json': '{"port":0}' } },
    says: /"port" in c\.json "0"/,
  },
  {
    what: 'a bad environment variable',
    scene: { ...probe('example.com'), env: { TLSREACH_TIMEOUT: 'x' } },
    says: /TLSREACH_TIMEOUT "x"/,
  },
  {
    what: 'a bad switch in the environment',
    scene: { ...probe('example.com'), env: { TLSREACH_QUICK: 'maybe' } },
    says: /TLSREACH_QUICK "maybe": true or false/,
  },
  { what: 'an input that is not there', scene: probe('--input', 'list'), says: /--input list: there is no such file/ },
  {
    what: 'an input without targets',
    scene: { ...probe('--input', 'list'), files: { list: '\n# nothing\n' } },
    says: /no target in it/,
  },
  {
    what: 'a malformed line far down',
    scene: { ...probe('--input', 'list'), files: { list: `${'a@example.com\n'.repeat(500)}b@@example.com\n` } },
    says: /line 501 of list, "b@@example\.com": there is more than one @/,
  },
  {
    what: 'a malformed line on standard input',
    scene: { ...probe('--input', '-'), stdin: 'a@example.com\nnot valid\n' },
    says: /line 2 of the input/,
  },
  {
    what: 'words and an input together',
    scene: { ...probe('--input', 'list', 'example.com'), files: { list: 'a@b.example' } },
    says: /not both/,
  },
  {
    what: 'an output that cannot be written',
    scene: probe('--output', '/nowhere/x', 'example.com'),
    says: /--output \/nowhere\/x: its folder is not there/,
  },
  {
    what: 'expectations that are none',
    scene: { ...probe('--expectations', 'e', 'example.com'), files: { e: '{"a.example":{"mim":3}}' } },
    says: /"mim" is not known there/,
  },
  {
    what: 'a baseline that is no result',
    scene: { ...probe('--baseline', 'b', 'example.com'), files: { b: '{}' } },
    says: /no result of "tlsreach probe --format json"/,
  },
  {
    what: 'a chain file that is not there',
    scene: { argv: ['chain', 'x.pem'] },
    says: /x\.pem: there is no such file/,
  },
  {
    what: 'a chain file that is no PEM',
    scene: { argv: ['chain', 'x.pem'], files: { 'x.pem': 'hello' } },
    says: /x\.pem: /,
  },
  { what: 'a time that is none', scene: { argv: ['chain', 'x.pem', '--at', 'noon'] }, says: /--at "noon"/ },
  { what: 'an unknown code', scene: { argv: ['explain', 'certificat-name'] }, says: /did you mean certificate-name\?/ },
  { what: 'an unknown shell', scene: { argv: ['completion', 'tcsh'] }, says: /choose one of bash, zsh, fish/ },
  { what: 'tlsverify without a domain', scene: { argv: ['tlsverify'] }, says: /--domain/ },
  {
    what: 'tlsverify with a bad host',
    scene: { argv: ['tlsverify', '--domain', 'example.com', '--host', 'mx:99999'] },
    says: /--host "mx:99999": the port "99999"/,
  },
];

for (const { what, scene, says } of BAD) {
  test(`refuses ${what} with a sentence and exit 2, before anything is sent (R5)`, async () => {
    const seen = await play(scene);
    assert.match(seen.stderr, says);
    assert.match(seen.stderr, /^tlsreach: /);
    assert.doesNotMatch(seen.stderr, /\n {4}at |internal error/, 'no stack for a slip');
    assert.equal(seen.code, 2);
    assert.equal(seen.stdout, '');
    assert.deepEqual(seen.probed, []);
  });
}

test('a monitoring system is told UNKNOWN for a usage fault', async () => {
  assert.equal((await play(probe('--format', 'nagios', 'ann@'))).code, 3);
});
