/** SMTP AUTH (RFC 4954), only ever inside TLS: PLAIN (RFC 4616), LOGIN, XOAUTH2. */
import type { SmtpReply } from '../smtp/reply.ts';
import type { ReplyResult } from './reply-channel.ts';

export interface Credentials {
  readonly mechanism: 'plain' | 'login' | 'xoauth2';
  readonly user: string;
  /** Never shown (R55). */
  readonly secret: string;
}

/** Sends a line and gives the reply; `shown` stands in the transcript in its place. */
export type Exchange = (line: string, shown: string) => Promise<ReplyResult>;

/** Stands in the transcript for whatever holds a secret or a user name. */
const HIDDEN = '****';

/** The last reply of the exchange: 235 when the credentials were taken. */
export async function authenticate(credentials: Credentials, exchange: Exchange): Promise<ReplyResult> {
  const { mechanism, user, secret } = credentials;
  switch (mechanism) {
    case 'plain':
      return exchange(`AUTH PLAIN ${base64(`\0${user}\0${secret}`)}`, `AUTH PLAIN ${HIDDEN}`);
    case 'xoauth2': {
      const token = base64(bearerOf(user, secret));
      const reply = await exchange(`AUTH XOAUTH2 ${token}`, `AUTH XOAUTH2 ${HIDDEN}`);
      // A refusal comes as a challenge with the reason in it; an empty answer brings the reply.
      return isChallenge(reply) ? exchange('', '') : reply;
    }
    case 'login': {
      const start = await exchange('AUTH LOGIN', 'AUTH LOGIN');
      if (!isChallenge(start)) return start;
      const named = await exchange(base64(user), HIDDEN);
      if (!isChallenge(named)) return named;
      return exchange(base64(secret), HIDDEN);
    }
  }
}

/** A reply in which the server repeats what it was told, without that (R55). */
export function hideSecrets(reply: SmtpReply, credentials: Credentials): SmtpReply {
  const secrets = wordsToHide(credentials);
  const hide = (line: string): string => secrets.reduce((text, hidden) => text.replaceAll(hidden, HIDDEN), line);
  return { ...reply, lines: reply.lines.map(hide) };
}

/** Shorter pieces would be found in any text. */
const LEAST_HIDDEN = 4;

/** Everything that was sent, whole first, then the secret as it stands and as it shows in any base64 around it. */
function wordsToHide({ user, secret }: Credentials): readonly string[] {
  const sent = [base64(`\0${user}\0${secret}`), base64(bearerOf(user, secret)), base64(secret), base64(user)];
  // Base64 goes by three octets: what comes before the secret shifts it, and shares its first and last letters with it.
  const inside = [0, 1, 2].map((shift) => {
    const whole = base64(`${' '.repeat(shift)}${secret}`).replace(/=+$/, '');
    return whole.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  return [...sent, secret, ...inside.filter((piece) => piece.length >= LEAST_HIDDEN)].filter((text) => text !== '');
}

/** What XOAUTH2 sends, before base64. */
function bearerOf(user: string, secret: string): string {
  return `user=${user}\x01auth=Bearer ${secret}\x01\x01`;
}

function isChallenge(result: ReplyResult): result is { readonly ok: true; readonly value: SmtpReply } {
  return result.ok && result.value.code === 334;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
