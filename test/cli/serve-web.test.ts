/** The web as a whole process: HTTPS, a certificate that is replaced, SIGTERM, and what is there again afterwards. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { configure, runHere } from '../support/installation.ts';
import { mint } from '../support/smtp-peer.ts';

const EXECUTABLE = fileURLToPath(new URL('../../src/tlsreach.js', import.meta.url));

interface Served {
  readonly child: ChildProcess;
  readonly said: string;
  readonly port: number;
}

function serve(argv: readonly string[]): Promise<Served> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [
      EXECUTABLE,
      'serve',
      '--roles',
      'web',
      '--http',
      '127.0.0.1:0',
      '--resolver',
      '127.0.0.1:9',
      ...argv,
    ]);
    let said = '';
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      if (told.includes('serving web')) resolve({ child, said, port: Number(/:(\d+)\/\n/.exec(said)?.[1]) });
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}${told}`)));
  });
}

function ended({ child }: Served): Promise<number | null> {
  child.kill('SIGTERM');
  return new Promise((resolve) => child.once('exit', resolve));
}

/** The name in the certificate that is presented. */
function presented(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.on('error', reject);
  });
}

test('the web is served over HTTPS, follows a new certificate, ends with 0 and keeps its people', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-serve-'));
  const certificate = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const install = (name: string): void => {
    const issued = mint({ subject: { CN: name } });
    writeFileSync(key, issued.keyPem);
    writeFileSync(certificate, issued.certificate);
  };
  try {
    install('one.example');
    const options = ['--data', join(folder, 'data'), '--tls-cert', certificate, '--tls-key', key];
    const first = await serve(options);
    assert.match(first.said, /^The web is at https:\/\/127\.0\.0\.1:\d+\//);
    assert.match(first.said, /password [2-9a-z]{20}\n/);
    assert.equal(await presented(first.port), 'one.example');
    install('two.example');
    first.child.kill('SIGHUP');
    for (let tries = 0; tries < 100 && (await presented(first.port)) !== 'two.example'; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await presented(first.port), 'two.example');
    writeFileSync(certificate, 'rubbish');
    first.child.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(await presented(first.port), 'two.example', 'a certificate that cannot be used changes nothing');
    assert.equal(await ended(first), 0);
    const second = await serve(options.slice(0, 2));
    assert.doesNotMatch(second.said, /password/, 'the admin is there already');
    assert.equal((await fetch(`http://127.0.0.1:${second.port}/healthz`)).status, 200);
    assert.equal(await ended(second), 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('serve --https shows Demo until the configuration chooses another certificate, which new connections get (R73, R105)', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tlsreach-serve-'));
  try {
    const served = await serve(['--data', data, '--https']);
    assert.match(served.said, /^The web is at https:/);
    assert.equal(await presented(served.port), 'tlsreach demonstration certificate');
    const issued = mint({ subject: { CN: 'chosen.example' } });
    await configure(data, (document) => ({
      ...document,
      certificates: [{ name: 'mine', certificate: issued.certificate, chain: '', key: issued.keyPem }],
      web: { certificate: 'mine' },
    }));
    for (let tries = 0; tries < 300 && (await presented(served.port)) !== 'chosen.example'; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(await presented(served.port), 'chosen.example');
    assert.equal(await ended(served), 0);
    const list = await runHere(['certconfig', 'list', '--data', data]);
    assert.match(list.out, /^Demo +tlsreach demonstration .*outgoing TLS$/m);
    assert.match(list.out, /^mine +chosen\.example .*HTTPS$/m);
    const demo = await runHere(['certconfig', 'print', 'demo', '--data', data]);
    assert.match(demo.out, /Verifiable: +never/);
    assert.doesNotMatch(demo.out, /PRIVATE KEY/);
  } finally {
    rmSync(data, { recursive: true });
  }
});

for (const [argv, words] of [
  [['--https', '--tls-cert', '/nowhere.pem'], /exclude each other/],
  [['--http', 'localhost:80'], /an address and a port/],
  [['--http', '127.0.0.1:99999'], /an address and a port/],
  [['--trusted-proxy', 'everybody'], /no address and no network/],
  [['--trusted-proxy', '10.0.0.0/33'], /no address and no network/],
  [['--allow-port', '0'], /1 to 65535/],
  [['--tls-cert', '/nowhere.pem'], /go together/],
  [['--demo', '--data', '/tmp/x'], /keeps nothing/],
] as const) {
  test(`serve ${argv.join(' ')} is refused before anything is opened`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tlsreach-serve-'));
    try {
      const data = argv.some((word) => word === '--data') ? [] : ['--data', join(folder, 'data'), '--roles', 'web'];
      const child = spawn(process.execPath, [EXECUTABLE, 'serve', ...data, ...argv]);
      let told = '';
      child.stderr.on('data', (chunk: Buffer) => {
        told += chunk.toString();
      });
      assert.equal(await new Promise((resolve) => child.once('close', resolve)), 2, told);
      assert.match(told, words);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
