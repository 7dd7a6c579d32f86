/**
 * Zones that BIND, ldns and Knot signed, served by Knot: our verdict beside unbound's and, for the whole zones, delv's.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import type { DnsAnswer, RecordType } from '../../src/dns/answer.ts';
import { parseTrustAnchors } from '../../src/dns/dnssec/anchors.ts';
import { createValidatingResolver } from '../../src/dns/dnssec/validating-resolver.ts';
import { createResolver, type OwnedResolver } from '../../src/dns/resolver.ts';
import { answers, end, freePort, missingProgram, specOf, startUnbound, type Unbound } from './dnssec-rig.ts';
import { OTHERS_ZONES, run, serveOthersZones, TOOLS } from './dnssec-zones-of-others.ts';

const QUESTIONS: readonly (readonly [string, RecordType])[] = [
  ['www', 'A'],
  ['', 'MX'],
  ['', 'DNSKEY'],
  ['_25._tcp.mx', 'TLSA'],
  ['www', 'TXT'],
  ['deep.ent', 'A'],
  ['nix', 'A'],
  ['a.b.c', 'TLSA'],
  ['q.wild', 'A'],
  ['q.wild', 'TXT'],
  ['q.wildalias', 'A'],
  ['alias', 'A'],
  ['nowhere', 'A'],
  ['x.tree', 'A'],
  ['www', 'DS'],
  ['open', 'DS'],
  ['www.open', 'A'],
  ['nix.open', 'TLSA'],
];

describe('zones signed by others', { skip: missingProgram(TOOLS) }, () => {
  const shared = { clock: systemClock, random: unpredictableRandom, timeoutMs: 5000, attempts: 1, cacheEntries: 0 };
  let folder = '';
  let knot: ChildProcess;
  let unbound: Unbound;
  let theirs: OwnedResolver;
  let ours: OwnedResolver;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tlsreach-others-'));
    const port = await freePort();
    const served = serveOthersZones(folder, port);
    knot = served.child;
    await answers(`127.0.0.1:${port}`, OTHERS_ZONES[0]?.apex ?? '');
    const zones = served.zones.map((apex) => ({ apex, server: `127.0.0.1@${port}` }));
    unbound = await startUnbound({ zones, anchor: served.anchor, sign: 'island', validates: true });
    const anchors = parseTrustAnchors(served.anchor);
    assert.ok(anchors.ok);
    theirs = createResolver({ ...shared, servers: [specOf(`${unbound.spec}?trust-ad`)] });
    ours = createValidatingResolver({ ...shared, servers: [specOf(unbound.spec)], anchors: anchors.value });
    const [tag, algorithm, digestType, digest] = served.anchor
      .replace(/^.*\sDS\s+/, '')
      .trim()
      .split(/\s+/);
    const words = `${tag} ${algorithm} ${digestType} "${digest}"`;
    writeFileSync(join(folder, 'delv.anchor'), `trust-anchors { . static-ds ${words}; };\n`);
  });
  after(async () => {
    await Promise.all([ours?.close(), theirs?.close()]);
    await unbound?.stop();
    if (knot !== undefined) await end(knot);
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { apex, shows, whole } of OTHERS_ZONES) {
    for (const [label, type] of whole ? QUESTIONS : QUESTIONS.slice(0, 1)) {
      const name = label === '' ? apex : `${label}.${apex}`;
      // unbound is older than RFC 9905 and still believes SHA-1.
      const differs = apex === 'old-rsa';
      test(`${shows}: ${differs ? 'differ' : 'agree'} on ${type} ${name} (S-DANE-1)`, async () => {
        const theirWord = wordOf(await theirs.ask(name, type));
        const ourWord = wordOf(await ours.ask(name, type));
        if (differs) assert.deepEqual([ourWord, theirWord], ['insecure', 'secure']);
        else assert.equal(ourWord, theirWord, 'theirs is the second');
      });
    }
  }

  // delv calls absence in an opt-out span validated, where RFC 5155 section 9.2 says that nothing is, and an alias made
  // from a wildcard too, though its proof takes more iterations than it accepts elsewhere. unbound agrees with us on both.
  const notForDelv = ['bind-p384', 'many-iterations'];
  for (const { apex, shows } of OTHERS_ZONES.filter((zone) => zone.whole && !notForDelv.includes(zone.apex))) {
    test(`${shows}: delv agrees with us on every question (S-DANE-1)`, async () => {
      for (const [label, type] of QUESTIONS.slice(0, 14)) {
        const name = label === '' ? apex : `${label}.${apex}`;
        assert.equal(wordOf(await ours.ask(name, type)), delvsWord(name, type), `${type} ${name}`);
      }
    });
  }

  function delvsWord(name: string, type: string): string {
    const [host = '', port = ''] = unbound.spec.split(':');
    const said = run('delv', ['-a', join(folder, 'delv.anchor'), '+root=.', `@${host}`, '-p', port, name, type]);
    if (/^; (fully validated|negative response, fully validated)/m.test(said)) return 'secure';
    return /^; (unsigned answer|negative response, unsigned answer)/m.test(said) ? 'insecure' : said;
  }
});

/** unbound says bogus with SERVFAIL. */
function wordOf(answer: DnsAnswer): string {
  if (answer.kind !== 'failed') return answer.security;
  return answer.failure.kind === 'servfail' ? 'bogus' : answer.failure.kind;
}
