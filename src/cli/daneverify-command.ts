/**
 * `tlsreach daneverify DOMAIN`: would a sender that insists on DANE deliver, told step by step in the order of the
 * appliance: MX, address, connection, TLSA records, TLS, certificate. Exit 0 every host that could be tested stands
 * it, 1 one does not, 3 none could be tested.
 */
import type { World } from '../app/world.ts';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { printable } from '../base/printable.ts';
import type { DnsSecurity } from '../dns/answer.ts';
import type { ProbeRequest } from '../probe/request.ts';
import type { HostResult, ProbeResult } from '../probe/result.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import { UsageError } from './usage-error.ts';
import { worldSettings } from './world-options.ts';

export interface DaneverifyCommand {
  readonly domain: string;
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

export async function daneverifyCommand({ domain, given, world, services }: DaneverifyCommand): Promise<number> {
  const parsed = parseDomain(domain.trim());
  if (!parsed.ok) throw new UsageError(`"${printable(domain, 80)}": ${describeDomainFault(parsed.failure)}`);
  const ownSettings = await worldSettings(given, world);
  const bed = given.flag('lab') === true ? await services.openLab({ domains: [parsed.value] }) : null;
  try {
    const app = await services.createApp({ ...ownSettings, ...bed?.settings });
    try {
      const target = { text: parsed.value, mailbox: null, domain: parsed.value, server: null };
      const off = { quick: false, ignoreNoConnect: false, assureTls: false, mtaSts: false };
      const request: ProbeRequest = { target, rcpt: 'no', ...off, dane: true, seed: null };
      const { lines, code } = daneTrailOf(await app.probe(request));
      await world.stdout.write(`${lines.map((line) => printable(line, 500)).join('\n')}\n`);
      return code;
    } finally {
      await app.close();
    }
  } finally {
    await bed?.close();
  }
}

export interface DaneTrail {
  readonly lines: readonly string[];
  readonly code: 0 | 1 | 3;
}

/** The whole trail and the exit code. */
export function daneTrailOf(result: ProbeResult): DaneTrail {
  const { domain, status, problem, hosts, dns } = result;
  if (status !== 'tested' || hosts.length === 0) {
    const takesNone = status === 'null-mx' || status === 'no-such-domain';
    const end = takesNone ? `DANE FAILED for ${domain}` : `DANE could not be tested for ${domain}`;
    return { lines: [`${problem ?? 'there is no host to connect to'}.`, end], code: takesNone ? 1 : 3 };
  }
  const trails = hosts.map((host) => hostTrail(host, domain, dns.mx));
  const codes = trails.map(({ code }) => code);
  const code = codes.includes(1) ? 1 : codes.includes(0) ? 0 : 3;
  return { lines: [...trails.flatMap(({ lines }) => lines), ENDS[code](domain)], code };
}

const ENDS = {
  0: (domain: string) => `DANE SUCCESS for ${domain}`,
  1: (domain: string) => `DANE FAILED for ${domain}`,
  3: (domain: string) => `DANE could not be tested for ${domain}`,
} as const;

function hostTrail(host: HostResult, domain: string, mx: ProbeResult['dns']['mx']): DaneTrail {
  const { exchange, address, port, dane, stages, tls, verdict, localAddress } = host;
  const record = mx.source === 'implicit' ? 'No MX record, the domain itself' : 'MX record';
  const lines = [`${word(mx.security)} ${record}(${exchange}) found for ${domain}`];
  const end = (code: DaneTrail['code'], ...more: readonly string[]): DaneTrail => ({
    lines: [...lines, ...more],
    code,
  });
  const failing = Object.values(stages).find(({ result }) => result === 'fail');
  if (address === null) return end(3, `No address found for MX(${exchange}) in ${domain}`);
  const type = address.includes(':') ? 'AAAA' : 'A';
  const asked = dane.steps?.find((step) => step.type === type);
  lines.push(
    `${word(asked?.security ?? 'indeterminate')} ${type} record (${address}) found for MX(${exchange}) in ${domain}`,
  );
  lines.push(`Connecting to ${address} on port ${port}.`);
  if (stages.answer.result !== 'ok') {
    return end(3, `Connection to ${address} failed: ${failing?.detail ?? verdict}.`);
  }
  lines.push(`Connected to ${address} from interface ${localAddress ?? 'unknown'}.`);
  lines.push(tlsaLine(host, domain));
  if (dane.status === 'failed') return end(1);
  const known = dane.tlsaName !== undefined && dane.status !== 'unusable';
  if (!known) {
    // Nobody believed has said anything: it is our resolver that keeps it from us, not the domain.
    return end(
      dane.status === 'not-tested' ? 3 : 1,
      ...(dane.detail === undefined ? [] : [`${dane.detail.replace(/\.$/, '')}.`]),
      ...(mx.security === 'indeterminate' ? [ASK_A_RESOLVER] : []),
    );
  }
  lines.push('Checking TLS connection.');
  if (tls === null) {
    return end(verdict === 'inconclusive' ? 3 : 1, `TLS connection failed: ${failing?.detail ?? verdict}.`);
  }
  lines.push(`TLS connection established: protocol ${tls.protocol}, cipher ${tls.cipher}.`);
  if (dane.status === 'mismatch') {
    return end(
      1,
      `Certificate verification failed: ${dane.detail ?? 'no TLSA record matches'}`,
      `TLS connection failed ${domain}.`,
    );
  }
  lines.push('Certificate verification successful');
  if (verdict !== 'encrypted') {
    return end(verdict === 'inconclusive' ? 3 : 1, `TLS connection failed ${domain}: ${failing?.detail ?? verdict}.`);
  }
  lines.push(`TLS connection succeeded ${domain}.`);
  // Whoever forges the MX answer leads elsewhere, so a sender that insists on DANE does not go there (RFC 7672 2.2.1).
  if (mx.security !== 'secure')
    return end(1, `The MX record is not secure, so a sender that insists on DANE does not use it.`);
  return end(0);
}

function tlsaLine({ exchange, dane }: HostResult, domain: string): string {
  const place = `for MX(${exchange}) in ${domain}`;
  switch (dane.status) {
    case 'match':
    case 'mismatch':
    case 'unusable':
      return `SECURE TLSA record found ${place}`;
    case 'failed':
      return `TLSA record cannot be looked up ${place}: ${dane.detail ?? 'no answer'}`;
    case 'none':
      return `No TLSA record found ${place}`;
    case 'not-tested':
      return dane.tlsaName === undefined ? `TLSA record not looked up ${place}` : `SECURE TLSA record found ${place}`;
  }
}

/** What to do where nobody said whether answers are signed. */
const ASK_A_RESOLVER =
  'Name a resolver that validates and is to be believed, as --resolver "127.0.0.1?trust-ad", or one that passes signatures on.';

function word(security: DnsSecurity): string {
  return security.toUpperCase();
}
