/**
 * What a scripted mail server does, as data: a record whose defaults are the happy path, so that a test or a fixture of
 * the test bed says only what it wants to be different.
 */

/**
 * One answer. A text is a reply: its lines are separated by `\n` and end in CRLF on the wire; `bytes` go out as they are.
 * Afterwards the dialogue goes on, or the connection is closed, reset, or left silent for ever.
 */
export type PeerAnswer =
  | string
  | {
      readonly reply?: string | undefined;
      readonly bytes?: Uint8Array | string | undefined;
      /** ms before the first byte. */
      readonly delayMs?: number | undefined;
      /** One byte at a time, so many ms apart. */
      readonly dribbleMs?: number | undefined;
      /** Repeats it until the connection ends. */
      readonly endless?: boolean | undefined;
      readonly after?: 'close' | 'reset' | 'silence' | undefined;
    };

/** The TLS side of a scripted server. */
export interface PeerTls {
  /** PEM. */
  readonly key: string;
  /** PEM, the server's own certificate first, exactly as it is to be sent. */
  readonly certificates: string;
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' | undefined;
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** Default: everything OpenSSL has, at security level 0, so that weak keys and old versions can be played. */
  readonly ciphers?: string | undefined;
  /** Key-agreement groups, as `P-256:X25519`. */
  readonly groups?: string | undefined;
  /** Signature algorithms, as `rsa_pss_rsae_sha256:RSA+SHA1`. */
  readonly signatures?: string | undefined;
  /** The server's own order of suites counts (default: the client's). */
  readonly serverOrder?: boolean | undefined;
  /** No session tickets. */
  readonly withoutTickets?: boolean | undefined;
  /** What to present to a client that sends no server name. */
  readonly withoutServerName?: PeerTls | undefined;
  /** `require`: without a certificate of the client the handshake is refused; with TLS 1.3 the client notices later. */
  readonly clientCertificate?: 'no' | 'ask' | 'require' | undefined;
  /** DER of an OCSP response to staple. */
  readonly ocspStaple?: Buffer | undefined;
}

/** What happens behind the 220 to STARTTLS. */
export type AfterStarttls =
  | 'handshake'
  | 'close'
  | 'reset'
  | 'silence'
  | 'garbage'
  /** Bytes in clear in the same segment as the 220, then the handshake (CVE-2011-0411 class). */
  | { readonly inject: string }
  /** Bytes in clear as the answer to the ClientHello. */
  | { readonly instead: Uint8Array | string };

export interface PeerScript {
  /** The name it gives itself in its default answers. */
  readonly name: string;
  /** TLS from the first byte (465). */
  readonly implicitTls: boolean;
  readonly tls: PeerTls | null;
  readonly greeting: PeerAnswer;
  /** EHLO keywords in clear; STARTTLS is among them where it is wanted. */
  readonly keywords: readonly string[];
  readonly keywordsUnderTls: readonly string[];
  /** Null: the reply is made from name and keywords. */
  readonly ehlo: PeerAnswer | null;
  readonly ehloUnderTls: PeerAnswer | null;
  readonly helo: PeerAnswer;
  readonly starttls: PeerAnswer;
  readonly afterStarttls: AfterStarttls;
  readonly auth: PeerAnswer;
  readonly mail: PeerAnswer;
  /** In place of `mail` on an unencrypted connection; null: the same. */
  readonly mailInClear: PeerAnswer | null;
  readonly rcpt: PeerAnswer;
  /** In place of `rcpt` for these addresses. */
  readonly recipients: Readonly<Record<string, PeerAnswer>>;
  readonly data: PeerAnswer;
  /** To a BDAT chunk that is not the last; the last one is answered by `message`. */
  readonly chunk: PeerAnswer;
  /** So many octets of a text, and no more, are read before this is said; null: all of it is read. */
  readonly interrupt: { readonly afterBytes: number; readonly answer: PeerAnswer } | null;
  /** Behind the final dot. */
  readonly message: PeerAnswer;
  readonly rset: PeerAnswer;
  readonly noop: PeerAnswer;
  readonly quit: PeerAnswer;
  readonly unknown: PeerAnswer;
  /** The first `attempts` RCPT at this server are answered so, the later ones by `rcpt`. */
  readonly greylist: { readonly attempts: number; readonly answer: PeerAnswer } | null;
  /** More connections than this within a minute are greeted with `answer`. */
  readonly perMinute: { readonly connections: number; readonly answer: PeerAnswer } | null;
  /** Everything in clear goes out in pieces of so many bytes, so many ms apart (0: as separate segments). */
  readonly drip: { readonly bytes: number; readonly everyMs: number } | null;
  /** The connection is reset when so many bytes have been sent in clear; null: never. */
  readonly resetAfterBytes: number | null;
}

export const DEFAULT_KEYWORDS = ['PIPELINING', 'SIZE 10485760', 'ENHANCEDSTATUSCODES', '8BITMIME'] as const;

/** The happy path; a certificate has to be given where STARTTLS is to work. */
export const DEFAULT_SCRIPT: PeerScript = {
  name: 'mx.example.com',
  implicitTls: false,
  tls: null,
  greeting: '220 mx.example.com ESMTP',
  keywords: [...DEFAULT_KEYWORDS, 'STARTTLS'],
  keywordsUnderTls: DEFAULT_KEYWORDS,
  ehlo: null,
  ehloUnderTls: null,
  helo: '250 mx.example.com',
  starttls: '220 2.0.0 Ready to start TLS',
  afterStarttls: 'handshake',
  auth: '235 2.7.0 Authentication successful',
  mail: '250 2.1.0 sender ok',
  mailInClear: null,
  rcpt: '250 2.1.5 recipient ok',
  recipients: {},
  chunk: '250 2.0.0 chunk taken',
  interrupt: null,
  data: '354 End data with <CR><LF>.<CR><LF>',
  message: '250 2.0.0 queued',
  rset: '250 2.0.0 ok',
  noop: '250 2.0.0 ok',
  quit: '221 2.0.0 bye',
  unknown: '500 5.5.2 command not recognised',
  greylist: null,
  perMinute: null,
  drip: null,
  resetAfterBytes: null,
};

/** The EHLO reply of a name and its keywords. */
export function ehloReply(name: string, keywords: readonly string[]): string {
  const lines = [name, ...keywords];
  return lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}`).join('\n');
}

/** A reply as bytes of the wire: `\n` becomes CRLF, and CRLF ends it. */
export function replyBytes(reply: string): Buffer {
  return Buffer.from(`${reply.split('\n').join('\r\n')}\r\n`);
}
