/**
 * The common options of the contract, from texts to `AppSettings`: every one validated with a sentence, every file read,
 * before any packet (R3, R4, R5).
 */
import type { X509Certificate } from 'node:crypto';
import { type AppSettings, type AuthSettings, DEFAULT_SETTINGS, SMTPS_PORT } from '../app/settings.ts';
import type { World } from '../app/world.ts';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { addressLiteral, parseIpAddress } from '../base/ip-address.ts';
import type { LogLevel } from '../base/log.ts';
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import { printable } from '../base/printable.ts';
import { describeTargetFault, parsePort, parseServer } from '../probe/target.ts';
import { closest } from './closest.ts';
import { type GivenOptions, readText } from './given-options.ts';
import { stderrLog } from './stderr-log.ts';
import { UsageError } from './usage-error.ts';

/** The longest time-outs that make sense, s: RFC 5321 4.5.3.2 waits ten minutes at most. */
export const MAX_TIMEOUT_S = 3600;
export const MAX_DEADLINE_S = 86_400;

export async function worldSettings(given: GivenOptions, world: World): Promise<AppSettings> {
  const implicitTls = given.flag('implicitTls') ?? DEFAULT_SETTINGS.implicitTls;
  const wanted = familyOf(given);
  const sourceAddress = sourceAddressOf(given, wanted);
  // From an address of one family nobody of the other can be reached.
  const family = sourceAddress?.family ?? wanted;
  return {
    resolvers: await resolversOf(given),
    dnssecAnchors: await dnssecAnchorsOf(given, world),
    caFile: await caFileOf(given, world),
    systemCa: given.flag('systemCa') ?? DEFAULT_SETTINGS.systemCa,
    port: portOf(given, 'port') ?? (implicitTls ? SMTPS_PORT : DEFAULT_SETTINGS.port),
    httpsPort: portOf(given, 'httpsPort') ?? DEFAULT_SETTINGS.httpsPort,
    helo: heloOf(given),
    mailFrom: mailFromOf(given),
    family,
    timeoutMs: secondsOf(given, 'timeout', MAX_TIMEOUT_S) ?? DEFAULT_SETTINGS.timeoutMs,
    deadlineMs: secondsOf(given, 'deadline', MAX_DEADLINE_S) ?? DEFAULT_SETTINGS.deadlineMs,
    client: await clientOf(given, world),
    implicitTls,
    auth: await authOf(given, world),
    revocation: revocationOf(given),
    canaries: canariesOf(given),
    sourceAddress,
    privateAddresses: privacyOf(given),
    redirect: null,
    scan: null,
    log: stderrLog(world.stderr, logLevelOf(given)),
  };
}

export function logLevelOf(given: GivenOptions): LogLevel {
  return choiceOf(given, 'logLevel', ['debug', 'info', 'warn', 'error']) ?? 'warn';
}

/** One of a few words, or undefined where nothing was given. */
export function choiceOf<Choice extends string>(
  given: GivenOptions,
  key: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = given.text(key);
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text.toLowerCase());
  if (found !== undefined) return found;
  const near = closest(text, choices);
  return given.refuse(key, `choose one of ${choices.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`);
}

/** A whole number within a range. */
export function wholeOf(given: GivenOptions, key: string, least: number, most: number): number | undefined {
  const text = given.text(key);
  if (text === undefined) return undefined;
  const number = /^[0-9]{1,12}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most
    ? number
    : given.refuse(key, `a whole number from ${least} to ${most} is expected`);
}

function revocationOf(given: GivenOptions): AppSettings['revocation'] {
  return choiceOf(given, 'revocation', ['off', 'staple', 'fetch']) ?? DEFAULT_SETTINGS.revocation;
}

function portOf(given: GivenOptions, key: string): number | undefined {
  const text = given.text(key);
  return text === undefined ? undefined : (parsePort(text) ?? given.refuse(key, 'a port is a number from 1 to 65535'));
}

/** Seconds with decimals, as ms. */
function secondsOf(given: GivenOptions, key: string, most: number): number | undefined {
  const text = given.text(key);
  if (text === undefined) return undefined;
  const seconds = /^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return seconds > 0 && seconds <= most
    ? Math.round(seconds * 1000)
    : given.refuse(key, `a number of seconds above 0 and up to ${most} is expected`);
}

async function resolversOf(given: GivenOptions): Promise<readonly string[]> {
  const specs = given.list('resolver');
  if (specs.length === 0) return [];
  const { describeResolverSpecFault, parseResolverSpec } = await import('../dns/resolver-spec.ts');
  for (const spec of specs) {
    const parsed = parseResolverSpec(spec);
    if (!parsed.ok)
      throw new UsageError(`${given.nameOf('resolver')} "${spec}": ${describeResolverSpecFault(parsed.failure)}`);
  }
  return specs;
}

function familyOf(given: GivenOptions): AppSettings['family'] {
  const four = given.flag('ipv4') === true;
  const six = given.flag('ipv6') === true;
  if (four && six) throw new UsageError('-4 and -6 exclude each other; without either both families are used');
  return four ? 4 : six ? 6 : 'any';
}

function heloOf(given: GivenOptions): string | null {
  const text = given.text('helo');
  if (text === undefined) return null;
  const literal = /^\[(.*)\]$/.exec(text);
  const address = literal === null ? null : parseIpAddress((literal[1] ?? '').replace(/^ipv6:/i, ''));
  if (address !== null) return addressLiteral(address);
  const domain = parseDomain(text);
  return domain.ok ? domain.value : given.refuse('helo', describeDomainFault(domain.failure));
}

function mailFromOf(given: GivenOptions): AppSettings['mailFrom'] {
  const text = given.text('mailFrom');
  if (text === undefined) return null;
  const mailbox = parseMailbox(text);
  return mailbox.ok ? mailbox.value : given.refuse('mailFrom', describeMailboxFault(mailbox.failure));
}

function sourceAddressOf(given: GivenOptions, family: AppSettings['family']): AppSettings['sourceAddress'] {
  const text = given.text('sourceAddress');
  if (text === undefined) return null;
  const address = parseIpAddress(text) ?? given.refuse('sourceAddress', 'an IP address is expected, without brackets');
  if (family !== 'any' && family !== address.family)
    given.refuse('sourceAddress', `it is no IPv${family} address, as -${family} asks for`);
  return address;
}

function canariesOf(given: GivenOptions): AppSettings['canaries'] {
  return given.list('canary').map((text) => {
    const server = parseServer(text);
    if (server.ok) return server.value;
    throw new UsageError(`${given.nameOf('canary')} "${printable(text, 80)}": ${describeTargetFault(server.failure)}`);
  });
}

function privacyOf(given: GivenOptions): AppSettings['privateAddresses'] {
  const deny = given.flag('denyPrivate') === true;
  if (deny && given.flag('allowPrivate') === true) {
    throw new UsageError(`${given.nameOf('denyPrivate')} and ${given.nameOf('allowPrivate')} exclude each other`);
  }
  return deny ? 'denied' : 'allowed';
}

async function optionalText(given: GivenOptions, key: string, world: World): Promise<string | null> {
  const file = given.text(key);
  return file === undefined ? null : readText(file, given.nameOf(key), world);
}

/** DS or DNSKEY records of the root, one a line. */
async function dnssecAnchorsOf(given: GivenOptions, world: World): Promise<string | null> {
  const text = await optionalText(given, 'dnssecAnchor', world);
  if (text === null) return null;
  const { describeAnchorFault, parseTrustAnchors } = await import('../dns/dnssec/anchors.ts');
  const anchors = parseTrustAnchors(text);
  return anchors.ok ? text : given.refuse('dnssecAnchor', describeAnchorFault(anchors.failure));
}

/** PEM with at least one certificate, each of them readable. */
export async function caFileOf(given: GivenOptions, world: Pick<World, 'readFile'>): Promise<AppSettings['caFile']> {
  const name = given.text('caFile');
  if (name === undefined) return null;
  const pem = await readText(name, given.nameOf('caFile'), world);
  const { anchorsFromPem, describeAnchorFault } = await import('../pki/trust-anchors.ts');
  const anchors = anchorsFromPem({ text: pem, name, date: null, strict: true });
  if (!anchors.ok) given.refuse('caFile', describeAnchorFault(anchors.failure));
  return { name, pem };
}

async function clientOf(given: GivenOptions, world: World): Promise<AppSettings['client']> {
  const certificate = await optionalText(given, 'clientCert', world);
  const key = await optionalText(given, 'clientKey', world);
  if (certificate === null && key === null) return null;
  if (certificate === null) return given.refuse('clientKey', 'a key needs its certificate, given with --client-cert');
  if (key === null) return given.refuse('clientCert', 'a certificate needs its key, given with --client-key');
  const { X509Certificate, createPrivateKey } = await import('node:crypto');
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return given.refuse('clientCert', 'no certificate in PEM can be read from this file');
  }
  try {
    if (parsed.checkPrivateKey(createPrivateKey(key))) return { certificate, key };
  } catch {
    return given.refuse(
      'clientKey',
      'no private key in PEM can be read from this file (keys with a passphrase are not supported)',
    );
  }
  return given.refuse('clientKey', 'this key does not belong to the certificate');
}

async function authOf(given: GivenOptions, world: World): Promise<AuthSettings | null> {
  const type = choiceOf(given, 'authType', ['plain', 'login', 'xoauth2']);
  const user = given.text('authUser');
  const secret = await optionalText(given, 'authSecretFile', world);
  if (type === undefined && user === undefined && secret === null) return null;
  if (user === undefined || secret === null) {
    throw new UsageError('to authenticate, --auth-user and --auth-secret-file are both needed');
  }
  const line = secret.replace(/\r?\n$/, '');
  if (line === '') return given.refuse('authSecretFile', 'the file is empty');
  return { type: type ?? 'plain', user, secret: line };
}
