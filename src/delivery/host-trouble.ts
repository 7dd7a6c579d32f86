/** What a hand-over says about the destination as a whole, beside what it says about its recipients. Pure. */
import type { HandOverReport, RecipientOutcome } from './hand-over.ts';
import { setBack } from './outcome.ts';
import type { ClaimedMessage } from './queue-store.ts';

/**
 * Why nobody of this destination would do better now: no host could be reached, asked for TLS in vain, or looked up. What
 * a message asks beyond the others (REQUIRETLS) says nothing about them.
 */
function whyDown({ recipients }: HandOverReport, { options }: ClaimedMessage): string | null {
  if (options.requireTls || recipients.length === 0) return null;
  const down = recipients.every(
    (outcome) => outcome.result === 'deferred' && !outcome.possible && isHostTrouble(outcome),
  );
  return down ? (recipients[0]?.because.at(-1) ?? 'no host could be reached') : null;
}

/** What one connection after the other shows: a host that breaks with one message may serve the next one, a host that breaks with two does not. */
export class HostWord {
  #broke = false;

  /** As `whyDown`; a message that broke at its text is let pass once. */
  whyDown(report: HandOverReport, message: ClaimedMessage): string | null {
    const down = whyDown(report, message);
    const passed = !this.#broke && report.recipients.every(({ begun }) => begun === true);
    this.#broke = down !== null;
    return passed ? null : down;
  }
}

/** A host took a message, or refused it in its own name. */
export function isServed({ contacted, recipients }: HandOverReport): boolean {
  return contacted && recipients.some((outcome) => !isHostTrouble(outcome));
}

function isHostTrouble({ category }: RecipientOutcome): boolean {
  return category === 'dns' || category === 'connection' || category === 'tls';
}

/** A fault of ours came in between: everybody is tried later, and the destination is not to blame. */
export function ownFault(message: ClaimedMessage, error: unknown): HandOverReport {
  const because = [`an error of this system: ${error instanceof Error ? error.message : String(error)}`];
  const setback = { place: null, event: null, status: '4.3.0', category: 'content', reply: null } as const;
  return {
    recipients: message.recipients.map((recipient) => setBack(recipient, { ...setback, because, permanent: false })),
    attempts: [],
    contacted: false,
    busy: false,
  };
}
