/** The whole command line against a name server and mail servers that write down what they were told. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApp } from '../../src/app/app.ts';
import { systemClock } from '../../src/app/world.ts';
import { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { play, type Seen } from '../cli/stage.ts';
import { mint, type PeerScript, type SmtpPeer, startSmtpPeer, testRoot, tlsOf } from '../support/smtp-peer.ts';

const SECRET = 'S3cr3t-Pa55word';
const AUTH_KEYWORDS = ['AUTH PLAIN LOGIN XOAUTH2', '8BITMIME'];
const client = mint({ subject: { CN: 'client.example.net' }, dnsNames: [], extendedKeyUsage: ['clientAuth'] });
const FILES = {
  'root.pem': testRoot.certificate,
  'client.pem': client.certificate,
  'client.key': client.keyPem,
  secret: `${SECRET}\n`,
};

describe('what is asked for reaches the servers', { concurrency: 8 }, () => {
  const peers: SmtpPeer[] = [];
  let dns: ZoneServer;
  before(async () => {
    const mx = { MX: [[10, 'mx.example.com']] } as const;
    dns = await startZoneServer({
      clock: systemClock,
      zones: {
        'example.com': mx,
        'sub.example.com': mx,
        'mx.example.com': { A: ['127.0.0.1'] },
        'silent.example.com': { fault: 'drop' },
        'signed.example.com': { ...mx, ad: true },
        'backup.example.com': {
          MX: [
            [5, 'down.example.com'],
            [10, 'mx.example.com'],
            [20, 'mx.example.com'],
          ],
        },
        'down.example.com': { A: ['127.0.0.2'] },
      },
    });
  });
  after(async () => {
    await Promise.all([dns.stop(), ...peers.map((peer) => peer.stop())]);
  });

  async function server(script: Partial<PeerScript> = {}): Promise<SmtpPeer> {
    const peer = await startSmtpPeer(script);
    peers.push(peer);
    return peer;
  }

  function command(name: 'probe' | 'tlsverify', port: number, ...argv: readonly string[]): Promise<Seen> {
    const world = ['--resolver', `${dns.spec}?trust-ad`, '--ca-file', 'root.pem', '--no-system-ca'];
    return play({ argv: [name, ...world, '--port', String(port), ...argv], files: FILES, createApp });
  }

  async function probe(port: number, ...argv: readonly string[]): Promise<ProbeResult> {
    const seen = await command('probe', port, '--no-dane', '--no-mta-sts', '--format', 'json', ...argv);
    assert.notEqual(seen.stdout, '', seen.stderr);
    return JSON.parse(seen.stdout) as ProbeResult;
  }

  it('the name in EHLO, the sender and the recipient (R4)', async () => {
    const { port, sessions } = await server();
    await probe(port, '--helo', 'tester.example.net', '--mail-from', 'a@b.example', 'ann@example.com');
    const said = sessions[0]?.commands.map(({ text }) => text);
    assert.deepEqual(said, [
      'EHLO tester.example.net',
      'STARTTLS',
      'EHLO tester.example.net',
      'MAIL FROM:<a@b.example>',
      'RCPT TO:<ann@example.com>',
      'QUIT',
    ]);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`a client certificate, to a server that insists on one (${maxVersion}) (R4)`, async () => {
      const tls = { ...tlsOf(mint()), clientCertificate: 'require', maxVersion } as const;
      const { port, sessions } = await server({ tls });
      const without = await probe(port, 'example.com');
      assert.equal(without.hosts[0]?.verdict, 'broken-tls');
      const shown = await probe(port, '--client-cert', 'client.pem', '--client-key', 'client.key', 'example.com');
      assert.equal(shown.hosts[0]?.verdict, 'encrypted');
      assert.deepEqual(
        sessions.map(({ clientCertificate }) => clientCertificate),
        [false, true],
      );
    });
  }

  it('TLS from the first byte; a server that does not know it has a failed handshake, not a broken 220 (R4)', async () => {
    const { port, sessions } = await server({ implicitTls: true });
    const result = await probe(port, '--implicit-tls', 'ann@example.com');
    assert.equal(result.hosts[0]?.verdict, 'encrypted');
    assert.equal(sessions[0]?.clearText, '');
    const clear = await server();
    const failed = await probe(clear.port, '--implicit-tls', 'ann@example.com');
    assert.deepEqual(
      failed.hosts[0]?.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code),
      ['handshake-failed'],
    );
  });

  for (const type of ['plain', 'login', 'xoauth2']) {
    const account = ['--auth-type', type, '--auth-user', 'ann', '--auth-secret-file', 'secret'];
    it(`credentials by ${type}, which no output ever shows, even where the server repeats them (R3, R55)`, async () => {
      const good = await server({ keywordsUnderTls: AUTH_KEYWORDS });
      const welcomed = await probe(good.port, ...account, 'example.com');
      assert.match(good.sessions[0]?.credentials.join() ?? '', new RegExp(SECRET));
      assert.ok(!welcomed.findings.some(({ code }) => code === 'auth-failed'));
      const echoes = ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${SECRET}, it was`).toString('base64'));
      const whole = Buffer.from(`user=ann\x01auth=Bearer ${SECRET}\x01\x01`).toString('base64');
      const auth = `535-5.7.8 ${SECRET} is wrong\n${[...echoes, whole].map((echo) => `535-5.7.8 ${echo}`).join('\n')}\n535 5.7.8 no`;
      const refusing = await server({ keywordsUnderTls: AUTH_KEYWORDS, auth });
      const traces = [SECRET, whole, ...echoes.map((echo, shift) => echo.slice(shift + 1, -16))];
      for (const format of ['detail', 'json', 'html', 'markdown', 'table']) {
        const seen = await command(
          'probe',
          refusing.port,
          ...['--format', format, '--log-level', 'debug', ...account, 'example.com'],
        );
        assert.match(seen.stdout, /auth-failed/);
        for (const trace of traces) assert.ok(!`${seen.stdout}${seen.stderr}`.includes(trace), `${format}: ${trace}`);
      }
    });
  }

  it('no credentials to a host that does not prove who it is, and a word about it (R55)', async () => {
    const tls = tlsOf(mint({ subject: { CN: 'other.example' }, dnsNames: ['other.example'] }));
    const { port, sessions } = await server({ tls, keywordsUnderTls: AUTH_KEYWORDS });
    const result = await probe(port, '--auth-user', 'ann', '--auth-secret-file', 'secret', 'example.com');
    assert.deepEqual(sessions[0]?.credentials, []);
    assert.match(result.findings.find(({ code }) => code === 'auth-failed')?.detail ?? '', /does not prove/);
  });

  it('a server named by its address gets no server name, and its certificate may name the address (R2, R86)', async () => {
    const tls = tlsOf(mint({ ipAddresses: ['127.0.0.1'] }));
    const { port, sessions } = await server({ tls });
    for (const target of [`ann@example.com[127.0.0.1:${port}]`, `[127.0.0.1]:${port}`]) {
      const { hosts } = await probe(25, target);
      assert.deepEqual(
        hosts.map(({ exchange, preference, identity }) => [exchange, preference, identity?.matched]),
        [['127.0.0.1', 0, true]],
      );
      assert.equal(hosts[0]?.tls?.serverName, null);
    }
    assert.deepEqual(
      sessions.map(({ serverName }) => serverName),
      [null, null],
    );
  });

  it('one address family: a host without it is skipped, and nobody says that it has no address (R4)', async () => {
    const { port, accepted } = await server();
    const seen = await command('probe', port, '-6', 'example.com');
    assert.equal(seen.code, 3);
    const shown = seen.stdout.replace(/\s+/g, ' ');
    assert.match(shown, /^example\.com no host of example\.com has an IPv6 address, and no other was to be used/);
    assert.doesNotMatch(shown, /neither an A nor/);
    assert.equal(shown.split('i no-address-of-family').length, 2, 'said once');
    const bySource = await probe(port, '--source-address', '::1', 'example.com');
    assert.deepEqual([bySource.confidence.value, bySource.hosts[0]?.verdict], [null, 'skipped']);
    assert.equal(accepted(), 0);
  });

  it('the exact CN: its wildcard counts, and with --strict-cn it does not (R98)', async () => {
    const tls = tlsOf(mint({ subject: { CN: '*.example.com' }, dnsNames: [] }));
    const { port } = await server({ tls });
    const lax = await probe(port, 'sub.example.com');
    const strict = await probe(port, '--strict-cn', 'sub.example.com');
    assert.equal(lax.hosts[0]?.identity?.verify.step, 'V2');
    assert.equal(strict.hosts[0]?.identity?.verify.matched, false);
    assert.equal(strict.predictions['required-verify'].channel, 'none');
    const asked = ['--domain', 'sub.example.com', '--host', 'mx.example.com'];
    assert.equal((await command('tlsverify', port, ...asked)).code, 0);
    assert.equal((await command('tlsverify', port, '--strict-cn', ...asked)).code, 1);
  });

  it('the time for a stage holds for name servers, too (R3, R7)', async () => {
    const since = performance.now();
    const result = await probe(25, '--timeout', '0.3', 'silent.example.com');
    assert.equal(result.status, 'dns-failure');
    assert.ok(performance.now() - since < 20_000);
  });

  it('the cells add up to the marks of the transcript, and a bad certificate stops nothing (R14, R31)', async () => {
    const slowly = (reply: string, delayMs: number) => ({ reply, delayMs });
    const { port } = await server({
      tls: tlsOf(mint({ subject: { CN: 'other.example' }, dnsNames: ['other.example'] })),
      greeting: slowly('220 mx.example.com ESMTP', 120),
      ehlo: slowly('250-mx.example.com\n250 STARTTLS', 40),
      starttls: slowly('220 go on', 30),
      ehloUnderTls: slowly('250 mx.example.com', 50),
      mail: slowly('250 ok', 20),
      rcpt: slowly('250 ok', 60),
    });
    const [host] = (await probe(port, 'ann@example.com')).hosts;
    const { stages, transcript } = host ?? assert.fail('no host');
    assert.deepEqual(
      Object.values(stages)
        .map(({ result }) => result)
        .join(' '),
      'ok ok ok ok fail ok ok ok',
    );
    const ends = [
      [/^Connected to server/, 'answer'],
      [/^We are allowed to connect/, 'connect'],
      [/^We can use this server/, 'helo'],
      [/^STARTTLS command works/, 'tls'],
      [/^EHLO /, 'cert'],
      [/^TLS successfully started/, 'secure'],
      [/^Sender is OK/, 'from'],
      [/^Recipient OK/, 'to'],
    ] as const;
    let sum = 0;
    for (const [text, stage] of ends) {
      sum += stages[stage].ms ?? 0;
      const at = transcript.findLast((line) => text.test(line.text))?.at ?? -1;
      assert.ok(Math.abs(at - sum) <= 2, `${stage}: cells ${sum}, mark ${at}`);
    }
  });

  it('Quick stops at the first server that answers, and its score is that of this server (R23)', async () => {
    const { port, accepted } = await server();
    const result = await probe(port, '--quick', 'backup.example.com');
    assert.deepEqual(
      result.hosts.map(({ exchange, verdict, terms }) => [exchange, verdict, terms.weight]),
      [
        ['down.example.com', 'unreachable', 0],
        ['mx.example.com', 'encrypted', 0.5],
      ],
    );
    assert.deepEqual([result.qFactor, result.confidence.value], [107, 107]);
    assert.equal(accepted(), 1);
    assert.equal(result.predictions.preferred.host, 'mx.example.com');
  });

  it('Quick and AssureTLS are said where people read, the latter with its own five stages (R23, R24)', async () => {
    const { port } = await server({ mailInClear: '530 5.7.0 Must issue a STARTTLS command first' });
    const closed = await command('probe', port, '--quick', '--assure-tls', '--format', 'detail', 'ann@example.com');
    assert.match(closed.stdout, /^QFactor, .*: 107$/m);
    assert.match(closed.stdout, /^Assurance Factor, .*: 100$/m);
    assert.match(closed.stdout, /^MX Server +Pref +Answer +Connect +HELO +From +To +Refused$/m);
    assert.match(
      closed.stdout,
      /^mx\.example\.com \[127\.0\.0\.1:\d+\] +10 +OK \(\d+ms\) +OK \(\d+ms\) +OK \(\d+ms\) +FAIL +yes$/m,
    );
    const open = await server();
    for (const format of ['table', 'html', 'markdown']) {
      const seen = await command('probe', open.port, '--assure-tls', '--format', format, 'ann@example.com');
      const shown = seen.stdout.replace(/\s+/g, ' ');
      assert.match(shown, /Assurance Factor, whether every host refuses clear text: 0/);
      assert.match(shown, /mx\.example\.com did not refuse mail in clear: 250 2\.1\.0 sender ok/);
    }
  });

  it('the DNSSEC state of MX records and addresses is shown, with whose word it is (R27)', async () => {
    const { port } = await server();
    const { dns: said } = await probe(port, 'signed.example.com');
    assert.equal(said.mx.security, 'secure');
    assert.equal(said.mx.securityFrom, dns.spec);
    assert.deepEqual(said.hosts, [{ exchange: 'mx.example.com', addresses: 'insecure', tlsa: null }]);
    const seen = await command('probe', port, '--format', 'detail', 'signed.example.com');
    assert.match(seen.stdout, /DNSSEC: secure \(by the word of /);
    assert.match(seen.stdout, /MX 10 mx\.example\.com: addresses insecure/);
  });

  it('the log tells of hosts at info and of stages at debug, on stderr alone (R3)', async () => {
    const { port } = await server();
    const [quiet, info, debug] = await Promise.all(
      ['warn', 'info', 'debug'].map((level) => command('probe', port, '--log-level', level, 'example.com')),
    );
    assert.equal(quiet?.stderr, '');
    assert.match(info?.stderr ?? '', /^tlsreach: info: a host was tested target=example\.com host=mx\.example\.com/m);
    assert.doesNotMatch(info?.stderr ?? '', /a stage has ended/);
    assert.match(debug?.stderr ?? '', /^tlsreach: debug: a stage has ended .*stage=cert result=ok/m);
    assert.doesNotMatch(`${info?.stdout}${debug?.stdout}`, /info:|debug:/);
  });
});
