/**
 * AssureTLS (R24): whether every host refuses mail in clear. The sessions were opened without STARTTLS; a host is
 * assured when it refused MAIL or RCPT, or would not even talk.
 */
import { describeDialogueFailure, describeReply } from '../policy/describe.ts';
import type { Evidence } from '../policy/evidence.ts';
import { ASSURANCE_STAGES, type ProbeResult } from './result.ts';
import { stagesOf } from './stages.ts';

type AssuredHost = NonNullable<ProbeResult['assurance']>['hosts'][number];

export function assuranceOf(
  sessions: readonly { readonly evidence: Evidence }[],
): NonNullable<ProbeResult['assurance']> {
  const hosts = sessions.map(({ evidence }) => ({
    exchange: evidence.exchange,
    preference: evidence.preference,
    address: evidence.address,
    port: evidence.port,
    ...answerInClear(evidence),
    stages: stagesInClear(evidence),
  }));
  // A host that could not be asked has not refused: the assurance is only given for what was seen.
  const assured = hosts.length > 0 && hosts.every(({ refused }) => refused);
  return { value: assured ? 100 : 0, hosts };
}

function answerInClear({ mail, rcpt, ehlo }: Evidence): { readonly refused: boolean; readonly reply: string } {
  if (mail.kind === 'failed') {
    if (mail.failure.kind === 'refused')
      return { refused: mail.failure.reply.code >= 500, reply: describeReply(mail.failure.reply) };
    return { refused: false, reply: describeDialogueFailure('MAIL', mail.failure) };
  }
  if (rcpt.kind === 'failed' && rcpt.failure.kind === 'refused') {
    // 530 is the refusal that is meant (RFC 3207 4); an unknown mailbox says nothing about TLS.
    return { refused: rcpt.failure.reply.code === 530, reply: describeReply(rcpt.failure.reply) };
  }
  if (mail.kind === 'seen') return { refused: false, reply: describeReply(mail.value) };
  return { refused: false, reply: ehlo.kind === 'seen' ? 'MAIL was not tried' : 'the host could not be asked' };
}

/** The stages of a dialogue in which nobody asks for TLS. */
function stagesInClear(evidence: Evidence): AssuredHost['stages'] {
  const all = stagesOf(evidence);
  return Object.fromEntries(ASSURANCE_STAGES.map((stage) => [stage, all[stage]])) as Record<
    (typeof ASSURANCE_STAGES)[number],
    AssuredHost['stages']['from']
  >;
}
