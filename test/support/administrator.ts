/**
 * A mail domain with real servers behind it, and an administrator who knows nothing but what the advice says: records go
 * into the zone, settings into the server, requests to the authority, exactly as they are written.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { createServer } from 'node:https';
import { createApp } from '../../src/app/app.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { createLabAuthority, type LabChain } from '../../src/lab/lab-certificates.ts';
import type { PeerScript, PeerTls } from '../../src/lab/peer-script.ts';
import { type SmtpPeer, startSmtpPeer } from '../../src/lab/smtp-peer.ts';
import type { ZoneName } from '../../src/lab/zone.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { certificateFacts } from '../../src/pki/certificate-facts.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import type { ProbeResult, Remedy } from '../../src/probe/result.ts';
import { target } from './lab.ts';

/** What TLSA names and MX hosts speak of; where connections really go says `redirect`. */
export const PORT = 25;
const POLICY_ADDRESS = '127.85.255.1';
const REMOVE = '; remove: ';

export interface Machine {
  readonly address: string;
  /** Null: no certificate, and STARTTLS is off. */
  readonly chain: LabChain | null;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

export interface Estate {
  readonly domain: string;
  readonly zone: Readonly<Record<string, ZoneName>>;
  readonly machines: readonly Machine[];
  /** What the policy host serves, and for whom its certificate is. */
  readonly policy?: { readonly text: string | null; readonly names?: readonly string[] | undefined } | undefined;
}

export interface Administrator {
  probe(): Promise<ProbeResult>;
  apply(remedies: readonly Remedy[], address: string): void;
  stop(): Promise<void>;
}

interface RunningMachine {
  readonly peer: SmtpPeer;
  readonly settings: Map<string, string>;
  key: string;
  certificates: string[];
}

export async function employ(estate: Estate): Promise<Administrator> {
  const authority = createLabAuthority(Date.now());
  const records = new Map(Object.entries(estate.zone).map(([name, each]) => [name, { ...each }]));
  const zones = await startZoneServer({ clock: systemClock, zones: {} });
  const publish = (name: string): void => zones.zones.set(name, { ad: true, ...records.get(name) });
  for (const name of records.keys()) publish(name);
  const machines = new Map<string, RunningMachine>();
  for (const { address, chain, settings } of estate.machines) {
    const peer = await startSmtpPeer({}, { clock: systemClock });
    const tls = chain === null ? null : authority.issue(chain);
    const level = chain === null ? 'none' : 'may';
    const running: RunningMachine = {
      peer,
      settings: new Map(Object.entries({ smtpd_tls_security_level: level, ...settings })),
      key: tls?.key ?? '',
      certificates: tls === null ? [] : pemBlocks(tls.certificates),
    };
    machines.set(address, running);
    restart(running);
  }
  let served = estate.policy?.text ?? null;
  let policyTls = authority.issue({ names: estate.policy?.names ?? [`mta-sts.${estate.domain}`] });
  const web = createServer({ key: policyTls.key, cert: policyTls.certificates }, (request, response) => {
    if (served === null || request.url !== '/.well-known/mta-sts.txt') response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(served);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const bound = web.address();
  const webPort = typeof bound === 'object' && bound !== null ? bound.port : 0;

  const renewals = createRenewals();
  const certify: Certify = (machine, names, key) => {
    const issued = renewals.issue(names, key === 'same-key' ? machine.key : '');
    machine.key = issued.key;
    machine.certificates = issued.certificates;
  };
  /** By subject, what an authority publishes: its root and its intermediate. */
  const known = new Map(
    [...pemBlocks(authority.issue({ names: ['x.test'] }).certificates).slice(1), authority.rootPem].map((pem) => [
      subjectOf(pem),
      pem,
    ]),
  );

  const applyOne = ({ kind, for: place, text }: Remedy, address: string): void => {
    const machine = machines.get(address);
    if (kind === 'dns-record') {
      for (const line of text.split('\n')) publish(changeZone(records, line));
    } else if (kind === 'policy-file') {
      served = text;
    } else if (place === 'mta-sts-host') {
      policyTls = authority.issue({ names: namesIn(text) });
      web.setSecureContext({ key: policyTls.key, cert: policyTls.certificates });
    } else if (machine === undefined) {
      throw new Error(`no machine has the address ${address}`);
    } else if (kind === 'configuration') {
      if (place === 'postfix') configure(machine, text, certify);
    } else if (text.startsWith('openssl req -new ')) {
      certify(machine, namesIn(text), text.includes(' -newkey ') ? 'new-key' : 'same-key');
    } else if (text.startsWith('DNS:')) {
      certify(machine, [...namesOf(machine.certificates[0] ?? ''), ...namesIn(text)], 'same-key');
    } else {
      arrange(machine, text.split('\n'), known);
    }
    if (machine !== undefined) restart(machine);
  };

  return {
    apply: (remedies, address) => {
      for (const remedy of remedies) applyOne(remedy, address);
    },
    probe: async () => {
      // A new program each time: nothing that was looked up before is remembered.
      const app = await createApp({
        ...DEFAULT_SETTINGS,
        log: silentLog,
        resolvers: [`${zones.spec}?trust-ad`],
        caFile: { name: 'the authorities', pem: authority.rootPem + renewals.rootPem },
        systemCa: false,
        port: PORT,
        timeoutMs: 4000,
        redirect: ({ address, port }) => {
          const real = address.text === POLICY_ADDRESS ? webPort : machines.get(address.text)?.peer.port;
          return real === undefined ? { address, port } : { address: { family: 4, text: '127.0.0.1' }, port: real };
        },
      });
      try {
        return await app.probe({ ...REQUEST, target: target(`you@${estate.domain}`) });
      } finally {
        await app.close();
      }
    },
    stop: async () => {
      web.closeAllConnections();
      await Promise.all([
        zones.stop(),
        ...[...machines.values()].map(({ peer }) => peer.stop()),
        new Promise<void>((resolve) => web.close(() => resolve())),
      ]);
    },
  };
}

const REQUEST = {
  rcpt: 'auto',
  quick: false,
  ignoreNoConnect: false,
  assureTls: false,
  mtaSts: true,
  dane: true,
  seed: null,
} as const;

/** The zone of a policy host. */
export function policyHostRecords(domain: string): Readonly<Record<string, ZoneName>> {
  return { [`mta-sts.${domain}`]: { A: [POLICY_ADDRESS] } };
}

type Certify = (machine: RunningMachine, names: readonly string[], key: 'same-key' | 'new-key') => void;

/** An authority that certifies the key it is given; an empty one stands for a new key. */
function createRenewals() {
  const day = 86_400_000;
  const dates = { notBefore: new Date(Date.now() - 5 * day), notAfter: new Date(Date.now() + 85 * day) };
  const root = issueCertificate({ ...dates, subject: { CN: 'renewal root' }, ca: true });
  const issuer = { certificate: root.certificate, key: root.privateKey };
  const middle = issueCertificate({ ...dates, subject: { CN: 'renewal intermediate' }, ca: true, issuer });
  return {
    rootPem: root.certificate,
    issue: (names: readonly string[], keyPem: string): { readonly key: string; readonly certificates: string[] } => {
      const leaf = issueCertificate({
        ...dates,
        subject: { CN: names[0] ?? '' },
        dnsNames: names,
        issuer: { certificate: middle.certificate, key: middle.privateKey },
        ...(keyPem === '' ? {} : { key: createPrivateKey(keyPem) }),
      });
      return { key: leaf.keyPem, certificates: [leaf.certificate, middle.certificate] };
    },
  };
}

type Records = Map<string, { -readonly [Key in keyof ZoneName]: ZoneName[Key] }>;

/** One line of a master file, or a removal; the name that changed. */
function changeZone(records: Records, line: string): string {
  const removing = line.startsWith(REMOVE);
  const found = /^(\S+)\. IN ([A-Z]+)(?: (.+))?$/.exec(removing ? line.slice(REMOVE.length) : line);
  assert.ok(found !== null, `no line of a master file: ${line}`);
  const [, name = '', type = '', data] = found;
  const node = records.get(name) ?? {};
  records.set(name, node);
  const edit = <Item>(list: readonly Item[] | undefined, item: Item): readonly Item[] => {
    const others = (list ?? []).filter((each) => JSON.stringify(each) !== JSON.stringify(item));
    if (!removing) return [...others, item];
    assert.equal(others.length, (list ?? []).length - 1, `there is no such record: ${line}`);
    return others;
  };
  if (data === undefined) {
    assert.ok(removing && type in node, `nothing of that type stands there: ${line}`);
    Reflect.deleteProperty(node, type);
    return name;
  }
  switch (type) {
    case 'A':
      node.A = edit(node.A, data);
      break;
    case 'TXT':
      node.TXT = edit<string | readonly string[]>(node.TXT, JSON.parse(data));
      break;
    case 'MX': {
      const [preference = '', exchange = ''] = data.split(' ');
      node.MX = edit<readonly [number, string]>(node.MX, [Number(preference), exchange.replace(/\.$/, '')]);
      break;
    }
    case 'TLSA': {
      const [usage, selector, matchingType, hex = ''] = data.split(' ');
      const numbers = { usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType) };
      node.TLSA = edit(node.TLSA, { ...numbers, data: Buffer.from(hex, 'hex') });
      break;
    }
    default:
      assert.fail(`a type nobody applies: ${line}`);
  }
  return name;
}

/** main.cf, line by line; a chain file that is not there yet is got from the authority, for the host it is named after. */
function configure(machine: RunningMachine, text: string, certify: Certify): void {
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\w+) = (.*)$/.exec(line) ?? [];
    assert.notEqual(name, '', `no line of main.cf: ${line}`);
    machine.settings.set(name, value);
  }
  const [, host] = /([^/]+)\.key, \S+\.chain\.pem$/.exec(machine.settings.get('smtpd_tls_chain_files') ?? '') ?? [];
  if (machine.certificates.length === 0 && host !== undefined) certify(machine, [host], 'new-key');
}

/** One subject is appended; several are the whole file, in order. */
function arrange(machine: RunningMachine, subjects: readonly string[], known: ReadonlyMap<string, string>): void {
  const own = new Map(machine.certificates.map((pem) => [subjectOf(pem), pem]));
  const find = (subject: string): string => {
    const pem = own.get(subject) ?? known.get(subject);
    assert.ok(pem !== undefined, `nobody has a certificate of ${subject}`);
    return pem;
  };
  const [only] = subjects;
  const appends = subjects.length === 1 && only !== undefined && !own.has(only);
  machine.certificates = appends ? [...machine.certificates, find(only)] : subjects.map(find);
}

/** As Postfix would come up with these settings. */
function restart({ peer, settings, key, certificates }: RunningMachine): void {
  const offers = settings.get('smtpd_tls_security_level') !== 'none';
  const protocols = settings.get('smtpd_tls_protocols') ?? '>=TLSv1';
  const version = protocols.replace('>=', '') as NonNullable<PeerTls['minVersion']>;
  const tls: PeerTls = {
    key,
    certificates: certificates.join(''),
    minVersion: version,
    ...(protocols.startsWith('>=') ? {} : { maxVersion: version }),
  };
  const script: Partial<PeerScript> = offers ? { tls } : { tls: null, keywords: ['PIPELINING', '8BITMIME'] };
  peer.play(script);
}

function pemBlocks(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
}

function factsOf(pem: string): ReturnType<typeof certificateFacts> {
  const parsed = parseCertificate(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
  if (!parsed.ok) throw new Error('a certificate of the test cannot be read');
  return certificateFacts(parsed.value);
}

function subjectOf(pem: string): string {
  return factsOf(pem).subject;
}

function namesOf(pem: string): readonly string[] {
  return factsOf(pem).names;
}

/** `DNS:a,DNS:b`, wherever it stands. */
function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/DNS:([^,"\s]+)/g)].map(([, name = '']) => name);
}
