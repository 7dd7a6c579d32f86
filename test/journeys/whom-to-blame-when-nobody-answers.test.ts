import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AppSettings } from '../../src/app/settings.ts';
import { judgeGates } from '../../src/probe/gates.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { parseServer } from '../../src/probe/target.ts';
import { openStage } from '../support/lab.ts';
import { type SilentHost, startSilentHost } from '../support/silent-host.ts';

function canaries(...servers: readonly string[]): Pick<AppSettings, 'canaries'> {
  return {
    canaries: servers.map((text) => {
      const server = parseServer(text);
      assert.ok(server.ok);
      return server.value;
    }),
  };
}

describe('when no host of a target answers', () => {
  let silent: SilentHost;
  before(async () => {
    silent = await startSilentHost();
  });
  after(() => silent.stop());

  const place = (): string => `127.0.0.1:${silent.port}`;

  /** A probe of the silent host, with these canaries. */
  async function probe(named: Pick<AppSettings, 'canaries'>): Promise<ProbeResult> {
    const stage = await openStage({ only: ['good'] }, { timeoutMs: 2500, ...named });
    try {
      return await stage.probe(`you@good.lab.test[${place()}]`);
    } finally {
      await stage.stop();
    }
  }

  const codes = ({ findings }: ProbeResult): readonly string[] => findings.map(({ code }) => code);

  it('and no canary does, our port is blocked: nobody is to blame but us, and there is no score', async () => {
    const result = await probe(canaries(place()));
    assert.equal(result.status, 'blocked');
    assert.match(result.problem ?? '', /blocked on the way out of this machine/);
    assert.deepEqual([result.confidence.value, result.confidence.percent], [null, null]);
    assert.deepEqual(
      result.hosts.map(({ blame, score }) => [blame, score]),
      [['us', null]],
    );
    assert.equal(result.predictions.preferred.channel, 'none');
    assert.match(result.predictions.preferred.because.join(), /blocked on the way out/);
    assert.ok(codes(result).includes('blocked-port'));
    assert.ok(!codes(result).includes('no-answer-anywhere'));
    const { code } = judgeGates(result, { min: 90, expect: [], perTarget: new Map(), baselineOf: () => null });
    assert.equal(code, 3);
  });

  it('and one canary does, the silence is theirs', async () => {
    const result = await probe(canaries(place(), 'mx.good.lab.test'));
    assert.equal(result.status, 'tested');
    assert.deepEqual(
      result.hosts.map(({ verdict, blame }) => [verdict, blame]),
      [['unreachable', 'them']],
    );
    assert.deepEqual(
      result.canaries?.map(({ outcome }) => outcome),
      ['silent', 'answered'],
    );
    assert.ok(codes(result).includes('canary-answered'));
  });

  it('and the canary cannot be looked up, nothing is concluded', async () => {
    const result = await probe(canaries('nowhere.lab.test'));
    assert.equal(result.status, 'tested');
    assert.deepEqual(
      result.hosts.map(({ blame }) => blame),
      ['path'],
    );
    assert.deepEqual(
      codes(result).filter((code) => code.startsWith('blocked') || code.startsWith('canary')),
      [],
    );
  });

  it('and no canary was named, none is asked', async () => {
    const result = await probe(canaries());
    assert.equal(result.canaries, undefined);
    assert.ok(codes(result).includes('no-answer-anywhere'));
  });
});
