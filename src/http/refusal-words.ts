/** Why a form is sent back, in the language of the page. */
import type { Refusal, RefusalReason } from '../app/refusal.ts';
import { BROKEN_OFF } from '../app/refusal.ts';
import type { DomainFault } from '../base/domain.ts';
import type { MailboxFault } from '../base/mailbox.ts';
import { RESTARTED } from '../probe/probe-record.ts';
import type { TargetFault } from '../probe/target.ts';
import type { Say } from './languages.ts';

/** What was typed comes back in a sentence no longer than this. */
const MAX_SHOWN = 80;

export function refusalWords(refusal: Refusal, say: Say): string {
  const words = reasonWords(refusal.reason, say);
  if (refusal.kind !== 'too-many') return words;
  return `${words} ${say('againIn', { seconds: Math.ceil(refusal.retryAfterMs / 1000) })}`;
}

function reasonWords(reason: RefusalReason, say: Say): string {
  switch (reason.kind) {
    case 'target':
      return targetWords(reason.fault, say);
    case 'port':
      return say('refused.port', { port: reason.port, ports: reason.ports.join(', ') });
    case 'private-address':
      return say('refused.private-address', { address: reason.address });
    case 'target-often':
      return say('refused.target-often', { place: reason.place });
    case 'mailbox-of-stranger':
    case 'queue-full':
    case 'client-often':
    case 'batches-full':
    case 'batches-of-client':
    case 'closing':
      return say(`refused.${reason.kind}`);
  }
}

function targetWords(fault: TargetFault, say: Say): string {
  switch (fault.kind) {
    case 'empty':
    case 'too-long':
      return say(`fault.${fault.kind}`);
    case 'bad-character':
      return say('fault.bad-character', { character: characterWords(fault.character, say) });
    case 'bad-mailbox':
      return mailboxWords(fault.fault, say);
    case 'bad-domain':
      return domainWords(fault.fault, say);
    case 'bad-server':
      return say('fault.server', { text: shortened(fault.text) });
    case 'bad-port':
      return say('fault.port', { text: shortened(fault.text) });
    case 'wrapped':
      return say(`fault.wrapped.${fault.as}`, { meant: shortened(fault.meant) });
  }
}

function mailboxWords(fault: MailboxFault, say: Say): string {
  switch (fault.kind) {
    case 'empty':
    case 'no-at':
      return say('fault.empty');
    case 'too-long':
    case 'several-ats':
      return say(`fault.${fault.kind}`);
    case 'bad-character':
      return say('fault.bad-character', { character: characterWords(fault.character, say) });
    case 'bad-local-part':
      return say('fault.local-part');
    case 'bad-domain':
      return domainWords(fault.fault, say);
    case 'bad-literal':
      return say('fault.literal', { text: shortened(fault.text) });
  }
}

function domainWords(fault: DomainFault, say: Say): string {
  switch (fault.kind) {
    case 'empty':
      return say('fault.no-domain');
    case 'too-long':
      return say('fault.too-long');
    case 'bad-character':
      return say('fault.bad-character', { character: characterWords(fault.character, say) });
    case 'bad-label':
      return say('fault.label', { text: shortened(fault.label) });
    case 'looks-like-address':
    case 'not-idna':
      return say(`fault.${fault.kind}`, { text: shortened(fault.text) });
  }
}

function characterWords(character: string, say: Say): string {
  if (character === ' ') return say('aSpace');
  if (character === '\r' || character === '\n') return say('aLineBreak');
  return /[\p{Cc}\u2028\u2029]|\p{Cs}/u.test(character) ? say('aControl') : `“${character}”`;
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** Why a test has no result; null for a sentence of an earlier version, which stands as it is. */
export function brokenOffWords(problem: string | null, say: Say): string | null {
  if (problem === BROKEN_OFF.fault) return say('brokeOff');
  return problem === BROKEN_OFF.closing || problem === RESTARTED ? say('wentDown') : null;
}
