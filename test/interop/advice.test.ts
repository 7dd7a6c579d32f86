import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nextKeyCommand } from '../../src/probe/dane-remedies.ts';
import { makeFinding } from '../../src/probe/findings.ts';
import type { ProbeResult, Remedy } from '../../src/probe/result.ts';
import { serverRemedies } from '../../src/probe/server-remedies.ts';
import { type AdvisedPostfix, HOST, inFolder, type Presented, startAdvisedPostfix } from './advised-postfix.ts';
import { skipUnlessRig } from './rig.ts';

const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const UNPACKED = join(PROJECT, 'artefacts', 'interop', 'peers', 'usr', 'sbin');
const GOOD: Presented = { names: [HOST] };

const FAULTS: readonly (readonly [title: string, code: string, Presented, Readonly<Record<string, string>>])[] = [
  ['STARTTLS off', 'starttls-not-offered', GOOD, { smtpd_tls_security_level: 'none', smtpd_tls_chain_files: '' }],
  ['TLS 1.0 alone', 'tls-old-version', GOOD, { smtpd_tls_protocols: 'TLSv1' }],
  [
    'a client certificate demanded',
    'second-ehlo-refused',
    GOOD,
    { smtpd_tls_security_level: 'encrypt', smtpd_tls_req_ccert: 'yes' },
  ],
  ['a missing intermediate', 'certificate-missing-intermediate', { ...GOOD, withoutIntermediate: true }, {}],
  ['an expired certificate', 'certificate-expired', { ...GOOD, daysLeft: -2 }, {}],
  ['a certificate for another name', 'certificate-name', { names: ['mail.elsewhere.test'] }, {}],
];

/** Every place that has lines for this software, once each. */
function linesFor(software: Remedy['for']): readonly string[] {
  const codes = ['starttls-not-offered', 'tls-old-version', 'cipher-weak', 'second-ehlo-refused'] as const;
  return codes.flatMap((code) =>
    serverRemedies(code, HOST)
      .filter((remedy) => remedy.for === software)
      .map(({ text }) => text),
  );
}

function remediesOf({ findings }: ProbeResult, code: string): readonly Remedy[] {
  const remedies = findings.find((finding) => finding.code === code)?.remedies;
  assert.ok(remedies !== undefined, `no remedy for ${code} among ${findings.map((each) => each.code).join(', ')}`);
  return remedies;
}

describe('advice that a real Postfix follows', { skip: skipUnlessRig() }, () => {
  let postfix: AdvisedPostfix;
  before(async () => {
    postfix = await startAdvisedPostfix();
  });
  after(() => postfix.stop());

  for (const [title, code, presented, settings] of FAULTS) {
    it(`mends ${title}, and the score is the one foretold`, async () => {
      await postfix.install(presented, settings);
      const broken = await postfix.probe();
      const foretold = broken.whatIf?.find((each) => each.code === code)?.value;
      await postfix.follow(remediesOf(broken, code));
      const mended = await postfix.probe();
      assert.deepEqual(
        mended.findings.filter(({ severity }) => severity !== 'info').map((finding) => finding.detail),
        [],
      );
      assert.equal(mended.confidence.value, foretold);
      assert.equal(mended.confidence.value, 107);
    });
  }

  it('keeps the key of a certificate that is renewed, so that TLSA records of it go on matching', async () => {
    await postfix.install({ ...GOOD, daysLeft: -2 });
    const key = (result: ProbeResult): string | undefined =>
      result.improvements?.find(({ code }) => code === 'dane-absent')?.remedies?.[0]?.text;
    const expired = await postfix.probe();
    await postfix.follow(remediesOf(expired, 'certificate-expired'));
    assert.equal(key(await postfix.probe()), key(expired));
  });

  it('takes every other line for Postfix, too', async () => {
    await postfix.install(GOOD);
    for (const text of linesFor('postfix')) {
      await postfix.follow([{ kind: 'configuration', for: 'postfix', title: '', text }]);
    }
    // A setting that Postfix does not know is "unused", on stderr.
    const { stderr } = spawnSync('postconf', ['-c', postfix.folder, '-n'], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal((await postfix.probe()).confidence.value, 107);
  });

  it('gives the record of the next key by the command that is advised', async () => {
    await postfix.install({ ...GOOD });
    const { folder } = postfix;
    const command = nextKeyCommand(HOST, `_25._tcp.${HOST}`);
    const printed = execFileSync('sh', ['-ec', command], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    const spki = createPublicKey(readFileSync(join(folder, `${HOST}.next.key`))).export({
      format: 'der',
      type: 'spki',
    });
    const digest = createHash('sha256').update(spki).digest('hex');
    assert.equal(printed, `_25._tcp.${HOST}. IN TLSA 3 1 1 ${digest}\n`);
  });

  it('is read by Exim without a complaint', () => {
    const { folder } = postfix;
    for (const [index, text] of linesFor('exim').entries()) {
      const file = join(folder, `exim-${index}.conf`);
      writeFileSync(file, `exim_path = /nowhere\n${inFolder(text, folder)}\n`);
      chmodSync(file, 0o644);
      const words = ['-C', file, '-bP', 'tls_advertise_hosts'];
      assert.match(execFileSync(join(UNPACKED, 'exim4'), words, { encoding: 'utf8' }), /^tls_advertise_hosts/m);
    }
  });

  it('names suites and versions that both libraries of Exim know, and none that is out of use', () => {
    const values = (library: string, setting: string): readonly string[] =>
      linesFor('exim').flatMap((text) => {
        const found = new RegExp(`_HAVE_${library}\\n${setting} = (.*)`).exec(text)?.[1];
        return found === undefined ? [] : [found];
      });
    const list = (program: string, words: readonly string[]): string =>
      execFileSync(program, words, { encoding: 'utf8', stdio: 'pipe' });
    const priorities = values('GNUTLS', 'tls_require_ciphers');
    assert.equal(priorities.length, 2);
    for (const priority of priorities) {
      assert.match(list('gnutls-cli', ['-l', '--priority', priority]), /^Protocols: .*VERS-TLS1\.3, VERS-TLS1\.2/m);
    }
    assert.doesNotMatch(
      list('gnutls-cli', ['-l', '--priority', priorities[0] ?? '']),
      /^Protocols: .*VERS-TLS1\.[01]/m,
    );
    for (const suites of values('OPENSSL', 'tls_require_ciphers')) {
      assert.doesNotMatch(list('openssl', ['ciphers', '-v', suites]), /RC4|3DES|DES-CBC|NULL|Au=None/);
    }
  });

  it('is read by OpenSMTPD without a complaint', async () => {
    await postfix.install(GOOD);
    const { folder } = postfix;
    const [pki = '', ...others] = linesFor('opensmtpd');
    const declared = pki.replace(/^listen .*$/m, '');
    for (const text of [pki, ...others.map((other) => `${declared}\n${other}`)]) {
      const file = join(folder, 'smtpd.conf');
      writeFileSync(file, `${inFolder(text, folder)}\naction "sink" relay\nmatch from any for any action "sink"\n`);
      chmodSync(file, 0o600);
      execFileSync(join(UNPACKED, 'smtpd'), ['-n', '-f', file], { stdio: 'pipe' });
    }
  });

  it('has nothing for a finding that no line could mend', () => {
    assert.equal(makeFinding('throttled', 'later', { host: HOST }).remedies, undefined);
    assert.deepEqual(serverRemedies('throttled', HOST), []);
  });
});
