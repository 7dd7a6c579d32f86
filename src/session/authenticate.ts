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
      const reply = await exchange(`AUTH XOAUTH2 ${bearerToken(user, secret)}`, `AUTH XOAUTH2 ${HIDDEN}`);
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
export function hideSecrets(reply: SmtpReply, { user, secret }: Credentials): SmtpReply {
  const secrets = [
    secret,
    base64(secret),
    base64(user),
    base64(`\0${user}\0${secret}`),
    bearerToken(user, secret),
  ].filter((text) => text !== '');
  const hide = (line: string): string => secrets.reduce((text, hidden) => text.replaceAll(hidden, HIDDEN), line);
  return { ...reply, lines: reply.lines.map(hide) };
}

function bearerToken(user: string, secret: string): string {
  return base64(`user=${user}\x01auth=Bearer ${secret}\x01\x01`);
}

function isChallenge(result: ReplyResult): result is { readonly ok: true; readonly value: SmtpReply } {
  return result.ok && result.value.code === 334;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
