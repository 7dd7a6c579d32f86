/**
 * How many ordinary three-certificate chains a second does the path builder judge on one core, reading included? Every
 * chain has a leaf of its own; they share twenty intermediates and one root, as mail hosts do. Beside it, in the same
 * rounds, a bare loop over X509Certificate that only reads, compares names and verifies, as a measure of the machine.
 *
 * node scripts/bench/path-builder.ts [chains] [rounds]; prints one line of JSON and one row of Markdown.
 */
import { X509Certificate } from 'node:crypto';
import { issueCertificate } from '../../src/pki/issue.ts';
import { generateKey, type KeySpec } from '../../src/pki/issue-key.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';
import { type TrustAnchors, trustAnchors } from '../../src/pki/trust-anchors.ts';

const INTERMEDIATES = 20;
const chainCount = Number(process.argv[2] ?? 2000);
const rounds = Number(process.argv[3] ?? 5);
const at = Date.parse('2026-06-01T00:00:00Z');
const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };

interface World {
  readonly chains: readonly (readonly Buffer[])[];
  readonly root: Buffer;
  readonly anchors: TrustAnchors;
}

for (const spec of ['p256', 'rsa2048'] as const) {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const world = mintWorld(spec, round);
    // Who goes first changes, so that neither pays for the other's garbage every time.
    const runs = [() => ours.push(perSecond(world, judgeAll)), () => bare.push(perSecond(world, verifyBare))];
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) run();
  }
  const figures = {
    bench: 'path-builder',
    key: spec,
    chains: chainCount,
    rounds,
    chainsPerSecond: Math.round(median(ours)),
    bareX509PerSecond: Math.round(median(bare)),
    ratioToBare: Number((median(ours) / median(bare)).toFixed(2)),
  };
  console.log(JSON.stringify(figures));
  console.log(`| ${spec} | ${figures.chainsPerSecond} | ${figures.bareX509PerSecond} | ${figures.ratioToBare} |`);
}

function mintWorld(spec: KeySpec, round: number): World {
  const leafKey = generateKey(spec);
  const root = issueCertificate({ subject: { CN: `Root ${round}`, O: 'Bench' }, ca: true, key: spec, ...dates });
  const intermediates = Array.from({ length: INTERMEDIATES }, (_, index) =>
    issueCertificate({
      subject: { CN: `Issuing ${round}-${index}`, O: 'Bench', C: 'NL' },
      issuer: { certificate: root.der, key: root.privateKey },
      key: spec,
      ca: true,
      pathLength: 0,
      ...dates,
    }),
  );
  const chains = Array.from({ length: chainCount }, (_, index) => {
    const intermediate = intermediates[index % INTERMEDIATES] ?? root;
    const host = `mx${index}.round${round}.example.com`;
    const leaf = issueCertificate({
      subject: { CN: host },
      issuer: { certificate: intermediate.der, key: intermediate.privateKey },
      key: leafKey,
      dnsNames: [host, `*.${host}`],
      ...dates,
    });
    return [leaf.der, intermediate.der, root.der];
  });
  return { chains, root: root.der, anchors: trustAnchors([{ name: 'ca-file', date: null, certificates: [root.der] }]) };
}

function judgeAll({ chains, anchors }: World): void {
  for (const chainAsSent of chains) {
    if (!judgeChain({ chainAsSent, anchors, at }).trusted) throw new Error('a good chain was refused');
  }
}

function verifyBare({ chains, root }: World): void {
  const anchor = new X509Certificate(root);
  for (const chain of chains) {
    const [leaf, intermediate] = chain.map((der) => new X509Certificate(der));
    if (leaf === undefined || intermediate === undefined) throw new Error('a chain is too short');
    const good =
      leaf.checkIssued(intermediate) &&
      leaf.verify(intermediate.publicKey) &&
      intermediate.checkIssued(anchor) &&
      intermediate.verify(anchor.publicKey);
    if (!good) throw new Error('a good chain was refused');
  }
}

function perSecond(world: World, run: (world: World) => void): number {
  const before = process.cpuUsage();
  run(world);
  const { user, system } = process.cpuUsage(before);
  return (world.chains.length * 1e6) / (user + system);
}

function median(values: readonly number[]): number {
  return values.toSorted((first, second) => first - second)[Math.floor(values.length / 2)] ?? 0;
}
