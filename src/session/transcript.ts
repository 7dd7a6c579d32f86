/**
 * What was sent and received, with remarks, as a person reads it (specification 1.6). Marks count from the beginning of
 * the session. Secrets never come here (R55): whoever sends one says what to show instead.
 */
import type { Clock } from '../base/clock.ts';
import type { CertificateFacts, ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { TlsSession, TranscriptLine } from '../policy/evidence.ts';
import type { SmtpReply } from '../smtp/reply.ts';

export class Transcript {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #lines: TranscriptLine[] = [];
  /** Traffic from here on is inside TLS. */
  tls = false;
  /** False: what follows is no part of it, as the messages on a connection that carries many. */
  recording = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  get lines(): readonly TranscriptLine[] {
    return this.#lines;
  }

  sent(text: string): void {
    this.#add('sent', text);
  }

  received({ code, lines }: SmtpReply): void {
    for (const [index, text] of lines.entries()) {
      const separator = index === lines.length - 1 ? ' ' : '-';
      this.#add(index === 0 ? 'received' : 'continued', `${code}${separator}${text}`);
    }
  }

  note(text: string): void {
    this.#add('note', text);
  }

  warning(text: string): void {
    this.#add('warning', text);
  }

  /** Version, cipher, and a block for each certificate as sent. */
  certificates(session: TlsSession, chain: ChainVerdict, identity: IdentityVerdict): void {
    for (const text of certificateLines(session, chain, identity)) this.#add('detail', text);
  }

  #add(kind: TranscriptLine['kind'], text: string): void {
    if (!this.recording) return;
    this.#lines.push({ at: Math.round(this.#clock.monotonic() - this.#startedAt), kind, tls: this.tls, text });
  }
}

/** The only lines of kind `detail`; who judges again what was seen replaces them. */
export function certificateLines(
  session: TlsSession,
  chain: ChainVerdict,
  identity: IdentityVerdict,
): readonly string[] {
  const keyExchange = session.group === null ? [] : [`Key exchange in use: ${session.group}`];
  const certificates = chain.sent.flatMap((facts, index) => [
    `Certificate ${index + 1} of ${chain.sent.length} in chain: ${validation(chain, facts)}`,
    ...(index === 0 ? [nameLine(identity, facts)] : []),
    `Not Valid Before: ${openSslDate(facts.notBefore)}`,
    `Not Valid After: ${openSslDate(facts.notAfter)}`,
    `subject= ${facts.subject}`,
    `issuer= ${facts.issuer}`,
    `serialNumber= ${facts.serial}`,
  ]);
  return [
    `SSLVersion in use: ${session.protocol}`,
    `Cipher in use: ${session.cipher}`,
    ...keyExchange,
    ...certificates,
    ...revocationLines(chain),
  ];
}

/** Where somebody was asked. */
function revocationLines({ revocation, revocationFrom, remarks }: ChainVerdict): readonly string[] {
  const asked = revocationFrom === undefined ? [] : [`Revocation: ${revocation}, says ${revocationFrom}`];
  const unknown = remarks.flatMap((remark) =>
    remark.kind === 'revocation-not-known' ? [`Revocation: not known: ${remark.why}`] : [],
  );
  return [...asked, ...unknown];
}

function validation(chain: ChainVerdict, { fingerprint }: CertificateFacts): string {
  if (!chain.trusted) return `Cert NOT VALIDATED: ${chain.detail ?? chain.problem}`;
  const used = chain.path.some((link) => link.fingerprint === fingerprint);
  return used ? 'Cert VALIDATED: ok' : 'Cert NOT USED: no part of the path';
}

/** Left the name expected, right the CN and every SAN (R17). */
function nameLine({ mx }: IdentityVerdict, { commonName, names, addresses }: CertificateFacts): string {
  const shown = [
    ...(commonName === null ? [] : [commonName]),
    ...names.map((name) => `DNS:${name}`),
    ...addresses.map((address) => `IP:${address}`),
  ].join(' | ');
  return mx.matched
    ? `Cert Hostname VERIFIED (${mx.expected} = ${shown})`
    : `Cert Hostname DOES NOT VERIFY (${mx.expected} != ${shown === '' ? 'no name' : shown})`;
}

/** `Oct  3 12:35:32 2018 GMT`, from ISO 8601 in UTC. */
function openSslDate(iso: string): string {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(iso) ?? [];
  const name = MONTHS[Number(month) - 1];
  return name === undefined ? iso : `${name} ${String(Number(day)).padStart(2)} ${time} ${year} GMT`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
