import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { describeReplayFault, type ReplayOptions, replay } from '../../src/app/replay.ts';
import { systemClock } from '../../src/app/world.ts';
import { parseDomain } from '../../src/base/domain.ts';
import { LAB_DOMAINS, LAB_ZONE } from '../../src/lab/catalogue.ts';
import { startLab } from '../../src/lab/lab.ts';
import { anchorsFromPem, trustAnchors } from '../../src/pki/trust-anchors.ts';
import { captureText } from '../../src/probe/capture.ts';
import { describeCaptureFault, readCapture } from '../../src/probe/read-capture.ts';
import type { ProbeRequest } from '../../src/probe/request.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { jsonRendering } from '../../src/report/json.ts';
import { type LabStage, openStage } from '../support/lab.ts';

const DAY = 86_400_000;
const AS_THEN: ReplayOptions = { at: null, anchors: null };

function json(result: ProbeResult): string {
  return jsonRendering({ many: false }).each(result);
}

async function again(file: string, options: ReplayOptions = AS_THEN): Promise<ProbeResult> {
  const read = readCapture(Buffer.from(file));
  if (!read.ok) return assert.fail(describeCaptureFault(read.failure));
  const replayed = await replay(read.value, options);
  return replayed.ok ? replayed.value : assert.fail(describeReplayFault(replayed.failure));
}

/** The result of a probe, and the capture as it would stand in a file. */
async function captured(stage: LabStage, target: string, changes: Partial<ProbeRequest> = {}) {
  let file = '';
  const result = await stage.probe(target, changes, undefined, (capture) => {
    file = captureText(capture);
  });
  return { result, file };
}

describe('a capture of any domain of the lab, judged again', { concurrency: 24 }, () => {
  let stage: LabStage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.stop());

  for (const { label } of LAB_DOMAINS) {
    it(`${label}: gives the same result, bit for bit`, async () => {
      const { result, file } = await captured(stage, `you@${label}.${LAB_ZONE}`);
      assert.equal(json(await again(file)), json(result));
    });
  }
});

describe('a capture', { concurrency: 8 }, () => {
  let stage: LabStage;
  let file = '';
  let result: ProbeResult;
  before(async () => {
    stage = await openStage({ only: ['good', 'best', 'several', 'mandatory-tls', 'dane', 'self-signed'] });
    ({ file, result } = await captured(stage, 'you@good.lab.test'));
  });
  after(() => stage.stop());

  it('serves whatever was asked of the probe: quick, a seed, AssureTLS, a server that was named', async () => {
    const server = result.hosts[0];
    const wishes: readonly (readonly [string, Partial<ProbeRequest>])[] = [
      ['you@several.lab.test', { quick: true, seed: 7 }],
      ['you@mandatory-tls.lab.test', { assureTls: true, ignoreNoConnect: true }],
      ['best.lab.test', { rcpt: 'yes', dane: false }],
      ['best.lab.test', { mtaSts: false }],
      ['several.lab.test', { repeat: 3 }],
      ['best.lab.test', { authoritative: true }],
      [`you@best.lab.test[mx.good.lab.test:${server?.port}]`, {}],
      [`[${server?.address}]:${server?.port}`, {}],
      ['you@nowhere.lab.test', {}],
    ];
    for (const [target, wish] of wishes) {
      const seen = await captured(stage, target, wish);
      assert.equal(json(await again(seen.file)), json(seen.result), target);
    }
  });

  it('holds the deep scan, too, and every profile says the same of it again', async () => {
    const scanning = await openStage({ only: ['good'] }, { scan: { budget: 30, injectionTest: true } });
    const seen = await captured(scanning, 'you@good.lab.test');
    await scanning.stop();
    assert.equal(seen.result.hosts[0]?.scan?.report.format, 'tlsreach.scan/1');
    assert.equal(json(await again(seen.file)), json(seen.result));
  });

  it('holds what the canaries said when nobody answered', async () => {
    const host = parseDomain('mx.good.lab.test');
    assert.ok(host.ok);
    const watched = await openStage({ only: ['good', 'down'] }, { canaries: [{ host: host.value, port: null }] });
    const seen = await captured(watched, 'you@down.lab.test');
    await watched.stop();
    assert.equal(json(await again(seen.file)), json(seen.result));
  });

  it('is the same when it is read and written again', () => {
    const read = readCapture(Buffer.from(file));
    assert.ok(read.ok);
    assert.equal(captureText(read.value.capture), file);
  });

  it('judged for its own moment is the same, too', async () => {
    assert.equal(json(await again(file, { at: Date.parse(result.startedAt), anchors: null })), json(result));
  });

  it('turns from good into expired with time, and into not yet valid before it', async () => {
    const late = await again(file, { at: Date.parse(result.startedAt) + 400 * DAY, anchors: null });
    assert.equal(result.hosts[0]?.chain?.trusted, true);
    assert.equal(late.hosts[0]?.chain?.problem, 'expired');
    assert.equal(late.predictions['required-verify'].channel, 'none');
    assert.ok(late.findings.some(({ code }) => code === 'certificate-expired'));
    assert.ok(late.hosts[0]?.transcript.some(({ text }) => text.includes('Cert NOT VALIDATED')));
    const early = await again(file, { at: Date.parse(result.startedAt) - 4000 * DAY, anchors: null });
    assert.equal(early.hosts[0]?.chain?.problem, 'not-yet-valid');
  });

  it('is not trusted with other anchors, and says with which it was judged', async () => {
    const other = await startLab({ clock: systemClock, only: ['good'] });
    await other.stop();
    const pem = anchorsFromPem({ name: 'ca-file', date: null, text: other.rootPem, strict: true });
    assert.ok(pem.ok);
    const strangers = await again(file, { at: null, anchors: trustAnchors([pem.value]) });
    assert.equal(strangers.hosts[0]?.chain?.trusted, false);
    assert.deepEqual(strangers.trust, { anchors: 1, sources: [{ name: 'ca-file', date: null, count: 1 }] });
    const nobody = await again(file, { at: null, anchors: trustAnchors([]) });
    assert.equal(nobody.hosts[0]?.chain?.trusted, false);
    assert.equal(nobody.trust.anchors, 0);
  });

  it('keeps DANE apart from dates: a record that matches goes on matching', async () => {
    const seen = await captured(stage, 'you@dane.lab.test');
    const late = await again(seen.file, { at: Date.parse(seen.result.startedAt) + 400 * DAY, anchors: null });
    assert.deepEqual([late.dane.status, late.hosts[0]?.chain?.problem], ['match', 'expired']);
    assert.ok(late.findings.some(({ code }) => code === 'dane-note'));
  });

  it('from which something was cut is refused with a sentence that names it', async () => {
    const whole = JSON.parse(file);
    const cuts: readonly (readonly [object, RegExp])[] = [
      [{ sessions: [] }, /the session with mx\.good\.lab\.test at /],
      [{ answers: [] }, /the answer to MX good\.lab\.test/],
    ];
    for (const [cut, sentence] of cuts) {
      const read = readCapture(Buffer.from(JSON.stringify({ ...whole, ...cut })));
      assert.ok(read.ok);
      const replayed = await replay(read.value, AS_THEN);
      assert.ok(!replayed.ok);
      assert.match(describeReplayFault(replayed.failure), sentence);
    }
  });

  it('whose octets were changed never gives the good result', async () => {
    const whole = JSON.parse(file);
    const [session] = whole.sessions;
    const { value } = session.evidence.handshake;
    const der = Buffer.from(value.chainAsSent[0], 'base64');
    der[der.length - 3] = (der.at(-3) ?? 0) ^ 0xff;
    value.chainAsSent[0] = der.toString('base64');
    assert.notEqual((await again(JSON.stringify(whole))).hosts[0]?.chain?.trusted, true);
  });
});
