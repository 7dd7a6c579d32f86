import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { daneTrailOf } from '../../src/cli/daneverify-command.ts';
import { result } from '../report/results.ts';
import { type LabStage, openStage } from '../support/lab.ts';
import { play } from './stage.ts';

describe('daneverify', () => {
  let stage: LabStage;
  const labels = ['dane', 'dane-mismatch', 'dane-unusable', 'dane-no-tls', 'dane-expired', 'good', 'down', 'throttled'];
  before(async () => {
    stage = await openStage({ only: labels });
  });
  after(() => stage.stop());

  /** The command against the lab. */
  async function verify(label: string): Promise<{ readonly lines: readonly string[]; readonly code: number }> {
    const domain = `${label}.lab.test`;
    const seen = await play({
      argv: ['daneverify', domain],
      probe: ({ target: _target, ...request }) => stage.probe(domain, request),
    });
    return { lines: seen.stdout.trimEnd().split('\n'), code: seen.code };
  }

  it('prints every step in order and ends with success (S-DANE-15)', async () => {
    const { lines, code } = await verify('dane');
    const shown = lines.map((line) => line.replace(/127\.\d+\.\d+\.\d+/g, 'IP').replace(/port \d+/, 'port 25'));
    assert.deepEqual(shown, [
      'SECURE MX record(mx.dane.lab.test) found for dane.lab.test',
      'SECURE A record (IP) found for MX(mx.dane.lab.test) in dane.lab.test',
      'Connecting to IP on port 25.',
      'Connected to IP from interface IP.',
      'SECURE TLSA record found for MX(mx.dane.lab.test) in dane.lab.test',
      'Checking TLS connection.',
      'TLS connection established: protocol TLSv1.3, cipher TLS_AES_256_GCM_SHA384.',
      'Certificate verification successful',
      'TLS connection succeeded dane.lab.test.',
      'DANE SUCCESS for dane.lab.test',
    ]);
    assert.equal(code, 0);
  });

  for (const [label, code, says] of [
    ['dane-expired', 0, /^Certificate verification successful/m],
    ['dane-mismatch', 1, /^Certificate verification failed: .+\nTLS connection failed/m],
    ['dane-unusable', 1, /^SECURE TLSA record found/m],
    ['dane-no-tls', 1, /^TLS connection failed: STARTTLS is not among/m],
    ['good', 1, /^No TLSA record found for MX\(mx\.good\.lab\.test\)/m],
    ['down', 3, /^Connection to .+ failed/m],
    ['throttled', 1, /^No TLSA record found/m],
    ['null-mx', 1, /accepts no mail/],
    ['servfail', 3, /SERVFAIL/],
  ] as const) {
    it(`of ${label} ends with ${code}, and says why`, async () => {
      const seen = await verify(label);
      assert.match(seen.lines.join('\n'), says);
      assert.match(
        seen.lines.at(-1) ?? '',
        code === 0 ? /^DANE SUCCESS/ : code === 1 ? /^DANE FAILED/ : /^DANE could not/,
      );
      assert.equal(seen.code, code);
    });
  }

  it('does not call a matching host safe whose MX record nobody vouches for (S-DANE-17)', async () => {
    const seen = await stage.probe('dane.lab.test', { rcpt: 'no' });
    const forged = { ...seen, dns: { ...seen.dns, mx: { ...seen.dns.mx, security: 'insecure' as const } } };
    const { lines, code } = daneTrailOf(forged);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /^INSECURE MX record/m);
  });

  it('could not test a domain of whose hosts none answers, or whose port is blocked here', () => {
    assert.equal(daneTrailOf(result({ more: { status: 'blocked', problem: 'our port is blocked' } })).code, 3);
    assert.equal(daneTrailOf(result({ more: { status: 'dns-failure', problem: 'no answer' } })).code, 3);
  });

  it('refuses what is no domain before anything is sent', async () => {
    for (const argv of [['daneverify'], ['daneverify', 'a b'], ['daneverify', 'example.com', '--domain', 'x']]) {
      const seen = await play({ argv });
      assert.equal(seen.code, 2);
      assert.deepEqual(seen.probed, []);
    }
  });

  it('stands in help and completion', async () => {
    assert.match((await play({ argv: ['--help'] })).stdout, /daneverify/);
    assert.match((await play({ argv: ['completion', 'bash'] })).stdout, /daneverify\)/);
  });
});
