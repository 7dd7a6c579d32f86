/**
 * What would happen to a message under each TLS mode, told from the evidence of one probe. The walk is the one
 * delivery makes: host by host, address by address, `decide` at each, until one serves. What was not seen, clear mail
 * to a host that was tested encrypted, or an order among equal preferences, is `inferred` and names its alternatives.
 */

import { EMPTY_HISTORY, historyOf, remember } from '../policy/attempt-history.ts';
import {
  breaksAfter220,
  type Decision,
  decide,
  type HostHistory,
  NO_HISTORY,
  wasSentInClear,
} from '../policy/decide.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { PredictedOutcome, Prediction } from './result.ts';

export interface PredictionInput {
  /** One per address that was tried, in the order delivery would try them. */
  readonly sessions: readonly Evidence[];
  /** `fixed` where a seed has settled the order among equal preferences; otherwise any of them may come first. */
  readonly order: 'fixed' | 'any-among-equals';
  /** False where some targets were never contacted (Quick): whoever would be next is unknown. */
  readonly complete: boolean;
}

/** What a sender asks of the host of a session: its mode joined with what the host's owner published. */
export type RequirementOfSender = (session: Evidence) => Requirement;

/** Nothing could be tried: nobody delivers, and why. */
export function predictNothing(reason: string): Prediction {
  return {
    channel: 'none',
    host: null,
    verified: null,
    basis: 'observed',
    alternatives: [],
    outcomes: [],
    because: [reason],
  };
}

export function predict(requirementFor: RequirementOfSender, input: PredictionInput): Prediction {
  const walked = walk(requirementFor, input);
  // One address alone has one order.
  const inOneOrder = input.order === 'fixed' || input.sessions.length < 2;
  const possible = inOneOrder ? walked.possible : possibleOutcomes(requirementFor, input);
  const outcomes = possible.filter(
    (outcome, at) =>
      !sameOutcome(outcome, walked.outcome) && possible.findIndex((other) => sameOutcome(other, outcome)) === at,
  );
  const alternatives = [...new Set(outcomes.map(({ channel }) => channel))];
  return {
    ...walked.outcome,
    basis: outcomes.length === 0 ? 'observed' : 'inferred',
    alternatives,
    outcomes,
    because: walked.because,
  };
}

const NO_DELIVERY: PredictedOutcome = { channel: 'none', host: null, verified: null };

/** What hosts that were not contacted could still do. */
const UNKNOWN_HOSTS: readonly PredictedOutcome[] = [
  { channel: 'encrypted', host: null, verified: null },
  { channel: 'clear', host: null, verified: null },
];

interface Walked {
  readonly outcome: PredictedOutcome;
  /** In this very order, what else could come of it. */
  readonly possible: readonly PredictedOutcome[];
  readonly because: readonly string[];
}

function walk(requirementFor: RequirementOfSender, { sessions, complete }: PredictionInput): Walked {
  let history = EMPTY_HISTORY;
  let first: Pick<Walked, 'outcome' | 'because'> | null = null;
  const possible: PredictedOutcome[] = [];
  const passedBy: string[] = [];
  for (const session of sessions) {
    const decision = decide(requirementFor(session), session, historyOf(history, session.exchange));
    const outcome = outcomeOf(decision, session);
    if (outcome !== null) {
      const because = decision.kind === 'refused' ? [refusalOf(session, decision)] : decision.because;
      if (first === null) first = { outcome, because: [...passedBy, ...because] };
      else possible.push(outcome);
      if (!isUnseen(outcome, session)) return { ...first, possible };
      // It may refuse the message, or end the connection, which leads on to the next one.
      possible.push(NO_DELIVERY);
      continue;
    }
    history = remember(history, session.exchange, decision);
    passedBy.push(`${session.exchange}: ${decision.because.join('; ')}`);
  }
  if (!complete) possible.push(...UNKNOWN_HOSTS);
  if (first !== null) return { ...first, possible: [...possible, NO_DELIVERY] };
  const because = passedBy.length > 0 ? passedBy : ['there is no host to deliver to'];
  return { outcome: NO_DELIVERY, possible, because };
}

/** The answer that ended it, which stands last behind what went before. */
function refusalOf({ exchange }: Evidence, { because }: Decision): string {
  return `${exchange}: ${because.at(-1) ?? 'refused'}`;
}

/** What a decision means for the message; null when delivery goes on to the next address. */
function outcomeOf(decision: Decision, session: Evidence): PredictedOutcome | null {
  switch (decision.kind) {
    case 'clear':
      return { channel: 'clear', host: session.exchange, verified: null };
    case 'encrypted':
      return { channel: 'encrypted', host: session.exchange, verified: decision.verified };
    case 'refused':
      return NO_DELIVERY;
    case 'next':
    // A mode that would do STARTTLS on a session where nobody tried it cannot be told from this evidence.
    case 'start-tls':
      return null;
  }
}

/**
 * Every outcome some order among equal preferences can have, and what a server might still do that was not seen. Hosts
 * of one preference are independent of each other (what is remembered is remembered per MX name), so any of them may
 * come first; the next preference is reached only when each host of this one can be passed by.
 */
function possibleOutcomes(requirementFor: RequirementOfSender, input: PredictionInput): readonly PredictedOutcome[] {
  const outcomes = new Map<string, PredictedOutcome>();
  const add = (outcome: PredictedOutcome): void => {
    outcomes.set(`${outcome.channel} ${outcome.host} ${outcome.verified}`, outcome);
  };
  for (const group of groupsByPreference(input.sessions)) {
    let passable = true;
    for (const host of hostsOf(group)) {
      const seen = hostOutcomes(requirementFor, host);
      for (const outcome of seen.outcomes) add(outcome);
      passable &&= seen.passable;
    }
    if (!passable) return [...outcomes.values()];
  }
  add(NO_DELIVERY);
  if (!input.complete) for (const outcome of UNKNOWN_HOSTS) add(outcome);
  return [...outcomes.values()];
}

interface HostOutcomes {
  readonly outcomes: readonly PredictedOutcome[];
  /** Some order of its addresses leads on to the next host. */
  readonly passable: boolean;
}

/** One host with its addresses in any order: what breaks after the 220 at one of them bars clear text at the others. */
function hostOutcomes(requirementFor: RequirementOfSender, addresses: readonly Evidence[]): HostOutcomes {
  const decided = (history: HostHistory) =>
    addresses.map((session) => ({ session, decision: decide(requirementFor(session), session, history) }));
  const unmarked = decided(NO_HISTORY);
  const breaks = unmarked.some(({ decision }) => breaksAfter220(decision));
  const marked = breaks ? decided({ brokenAfter220: true }) : [];
  const outcomes: PredictedOutcome[] = [];
  for (const { session, decision } of [...unmarked, ...marked]) {
    const outcome = outcomeOf(decision, session);
    if (outcome === null) continue;
    outcomes.push(outcome);
    if (isUnseen(outcome, session)) outcomes.push(NO_DELIVERY);
  }
  const passes = (list: typeof unmarked): boolean =>
    list.every(({ session, decision }) => {
      const outcome = outcomeOf(decision, session);
      return outcome === null || isUnseen(outcome, session);
    });
  return { outcomes, passable: passes(unmarked) || (breaks && passes(marked)) };
}

/** Clear mail to a server that was only tested encrypted: it may answer 530 (RFC 3207 section 4), or go away. */
function isUnseen({ channel }: PredictedOutcome, session: Evidence): boolean {
  return channel === 'clear' && !(wasSentInClear(session) && session.mail.kind === 'seen');
}

function groupsByPreference(sessions: readonly Evidence[]): readonly (readonly Evidence[])[] {
  return [...Map.groupBy(sessions, ({ preference }) => preference).entries()]
    .sort(([a], [b]) => a - b)
    .map(([, group]) => group);
}

function hostsOf(group: readonly Evidence[]): readonly (readonly Evidence[])[] {
  return [...Map.groupBy(group, ({ exchange }) => exchange).values()];
}

function sameOutcome(a: PredictedOutcome, b: PredictedOutcome): boolean {
  return a.channel === b.channel && a.host === b.host && a.verified === b.verified;
}
