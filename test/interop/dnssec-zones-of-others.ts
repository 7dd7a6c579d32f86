/**
 * Zones signed by BIND's, NLnet Labs' and Knot's own tools, served by Knot: an independent hand for every octet that our
 * validator reads. Some are broken afterwards in their text, as accidents and attackers break them.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { launch } from './dnssec-rig.ts';

export const TOOLS = [
  'dnssec-keygen',
  'dnssec-signzone',
  'dnssec-dsfromkey',
  'ldns-keygen',
  'ldns-signzone',
  'kzonesign',
  'keymgr',
  'knotd',
  'unbound',
  'delv',
] as const;

export interface OthersZone {
  readonly apex: string;
  /** What it shows, for the title of its tests. */
  readonly shows: string;
  readonly sign: (zone: ZoneFolder) => Signed;
  /** Whether every usual question is asked, or only that for `www`. */
  readonly whole: boolean;
}

interface Signed {
  /** The signed zone as text, one record a line. */
  readonly text: string;
  /** DS records as lines. */
  readonly ds: string;
}

interface ZoneFolder {
  readonly apex: string;
  readonly folder: string;
  readonly file: string;
}

export const OTHERS_ZONES: readonly OthersZone[] = [
  whole('bind-rsa', 'BIND, RSA/SHA-256, NSEC', (zone) => bind(zone, 'RSASHA256')),
  whole('bind-rsa512', 'BIND, RSA/SHA-512, NSEC3', (zone) => bind(zone, 'RSASHA512', ['-3', '-', '-H', '0'])),
  whole('bind-p256', 'BIND, P-256, salted NSEC3', (zone) => bind(zone, 'ECDSAP256SHA256', ['-3', 'c0ffee', '-H', '7'])),
  whole('bind-p384', 'BIND, P-384, opt-out', (zone) => bind(zone, 'ECDSAP384SHA384', ['-3', '-', '-H', '0', '-A'])),
  whole('bind-ed25519', 'BIND, Ed25519, NSEC', (zone) => bind(zone, 'ED25519')),
  whole('bind-ed448', 'BIND, Ed448, NSEC', (zone) => bind(zone, 'ED448')),
  whole('ldns-p256', 'ldns, P-256, NSEC', (zone) => ldns(zone, 'ECDSAP256SHA256')),
  whole('ldns-nsec3', 'ldns, Ed25519, NSEC3', (zone) => ldns(zone, 'ED25519', ['-n', '-s', 'beef', '-t', '3'])),
  whole('knot-p256', 'Knot, P-256, NSEC', (zone) => knot(zone, 'ecdsap256sha256', 'off')),
  whole('knot-nsec3', 'Knot, RSA/SHA-256, NSEC3', (zone) => knot(zone, 'rsasha256', 'on')),
  whole('many-iterations', 'ldns, NSEC3 of 200 iterations', (zone) =>
    ldns(zone, 'ECDSAP256SHA256', ['-n', '-s', 'c0ffee', '-t', '200']),
  ),
  broken('expired', 'expired signatures', (zone) =>
    bind(zone, 'ECDSAP256SHA256', ['-s', '20240101000000', '-e', '20240201000000']),
  ),
  broken('future', 'signatures of the future', (zone) =>
    bind(zone, 'ECDSAP256SHA256', ['-s', '20400101000000', '-e', '20410101000000']),
  ),
  broken('altered', 'an altered address', (zone) =>
    edited(bind(zone, 'ED25519'), (line) => line.replace('192.0.2.1', '192.0.2.66')),
  ),
  broken('unsigned-set', 'a missing signature', (zone) =>
    edited(bind(zone, 'ED25519'), (line) => (/^www\S*\s.*\sRRSIG\s+A\s/.test(line) ? '' : line)),
  ),
  broken('wrong-ds', 'a DS for another key', (zone) => {
    const signed = bind(zone, 'ED25519');
    return { ...signed, ds: signed.ds.replace(/[0-9A-F]{8}$/gm, '00000000') };
  }),
  broken('island', 'no DS at all', (zone) => ({ ...bind(zone, 'ED25519'), ds: '' })),
  broken('old-rsa', 'RSA/SHA-1 with NSEC3', (zone) => bind(zone, 'NSEC3RSASHA1', ['-3', '-', '-H', '0'])),
];

function whole(apex: string, shows: string, sign: OthersZone['sign']): OthersZone {
  return { apex, shows, sign, whole: true };
}

function broken(apex: string, shows: string, sign: OthersZone['sign']): OthersZone {
  return { apex, shows, sign, whole: false };
}

export interface OthersServer {
  readonly zones: readonly string[];
  /** DS of the root, as BIND writes it. */
  readonly anchor: string;
  readonly child: ChildProcess;
}

/** Signs everything below `folder` and starts Knot on it. */
export function serveOthersZones(folder: string, port: number): OthersServer {
  const served = join(folder, 'served');
  mkdirSync(served);
  mkdirSync(join(folder, 'db'));
  let root = zoneText('', '');
  const names: string[] = [''];
  for (const { apex, sign } of OTHERS_ZONES) {
    const { text, ds } = sign(zoneFolder(folder, apex));
    writeFileSync(join(served, `${apex}.zone`), text);
    writeFileSync(join(served, `open.${apex}.zone`), zoneText(`open.${apex}`, ''));
    root += `${apex}. 3600 IN NS ns1.${apex}.\nns1.${apex}. 3600 IN A 127.0.0.1\n${ds}`;
    names.push(apex, `open.${apex}`);
  }
  const top = zoneFolder(folder, '');
  writeFileSync(top.file, root);
  const signed = bind(top, 'ECDSAP256SHA256');
  writeFileSync(join(served, 'root.zone'), signed.text);
  const zones = names.map((apex) => `  - domain: "${apex}."\n    file: "${apex === '' ? 'root' : apex}.zone"\n`);
  writeFileSync(join(folder, 'knot.conf'), `${knotHead(folder, port)}zone:\n${zones.join('')}`);
  return { zones: names, anchor: signed.ds, child: launch('knotd', ['-c', join(folder, 'knot.conf')]) };
}

function knotHead(folder: string, port: number): string {
  return `server:
  rundir: "${folder}"
  pidfile: "${folder}/knot.pid"
  listen: 127.0.0.1@${port}
  tcp-workers: 1
  udp-workers: 1
  background-workers: 1
log:
  - target: "${folder}/knot.log"
    any: info
database:
  storage: "${folder}/db"
template:
  - id: default
    storage: "${folder}/served"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
`;
}

function zoneFolder(parent: string, apex: string): ZoneFolder {
  const folder = join(parent, apex === '' ? 'root' : apex);
  mkdirSync(folder);
  const file = join(folder, 'zone');
  writeFileSync(file, zoneText(apex, delegation(apex)));
  return { apex, folder, file };
}

function delegation(apex: string): string {
  return `open.${apex}. 3600 IN NS ns1.open.${apex}.\nns1.open.${apex}. 3600 IN A 127.0.0.1\n`;
}

/** The usual contents, every name in full. */
function zoneText(apex: string, more: string): string {
  const at = (label: string): string => (apex === '' ? `${label}.` : `${label}.${apex}.`);
  return `$TTL 600
${apex}. IN SOA ${at('ns1')} ${at('hostmaster')} 1 3600 600 86400 300
${apex}. IN NS ${at('ns1')}
${at('ns1')} IN A 127.0.0.1
${apex}. IN MX 10 ${at('mx')}
${at('mx')} IN A 192.0.2.25
${at('_25._tcp.mx')} IN TLSA 3 1 1 ${'ab'.repeat(32)}
${at('www')} IN A 192.0.2.1
${at('www')} IN A 192.0.2.2
${at('a.deep.ent')} IN A 192.0.2.3
${at('*.wild')} IN A 192.0.2.7
${at('*.wildalias')} IN CNAME ${at('www')}
${at('Alias')} IN CNAME ${at('WWW')}
${at('nowhere')} IN CNAME ${at('absent')}
${at('tree')} IN DNAME ${at('target')}
${at('x.target')} IN A 192.0.2.9
${more}`;
}

function bind({ apex, folder, file }: ZoneFolder, algorithm: string, words: readonly string[] = []): Signed {
  const name = apex === '' ? '.' : apex;
  const size = algorithm.includes('RSA') ? ['-b', '2048'] : [];
  const key = run('dnssec-keygen', ['-q', '-K', folder, '-a', algorithm, ...size, '-f', 'KSK', name]).trim();
  run('dnssec-keygen', ['-q', '-K', folder, '-a', algorithm, ...size, name]);
  const out = join(folder, 'signed');
  run('dnssec-signzone', [
    '-q',
    '-S',
    '-P',
    '-K',
    folder,
    '-d',
    folder,
    '-O',
    'full',
    '-o',
    name,
    '-f',
    out,
    ...words,
    file,
  ]);
  return { text: readFileSync(out, 'utf8'), ds: run('dnssec-dsfromkey', ['-2', join(folder, key)]) };
}

function ldns({ apex, folder, file }: ZoneFolder, algorithm: string, words: readonly string[] = []): Signed {
  const key = run('ldns-keygen', ['-a', algorithm, '-k', apex], folder).trim();
  const out = join(folder, 'signed');
  run('ldns-signzone', [...words, '-o', apex, '-f', out, file, key], folder);
  return { text: readFileSync(out, 'utf8'), ds: readFileSync(join(folder, `${key}.ds`), 'utf8') };
}

function knot({ apex, folder, file }: ZoneFolder, algorithm: string, nsec3: 'on' | 'off'): Signed {
  const configuration = join(folder, 'knot.conf');
  const out = join(folder, 'out');
  mkdirSync(out);
  mkdirSync(join(folder, 'db'));
  writeFileSync(
    configuration,
    `database:
  storage: "${folder}/db"
policy:
  - id: signed
    algorithm: ${algorithm}
    nsec3: ${nsec3}
    single-type-signing: on
zone:
  - domain: "${apex}."
    file: "${file}"
    dnssec-signing: on
    dnssec-policy: signed
`,
  );
  run('kzonesign', ['-c', configuration, '-o', out, apex]);
  const written = readdirSync(out)[0] ?? '';
  const ds = run('keymgr', ['-c', configuration, apex, 'ds']).split('\n');
  const sha256 = ds.filter((line) => / 2 [0-9a-f]{64}$/i.test(line));
  return { text: readFileSync(join(out, written), 'utf8'), ds: `${sha256.join('\n')}\n` };
}

function edited(signed: Signed, edit: (line: string) => string): Signed {
  return { ...signed, text: signed.text.split('\n').map(edit).join('\n') };
}

export function run(program: string, words: readonly string[], folder?: string): string {
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;
  const options = { encoding: 'utf8', env: { PATH: path, LC_ALL: 'C', HOME: '/' }, stdio: 'pipe' } as const;
  return execFileSync(program, words, folder === undefined ? options : { ...options, cwd: folder });
}
