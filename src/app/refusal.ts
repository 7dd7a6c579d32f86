/** Why a test is not made: facts, and the English sentence that scripts get. Pages say the facts in words of their own. */
import type { addressScope } from '../base/ip-address.ts';
import { describeTargetFault, type TargetFault } from '../probe/target.ts';

export type RefusalReason =
  | { readonly kind: 'target'; readonly fault: TargetFault }
  | { readonly kind: 'port'; readonly port: number; readonly ports: readonly number[] }
  | { readonly kind: 'private-address'; readonly address: string; readonly scope: ReturnType<typeof addressScope> }
  | { readonly kind: 'mailbox-of-stranger' }
  | { readonly kind: 'queue-full' }
  | { readonly kind: 'client-often' }
  | { readonly kind: 'target-often'; readonly place: string }
  | { readonly kind: 'batches-full' }
  | { readonly kind: 'batches-of-client' }
  | { readonly kind: 'closing' };

interface Refused {
  readonly reason: RefusalReason;
  readonly detail: string;
}

export type Refusal =
  | (Refused & { readonly kind: 'bad-target' })
  | (Refused & { readonly kind: 'not-permitted' })
  | TooMany;

export type TooMany = Refused & {
  readonly kind: 'too-many';
  readonly retryAfterMs: number;
  /** Who has had too many: others may still have one. */
  readonly whose: 'client' | 'target' | 'service';
};

/** What cannot be right, or is not allowed: asking again does not help. */
export function refuse(reason: Exclude<RefusalReason, PassingReason>): Refusal {
  return { kind: reason.kind === 'target' ? 'bad-target' : 'not-permitted', reason, detail: sentenceOf(reason) };
}

export type PassingReason = Extract<
  RefusalReason,
  { readonly kind: 'queue-full' | 'client-often' | 'target-often' | 'batches-full' | 'batches-of-client' | 'closing' }
>;

/** What passes: to be tried again in so many ms. */
export function tooMany(reason: PassingReason, retryAfterMs: number): TooMany {
  const detail = `${sentenceOf(reason)} Please try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return { kind: 'too-many', reason, detail, retryAfterMs, whose: WHOSE[reason.kind] };
}

const WHOSE: Readonly<Record<PassingReason['kind'], TooMany['whose']>> = {
  'queue-full': 'service',
  'client-often': 'client',
  'target-often': 'target',
  'batches-full': 'service',
  'batches-of-client': 'client',
  closing: 'service',
};

function sentenceOf(reason: RefusalReason): string {
  switch (reason.kind) {
    case 'target':
      return describeTargetFault(reason.fault);
    case 'port':
      return `Port ${reason.port} is not among those that are tested here: ${reason.ports.join(', ')}.`;
    case 'private-address':
      return `The address ${reason.address} is ${reason.scope}; only public addresses are tested here.`;
    case 'mailbox-of-stranger':
      return 'Whether a mailbox exists is only tested for people who signed in.';
    case 'queue-full':
      return 'More tests wait already than can be made soon.';
    case 'client-often':
      return 'You have asked for many tests in a short time.';
    case 'target-often':
      return `${reason.place} has been tested many times just now, and somebody runs it.`;
    case 'batches-full':
      return 'More batches are under way than can be worked on.';
    case 'batches-of-client':
      return 'You have several batches under way.';
    case 'closing':
      return 'The service is going down.';
  }
}

/** Why a test has no result; kept with the test as its sentence. */
export const BROKEN_OFF = {
  fault: 'The test broke off because of a fault of ours. It has been written down; please try again.',
  closing: 'The server went down before this test was done. Please start it again.',
} as const;
