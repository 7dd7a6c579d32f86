/** SMTP AUTH (RFC 4954), only ever inside TLS: PLAIN (RFC 4616), LOGIN, XOAUTH2. */
import type { Outcome } from '../base/outcome.ts';
import type { DialogueFailure } from '../policy/evidence.ts';
import type { SmtpReply } from '../smtp/reply.ts';

export interface Credentials {
  readonly mechanism: 'plain' | 'login' | 'xoauth2';
  readonly user: string;
  /** Never shown (R55). */
  readonly secret: string;
}

/** Sends a line and gives the reply; `shown` stands in the transcript in its place. */
export type Exchange = (line: string, shown: string) => Promise<Outcome<SmtpReply, DialogueFailure>>;

/** The last reply of the exchange: 235 when the credentials were taken. */
export async function authenticate(
  credentials: Credentials,
  exchange: Exchange,
): Promise<Outcome<SmtpReply, DialogueFailure>> {
  const { mechanism, user, secret } = credentials;
  switch (mechanism) {
    case 'plain':
      return exchange(`AUTH PLAIN ${base64(`\0${user}\0${secret}`)}`, 'AUTH PLAIN ****');
    case 'xoauth2':
      return exchange(`AUTH XOAUTH2 ${base64(`user=${user}\x01auth=Bearer ${secret}\x01\x01`)}`, 'AUTH XOAUTH2 ****');
    case 'login': {
      const steps = [
        ['AUTH LOGIN', 'AUTH LOGIN'],
        [base64(user), '****'],
        [base64(secret), '****'],
      ] as const;
      let last: Outcome<SmtpReply, DialogueFailure> | null = null;
      for (const [line, shown] of steps) {
        last = await exchange(line, shown);
        if (!last.ok || last.value.code !== 334) return last;
      }
      return last ?? exchange('QUIT', 'QUIT');
    }
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
