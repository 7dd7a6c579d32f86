/**
 * One piece of evidence per row of the state table: the happy path, and what each event changes in it. The printed
 * table, `explain` and the tests are made from these.
 */
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import type { PolicyEvent } from './decide.ts';
import { DANE_NOT_TESTED, type EhloSeen, type Evidence, type Phase } from './evidence.ts';

const EXCHANGE = 'mx.example.com';
const NOT_REACHED = { kind: 'not-reached' } as const;

function seen<T>(value: T): Phase<T, never> {
  return { kind: 'seen', ms: 1, value };
}

function failedWith<F>(failure: F): Phase<never, F> {
  return { kind: 'failed', ms: 1, failure };
}

function notTried(why: 'not-offered' | 'helo-only' | 'no-session' | 'not-asked'): Phase<never, never> {
  return { kind: 'not-tried', why };
}

function reply(code: number, text: string): SmtpReply {
  return { code, lines: [text], enhancedStatus: null };
}

const EHLO: EhloSeen = {
  greetingDomain: EXCHANGE,
  keywords: [{ keyword: 'STARTTLS', parameters: [] }],
  verb: 'EHLO',
  reply: { code: 250, lines: [EXCHANGE, 'STARTTLS'], enhancedStatus: null },
  starttlsOnGreetingLine: false,
  ehloRefusal: null,
};

const TRUSTED: ChainVerdict = {
  sent: [],
  trusted: true,
  problem: null,
  detail: null,
  path: [],
  anchor: null,
  remarks: [],
  revocation: 'not-checked',
};

const NAMED: IdentityVerdict = {
  matched: true,
  mx: { matched: true, expected: EXCHANGE, presented: ['example.com', EXCHANGE] },
  verify: { matched: true, step: 'V1', strength: 'strong', presented: 'example.com', trail: ['V1: SAN example.com'] },
  hosted: { matched: true, step: 'H1', strength: 'strong', presented: 'example.com', trail: ['H1: SAN example.com'] },
};

const MISNAMED: IdentityVerdict = {
  matched: false,
  mx: { matched: false, expected: EXCHANGE, presented: ['other.example.net'] },
  verify: {
    matched: false,
    step: null,
    strength: null,
    presented: null,
    trail: ['V1: SAN other.example.net is not example.com', 'V2: there is no CN', 'V3: there is no reverse name'],
  },
  hosted: {
    matched: false,
    step: null,
    strength: null,
    presented: null,
    trail: ['H1: SAN other.example.net is not example.com', `H3: SAN other.example.net is not ${EXCHANGE}`],
  },
};

/** The happy path: offered, encrypted, verified, sender accepted (E8). */
export const GOOD_EVIDENCE: Evidence = {
  exchange: EXCHANGE,
  preference: 10,
  address: '192.0.2.1',
  port: 25,
  startedAt: 0,
  connect: seen({ localAddress: '192.0.2.99' }),
  greeting: seen(reply(220, EXCHANGE)),
  ehlo: seen(EHLO),
  starttls: seen(reply(220, 'go ahead')),
  handshake: seen({
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    cipherStandardName: 'TLS_AES_256_GCM_SHA384',
    bits: 256,
    group: 'X25519',
    serverName: EXCHANGE,
    chainAsSent: [],
    resumed: false,
  }),
  path: seen(TRUSTED),
  identity: seen(NAMED),
  dane: seen({ ...DANE_NOT_TESTED, status: 'none' }),
  ehloUnderTls: seen({ ...EHLO, keywords: [] }),
  auth: notTried('not-asked'),
  mail: seen(reply(250, 'sender ok')),
  rcpt: notTried('not-asked'),
};

const NO_TLS = {
  handshake: notTried('no-session'),
  path: notTried('no-session'),
  identity: notTried('no-session'),
  dane: notTried('no-session'),
  ehloUnderTls: notTried('no-session'),
} as const;

const ENDED = {
  starttls: NOT_REACHED,
  handshake: NOT_REACHED,
  path: NOT_REACHED,
  identity: NOT_REACHED,
  dane: NOT_REACHED,
  ehloUnderTls: NOT_REACHED,
  mail: NOT_REACHED,
  rcpt: NOT_REACHED,
} as const;

/** What each event looks like, as a whole piece of evidence. */
export function exampleEvidence(event: PolicyEvent): Evidence {
  return { ...GOOD_EVIDENCE, ...changes(event) };
}

function changes(event: PolicyEvent): Partial<Evidence> {
  switch (event) {
    case 'E1':
      return {
        ...NO_TLS,
        ehlo: seen({ ...EHLO, verb: 'HELO', keywords: [], ehloRefusal: reply(500, 'what?') }),
        starttls: notTried('helo-only'),
      };
    case 'E2':
      return { ...NO_TLS, ehlo: seen({ ...EHLO, keywords: [] }), starttls: notTried('not-offered') };
    case 'E3':
      return {
        ...NO_TLS,
        starttls: failedWith({ kind: 'refused', reply: reply(454, 'TLS not available due to temporary reason') }),
      };
    case 'E4':
      return { ...NO_TLS, starttls: failedWith({ kind: 'refused', reply: reply(502, 'not implemented') }) };
    case 'E5':
      return {
        handshake: failedWith({ kind: 'closed', how: 'reset' }),
        path: NOT_REACHED,
        identity: NOT_REACHED,
        dane: NOT_REACHED,
        ehloUnderTls: NOT_REACHED,
        mail: NOT_REACHED,
      };
    case 'E6':
      return {
        path: seen({
          ...TRUSTED,
          trusted: false,
          problem: 'self-signed',
          detail: 'the certificate is signed by itself',
        }),
      };
    case 'E7':
      return { identity: seen(MISNAMED) };
    case 'E8':
    // E13 lies in the requirement: the host itself may be as good as any.
    case 'E13':
      return {};
    case 'E9':
      return { ...ENDED, connect: failedWith({ kind: 'refused' }), greeting: NOT_REACHED, ehlo: NOT_REACHED };
    case 'E10':
      return { ...ENDED, ehlo: failedWith({ kind: 'closed', how: 'end', begun: false }) };
    case 'E11':
      return { ehloUnderTls: failedWith({ kind: 'refused', reply: reply(550, 'no') }), mail: NOT_REACHED };
    case 'E12':
      return { mail: failedWith({ kind: 'refused', reply: reply(550, 'sender rejected') }) };
  }
}
