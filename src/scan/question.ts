/** What can be asked of a server in one connection, and what can come back. */
import type { InjectionOutcome } from '../policy/scan-evidence.ts';
import { suiteName } from './cipher-suites.ts';
import { type ClientHello, SSLV2_CIPHERS } from './client-hello.ts';
import { alertName, groupName, type TlsVersion } from './registry.ts';
import type { KeyExchangeParameters, ServerHello } from './server-messages.ts';

/** What a question is about. */
export type Topic =
  /** Is this version spoken? Everything else is on offer. */
  | { readonly kind: 'version'; readonly version: TlsVersion }
  /** Which of these suites? Of a class, or of all that were not chosen yet. */
  | { readonly kind: 'class' | 'order'; readonly version: TlsVersion }
  /** Two suites known to be accepted, in the order the server did not choose. */
  | { readonly kind: 'preference'; readonly version: TlsVersion; readonly chosen: number }
  | { readonly kind: 'group'; readonly version: TlsVersion }
  | { readonly kind: 'signature' }
  | { readonly kind: 'without-server-name' }
  | { readonly kind: 'large-hello' }
  | { readonly kind: 'fallback' };

export interface HelloQuestion {
  readonly kind: 'hello';
  /** The same id is the same question, asked again. */
  readonly id: string;
  readonly topic: Topic;
  readonly hello: ClientHello;
  /** In so many pieces of their own, so that no segment holds it whole. */
  readonly pieceBytes: number | null;
}

export type Question =
  | HelloQuestion
  | { readonly kind: 'sslv2'; readonly id: 'sslv2' }
  /** A handshake to its end, with what the machine's own TLS offers; `resume`: with the session of the one before. */
  | {
      readonly kind: 'handshake';
      readonly id: 'handshake' | 'resumption' | 'handshake-without-server-name';
      readonly serverName: string | null;
      readonly resume: boolean;
    }
  | { readonly kind: 'injection'; readonly id: 'injection'; readonly serverName: string | null };

export type Answer =
  | {
      readonly kind: 'hello';
      readonly hello: ServerHello;
      readonly keyExchange: KeyExchangeParameters | null;
      /** Base64 of the DER. */
      readonly chainAsSent: readonly string[];
      readonly stapled: boolean;
      /** The flight began and did not come to its end: something swallows large segments. */
      readonly stalled: boolean;
    }
  | { readonly kind: 'sslv2'; readonly ciphers: readonly number[] }
  | { readonly kind: 'alert'; readonly code: number }
  | { readonly kind: 'closed'; readonly how: 'end' | 'reset' }
  | { readonly kind: 'silent'; readonly afterMs: number }
  | { readonly kind: 'not-tls' }
  | {
      readonly kind: 'encrypted';
      readonly resumed: boolean;
      readonly protocol: string;
      readonly chainAsSent: readonly string[];
      readonly stapled: boolean;
      readonly ticket: boolean;
    }
  | { readonly kind: 'handshake-failed'; readonly detail: string }
  | { readonly kind: 'injection'; readonly outcome: InjectionOutcome };

/** One question and its answer. */
export interface Asked {
  readonly question: Question;
  readonly answer: Answer;
  /** Place in the trail, from one. */
  readonly step: number;
}

/** For the trail: what was asked, in a few words. */
export function describeQuestion(question: Question): string {
  switch (question.kind) {
    case 'sslv2':
      return 'SSLv2?';
    case 'injection':
      return 'STARTTLS and NOOP in one segment';
    case 'handshake': {
      const name = question.serverName === null ? ' without a server name' : '';
      return question.resume ? 'a handshake with the ticket of the last one' : `a whole handshake${name}`;
    }
    case 'hello':
      return describeTopic(question);
  }
}

function describeTopic({ topic, hello }: HelloQuestion): string {
  const suites = `${hello.suites.length} suite${hello.suites.length === 1 ? '' : 's'}`;
  switch (topic.kind) {
    case 'version':
      return `${topic.version} or older?`;
    case 'class':
      return `${topic.version}: any of ${suites} of a kind?`;
    case 'order':
      return `${topic.version}: which of ${suites}?`;
    case 'preference':
      return `${topic.version}: whose order, with ${hello.suites.map(suiteName).join(' before ')}?`;
    case 'group':
      return `${topic.version}: which of ${hello.groups.length} groups?`;
    case 'signature':
      return `${hello.version}: which of ${hello.signatures.length} signature algorithms?`;
    case 'without-server-name':
      return `${hello.version} without a server name`;
    case 'large-hello':
      return `${hello.version} in a ClientHello of ${hello.padTo} bytes, over several segments`;
    case 'fallback':
      return `${hello.version} as a fallback (TLS_FALLBACK_SCSV)`;
  }
}

/** For the trail: what came back. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'hello': {
      const { version, suite, group, retry } = answer.hello;
      const used = group ?? answer.keyExchange?.group ?? null;
      const bits = answer.keyExchange?.dhBits ?? null;
      const key = used === null ? (bits === null ? '' : `, DH ${bits}`) : `, ${groupName(used)}`;
      return `${version}, ${suiteName(suite)}${key}${retry ? ' (asked for)' : ''}${answer.stalled ? ', then stalled' : ''}`;
    }
    case 'sslv2':
      return `SSLv2, ${answer.ciphers.map((code) => sslv2CipherName(code)).join(', ') || 'no cipher in common'}`;
    case 'alert':
      return `alert: ${alertName(answer.code)}`;
    case 'closed':
      return answer.how === 'end' ? 'the connection was closed' : 'the connection was reset';
    case 'silent':
      return `no answer within ${Math.round(answer.afterMs / 1000)} s`;
    case 'not-tls':
      return 'something that is not TLS';
    case 'encrypted':
      return `${answer.protocol}${answer.resumed ? ', resumed' : ''}${answer.ticket ? ', with a ticket' : ''}`;
    case 'handshake-failed':
      return `the handshake failed: ${answer.detail}`;
    case 'injection':
      return `the pipelined command was ${answer.outcome}`;
  }
}

export function sslv2CipherName(code: number): string {
  return SSLV2_CIPHERS.find(([known]) => known === code)?.[1] ?? `SSLv2 cipher 0x${code.toString(16).padStart(6, '0')}`;
}
