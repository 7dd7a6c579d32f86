/** The options of `tlsreach serve`, read: where it listens, what it does, whom it lets in. */
import { parseIpAddress } from '../base/ip-address.ts';
import { parsePort } from '../probe/target.ts';
import { PLACE_OPTIONS } from './config-options.ts';
import type { GivenOptions } from './given-options.ts';
import { type OptionSpec, WORLD_OPTIONS } from './option-specs.ts';

export const SERVE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--http <address:port>', help: 'where the web listens (127.0.0.1:8025)' },
  { flags: '--roles <list>', help: 'what this process does, with commas between (all it can)' },
  { flags: '--tls-reports', help: 'send TLS reports to domains that ask for them: one process of an installation' },
  { flags: '--lease <seconds>', help: 'how long the work of a process that died lies idle (60)' },
  { flags: '--drain <seconds>', help: 'how long what is under way may take after SIGTERM (30)' },
  { flags: '--demo', help: 'with the built-in lab, nothing kept: try it within a minute' },
  {
    flags: '--tls-cert <pem>',
    help: 'certificate chain for HTTPS, with --tls-key; read again on SIGHUP and when it changes',
  },
  { flags: '--tls-key <pem>', help: 'its private key' },
  {
    flags: '--https',
    help: 'HTTPS with the certificate that the configuration chooses for it; Demo, which nobody can verify, until it does',
  },
  {
    flags: '--trusted-proxy <address>',
    help: 'address or network whose X-Forwarded-For is believed (repeatable)',
    list: true,
  },
  { flags: '--no-anonymous', help: 'only people who signed in, and tokens, may test' },
  { flags: '--allow-port <n>', help: 'port that may be tested, beside 25, 465 and 587 (repeatable)', list: true },
];

export const SERVE_SPECS: readonly OptionSpec[] = [
  ...SERVE_OPTIONS,
  ...PLACE_OPTIONS,
  ...WORLD_OPTIONS.filter(
    ({ flags }) => !/^--(config|mail-from|canary|deadline|deny-private|allow-private)/.test(flags),
  ),
  {
    flags: '--deny-private',
    help: 'refuse addresses that are not public (the default here); SMTP routes may lead there',
  },
  { flags: '--allow-private', help: 'follow the DNS to addresses that are not public, too' },
];

/** What a test may go to unless more is allowed. */
const USUAL_PORTS = [25, 465, 587] as const;
const DEFAULT_HTTP = '127.0.0.1:8025';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** `127.0.0.1:8025`, `[::1]:8025`. */
export function listenAddressOf(given: GivenOptions): ListenAddress {
  const text = given.text('http') ?? DEFAULT_HTTP;
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const address = match === null ? null : parseIpAddress(match[1] ?? match[2] ?? '');
  const port = match?.[3] === '0' ? 0 : parsePort(match?.[3] ?? '');
  if (address === null || port === null)
    return given.refuse('http', 'an address and a port are expected, as 127.0.0.1:8025 or [::1]:8025');
  return { host: address.text, port };
}

export function trustedProxiesOf(given: GivenOptions): readonly string[] {
  const proxies = given.list('trustedProxy');
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const parsed = parseIpAddress(address);
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (parsed?.family === 6 ? 128 : 32));
    if (parsed === null || !fits)
      given.refuse('trustedProxy', `"${proxy.slice(0, 60)}" is no address and no network such as 10.0.0.0/8`);
  }
  return proxies;
}

export function allowedPorts(given: GivenOptions, more: readonly number[]): readonly number[] {
  const asked = given.list('allowPort').map((text) => {
    const port = parsePort(text);
    return port === null ? given.refuse('allowPort', 'a number from 1 to 65535 is expected') : port;
  });
  return [...new Set([...more, ...USUAL_PORTS, ...asked])];
}

/** Those that were asked for, in the order of `known`. */
export function rolesOf(given: GivenOptions, known: readonly string[]): readonly string[] {
  const text = given.text('roles');
  if (text === undefined) return known;
  const asked = text.split(',').map((word) => word.trim());
  const strange = asked.find((word) => !known.includes(word));
  if (strange !== undefined) return given.refuse('roles', `"${strange.slice(0, 40)}" is none of ${known.join(', ')}`);
  return known.filter((role) => asked.includes(role));
}
