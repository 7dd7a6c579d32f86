import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { HostScan } from '../../src/policy/scan-evidence.ts';
import { scanSummary } from '../../src/report/scan-lines.ts';
import { type LabStage, openStage } from '../support/lab.ts';

describe('a deep scan', () => {
  let stage: LabStage;
  before(async () => {
    stage = await openStage({ only: ['good', 'tls10', 'down'] }, { scan: { budget: 30, injectionTest: true } });
  });
  after(() => stage.stop());

  const scanOf = async (target: string): Promise<HostScan> => {
    const [host] = (await stage.probe(target)).hosts;
    assert.ok(host?.scan !== undefined);
    return host.scan;
  };
  const accepted = ({ report }: HostScan): readonly string[] =>
    Object.entries(report.versions).flatMap(([version, found]) =>
      found.kind === 'known' && found.value === 'accepted' ? [version] : [],
    );

  it('says which versions and groups a host would speak, within its budget', async () => {
    const scan = await scanOf('you@good.lab.test');
    assert.deepEqual([...accepted(scan)].sort(), ['TLSv1.2', 'TLSv1.3']);
    assert.ok(scan.report.groups.accepted.some(({ name }) => name === 'X25519MLKEM768'));
    assert.ok(scan.report.connections <= 30);
    assert.deepEqual(scan.report.commandInjection.kind === 'known' && scan.report.commandInjection.value, 'discarded');
  });

  it('is one line of the table: versions, ratings, and whether more could be found', async () => {
    const line = scanSummary(await scanOf('you@good.lab.test'));
    assert.match(
      line,
      /^speaks TLSv1\.3, TLSv1\.2 · .*RFC 9325[^·]*: [a-z-]+ · .* · Deep scan: \d+ of \d+ connections/,
    );
  });

  it('is rated by every profile, with the clause that each row rests on', async () => {
    const { ratings } = await scanOf('you@tls10.lab.test');
    assert.deepEqual(
      ratings.map(({ profile }) => profile),
      ['cf-1', 'rfc-9325', 'ncsc-nl-2025', 'mozilla-intermediate', 'mozilla-modern'],
    );
    const rfc = ratings.find(({ profile }) => profile === 'rfc-9325');
    assert.equal(rfc?.overall, 'insufficient');
    assert.ok(
      rfc.rows.some(
        ({ what, rating, reference }) => what === 'TLSv1' && rating === 'insufficient' && /RFC 8996/.test(reference),
      ),
    );
  });

  it('leaves alone what does not answer', async () => {
    const [host] = (await stage.probe('you@down.lab.test')).hosts;
    assert.equal(host?.scan, undefined);
  });
});
