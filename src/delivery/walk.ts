/**
 * Handing one message over: the second reader of the engine. It walks the route the probe walks, in the same order, and
 * stops at the first host that serves.
 *
 *   1. the route of the destination, or the operator's own; null MX, no such domain and DNS failures end here
 *   2. at each address: what the host's owner published, a session opened and steered by `decide`
 *   3. where mail may go: MAIL, RCPT and the text, for all recipients that are left
 *   4. what no host took is deferred, or fails where every host has said that it always will
 *
 * Every recipient comes out with exactly one outcome, whatever the peers do.
 */
import type { Clock } from '../base/clock.ts';
import { type Deadline, startDeadline } from '../base/deadline.ts';
import type { DaneLookup } from '../dane/lookup.ts';
import { type AttemptHistory, EMPTY_HISTORY, historyOf, remember } from '../policy/attempt-history.ts';
import { type Decision, decide } from '../policy/decide.ts';
import type { Evidence } from '../policy/evidence.ts';
import { type Requirement, requirementOf } from '../policy/requirement.ts';
import type { Course, OpenedSession } from '../session/open.ts';
import type { EhloReply } from '../smtp/ehlo.ts';
import { courseOf } from './course.ts';
import type { ConnectionFacts, OnDeliveryEvent, PublishedFacts } from './events.ts';
import { unfitness } from './fitness.ts';
import type {
  HandedOver,
  HandOver,
  HandOverOrder,
  HostAttempt,
  OutgoingMessage,
  RecipientOutcome,
} from './hand-over.ts';
import { Line } from './line.ts';
import { setBack } from './outcome.ts';
import { isPublished, type LookUpPublished, Publications } from './publications.ts';
import { overridesPublished, requirementsOver } from './requirement.ts';
import { findRoute, type Leg, type RouteDependencies, type RouteStop } from './route.ts';
import {
  ALL_BUSY,
  connectFailureOf,
  forRequireTls,
  LOST,
  lostAt,
  NO_HOST,
  type Place,
  type Setback,
  STOPPED,
  setbackOf,
  unfitAt,
  worstOf,
} from './setback.ts';
import type { DeliverySettings } from './settings.ts';
import type { Recipient } from './transaction.ts';
import { untouched } from './untouched.ts';

type TargetStop = Extract<RouteStop, { kind: 'target' }>;

/** One session to be opened for delivery. */
export interface DeliverySession {
  readonly stop: TargetStop;
  readonly port: number;
  readonly order: HandOverOrder;
  readonly dane: DaneLookup | null;
  /** What the requirement asks at least, to be offered. */
  readonly minTlsVersion: Requirement['minTlsVersion'];
  readonly settings: DeliverySettings;
  readonly steer: (evidence: Evidence) => Course;
  readonly onConnected: (evidence: Evidence) => void;
}

export interface HandOverDependencies extends Omit<RouteDependencies, 'turn'>, LookUpPublished {
  readonly clock: Clock;
  /** The port of SMTP where nothing else is said. */
  readonly port: number;
  readonly settings: () => DeliverySettings;
  readonly openSession: (session: DeliverySession) => Promise<OpenedSession>;
  readonly emit: OnDeliveryEvent;
}

export function createHandOver(dependencies: HandOverDependencies): HandOver {
  const turns = new Map<string, number>();
  const turn: RouteDependencies['turn'] = (route) => {
    const key = JSON.stringify(route);
    const at = turns.get(key) ?? 0;
    turns.set(key, at + 1);
    return at;
  };
  return (order, message) => new Walk({ ...dependencies, turn }, order, message).run();
}

class Walk {
  readonly #dependencies: HandOverDependencies & RouteDependencies;
  readonly #order: HandOverOrder;
  readonly #message: OutgoingMessage;
  readonly #outcomes: RecipientOutcome[] = [];
  readonly #attempts: HostAttempt[] = [];
  readonly #setbacks: Setback[] = [];
  readonly #publications: Publications;
  /** Recipients, by RID, that an address was asked about, and those that every address so far had no room for. */
  readonly #fates = new Map<number, 'tried' | 'waits'>();
  #left: readonly Recipient[];
  #history: AttemptHistory = EMPTY_HISTORY;
  #contacted = false;
  #busy = false;

  constructor(dependencies: HandOverDependencies & RouteDependencies, order: HandOverOrder, message: OutgoingMessage) {
    this.#dependencies = dependencies;
    this.#order = order;
    this.#message = message;
    this.#left = message.recipients;
    const { controls, signal } = order;
    this.#publications = new Publications({ ...dependencies, controls, signal });
  }

  async run(): Promise<HandedOver> {
    const { controls, attempt = 0, signal } = this.#order;
    const ipPreference = attempt % 2 === 0 ? controls.ipPreference : OTHER_FAMILY_FIRST[controls.ipPreference];
    const { stops, setbacks } = await findRoute({ ...this.#order, ipPreference }, this.#dependencies);
    this.#setbacks.push(...setbacks);
    let line: Line | null = null;
    for (const stop of stops) {
      while (this.#left.length > 0 && !signal.aborted && line === null) {
        if (stop.kind === 'discard') {
          this.#discard();
          break;
        }
        const tried = await this.#try(stop);
        line = tried.line;
        if (!tried.again) break;
      }
    }
    return { report: this.#report(), line };
  }

  #report(): HandedOver['report'] {
    const busy = this.#busy && !this.#contacted && this.#outcomes.length === 0;
    const worst = worstOf(this.#setbacks) ?? (this.#order.signal.aborted ? STOPPED : busy ? ALL_BUSY : NO_HOST);
    // An address that was busy might have taken it.
    const told = this.#busy || this.#order.signal.aborted ? { ...worst, permanent: false } : worst;
    const lost = this.#left.map((recipient) =>
      this.#fates.get(recipient.rid) === 'waits'
        ? { ...setBack(recipient, ALL_BUSY), waits: true }
        : setBack(recipient, told),
    );
    return {
      recipients: [...this.#outcomes, ...lost].sort((a, b) => a.rid - b.rid),
      attempts: this.#attempts,
      contacted: this.#contacted,
      busy,
    };
  }

  #discard(): void {
    const because = ['the SMTP route drops it (/dev/null)'];
    const dropped = { result: 'delivered', channel: 'none', verified: null, host: null, ip: null, dcid: 0 } as const;
    const said = { status: '2.0.0', reason: '', reply: { code: '000', lines: [] }, category: 'none' } as const;
    this.#outcomes.push(
      ...this.#left.map(({ rid, address }) => ({ rid, address, ...dropped, ...said, possible: false, because })),
    );
    this.#left = [];
  }

  /** One address: what it takes is an outcome, what it does not is left. */
  async #try(stop: TargetStop): Promise<{ readonly line: Line | null; readonly again: boolean }> {
    const { host, address, leg } = stop;
    const published = await this.#publications.at(host.exchange, leg.policyDomain, {
      port: this.#portOf(leg),
      nameSecurity: leg.nameSecurity,
    });
    const blank = untouched(host, address, this.#portOf(leg));
    const requirement = this.#requirements(stop, published)(this.#message.options, blank);
    const beforehand = this.#decide(requirement, blank);
    if (beforehand.kind === 'next' && beforehand.event === 'E13') {
      const dcid = await this.#order.nextDcid();
      this.#tellJudged({ ...stop, published, evidence: blank, decision: beforehand, dcid });
      this.#passBy(beforehand, blank, { host: host.exchange, ip: address.text, dcid });
      return NOTHING;
    }
    const release = await this.#order.admit(address.text);
    if (release === null)
      return this.#passBusy(stop, 'as many connections to this address as are allowed stand already');
    const { clock, settings } = this.#dependencies;
    const deadline = startDeadline(clock, settings().timeouts.handOver * 1000);
    let waiting: readonly Recipient[] = [];
    try {
      const allowed = (await this.#order.allow?.(address.text, this.#left.length)) ?? this.#left.length;
      waiting = this.#left.slice(allowed);
      this.#left = this.#left.slice(0, allowed);
      this.#note(waiting);
      if (allowed > 0) return await this.#connect(stop, published, requirement, release, deadline);
      release();
      return this.#passBusy(stop, 'as many recipients as are allowed at this address have had mail already');
    } catch (error) {
      release();
      throw error;
    } finally {
      deadline.dispose();
      this.#left = [...this.#left, ...waiting];
    }
  }

  #note(waiting: readonly Recipient[]): void {
    for (const { rid } of this.#left) this.#fates.set(rid, 'tried');
    for (const { rid } of waiting) if (!this.#fates.has(rid)) this.#fates.set(rid, 'waits');
  }

  #passBusy({ host, address }: TargetStop, detail: string): typeof NOTHING {
    this.#busy = true;
    this.#attempts.push({ host: host.exchange, ip: address.text, dcid: 0, event: null, action: 'busy', detail });
    return NOTHING;
  }

  async #connect(
    stop: TargetStop,
    published: PublishedFacts,
    { minTlsVersion }: Requirement,
    release: () => void,
    deadline: Deadline,
  ): Promise<{ readonly line: Line | null; readonly again: boolean }> {
    const { clock, openSession, emit, settings: read } = this.#dependencies;
    const { host, address, leg } = stop;
    const { controls } = this.#order;
    const settings = read();
    const dcid = await this.#order.nextDcid();
    const place: Place = { host: host.exchange, ip: address.text, dcid };
    const requirements = this.#requirements(stop, published);
    const requirementFor = ({ options }: OutgoingMessage, evidence: Evidence): Requirement =>
      requirements(options, evidence);
    const judge = (evidence: Evidence): Decision => this.#decide(requirementFor(this.#message, evidence), evidence);
    let opened = false;
    const { evidence, connection } = await openSession({
      stop,
      port: this.#portOf(leg),
      order: this.#order,
      dane: published.dane,
      minTlsVersion,
      settings,
      steer: (seen) => courseOf(judge(seen)),
      onConnected: (seen) => {
        opened = true;
        this.#contacted = true;
        emit({ kind: 'connection-opened', at: clock.now(), ...this.#factsOf(place, seen, leg) });
      },
    });
    const decision = judge(evidence);
    this.#tellJudged({ ...stop, published, evidence, decision, dcid });
    if (connection === null || (decision.kind !== 'encrypted' && decision.kind !== 'clear')) {
      const passed = decision.kind === 'next' ? decision : LOST;
      this.#alert(passed, place);
      connection?.close();
      if (opened) emit({ kind: 'connection-closed', at: clock.now(), dcid });
      release();
      this.#passBy(passed, evidence, place);
      return NOTHING;
    }
    const line = new Line({
      connection,
      evidence,
      history: historyOf(this.#history, host.exchange),
      place,
      requirementFor,
      settings,
      maxMessages: controls.maxMessagesPerConnection,
      clock,
      emit,
      onClosed: release,
      signal: this.#order.signal,
    });
    return this.#carry(line, decision, place, connection.ehlo, deadline);
  }

  async #carry(
    line: Line,
    decision: Extract<Decision, { kind: 'clear' | 'encrypted' }>,
    place: Place,
    ehlo: EhloReply,
    deadline: Deadline,
  ): Promise<{ readonly line: Line | null; readonly again: boolean }> {
    const unfit = unfitness({ ...this.#message, recipients: this.#left }, ehlo);
    if (unfit !== null) {
      await line.close();
      const setback = unfitAt(place, unfit);
      this.#attempts.push({ ...attemptAt(place, 'E12'), action: 'refused', detail: unfit.detail });
      if (unfit.ends === 'host') {
        this.#outcomes.push(...this.#left.map((recipient) => setBack(recipient, setback)));
        this.#left = [];
      } else this.#setbacks.push(setback);
      return NOTHING;
    }
    const carried = await line.carry(this.#message, this.#left, deadline);
    this.#outcomes.push(...carried.outcomes);
    this.#left = carried.left;
    const refused = carried.outcomes.length > 0 && carried.outcomes.every(({ channel }) => channel === 'none');
    const lost = carried.setback ?? (carried.left.length > 0 && !carried.again ? lostAt(place) : null);
    if (lost !== null) this.#setbacks.push(lost);
    this.#attempts.push({
      ...attemptAt(place, lost?.event ?? (refused ? 'E12' : decision.event)),
      action: lost !== null && carried.outcomes.length === 0 ? 'next' : refused ? 'refused' : decision.kind,
      detail: (lost?.because ?? carried.outcomes[0]?.because ?? decision.because).join('; '),
    });
    if (carried.left.length > 0 || this.#order.signal.aborted || !line.usable) {
      await line.close();
      return { line: null, again: carried.again };
    }
    return { line, again: false };
  }

  #tellJudged(
    judged: Pick<TargetStop, 'host' | 'address' | 'leg'> & {
      readonly published: PublishedFacts;
      readonly evidence: Evidence;
      readonly decision: Decision;
      readonly dcid: number;
    },
  ): void {
    const { host, address, leg, published, evidence, decision, dcid } = judged;
    const { controls } = this.#order;
    const overridden = overridesPublished(controls) && isPublished(published);
    const facts = this.#factsOf({ host: host.exchange, ip: address.text, dcid }, evidence, leg);
    const at = this.#dependencies.clock.now();
    this.#dependencies.emit({
      kind: 'session-judged',
      at,
      ...facts,
      evidence,
      decision,
      controls,
      published,
      overridden,
      ...(this.#message.options.tlsOptional ? { tlsOptional: true } : {}),
    });
  }

  #passBy(decision: Extract<Decision, { kind: 'next' }>, evidence: Evidence, place: Place): void {
    // A connection that never was has no number in the report.
    const setback = setbackOf(decision, evidence, evidence.connect.kind === 'seen' ? place : { ...place, dcid: 0 });
    this.#setbacks.push(this.#message.options.requireTls ? forRequireTls(setback, evidence) : setback);
    this.#history = remember(this.#history, place.host, decision);
    this.#attempts.push({
      ...attemptAt(place, decision.event),
      action: 'next',
      detail: decision.because.join('; '),
      unconnected: connectFailureOf(evidence),
    });
  }

  /** R122: only where the operator's own mode asks for TLS. */
  #alert({ alert, event, because }: Extract<Decision, { kind: 'next' }>, { dcid, host, ip }: Place): void {
    const { destination, controls } = this.#order;
    if (!alert || requirementOf(controls.tls).starttls !== 'always') return;
    const at = this.#dependencies.clock.now();
    const detail = because.join('; ');
    const mode = controls.tls;
    this.#dependencies.emit({ kind: 'tls-alert', at, dcid, destination, mode, host, address: ip, event, detail });
  }

  #decide(requirement: Requirement, evidence: Evidence): Decision {
    return decide(requirement, evidence, historyOf(this.#history, evidence.exchange));
  }

  #requirements({ host, leg }: TargetStop, { dane, mtaSts }: PublishedFacts): ReturnType<typeof requirementsOver> {
    const policy = mtaSts?.kind === 'policy' ? mtaSts.policy : null;
    const published = { exchange: host.exchange, dane, mtaSts: policy };
    return requirementsOver({
      controls: this.#order.controls,
      published,
      nameSecure: leg.mxNameSecure || leg.explicit,
    });
  }

  #portOf({ port }: Leg): number {
    return port ?? this.#dependencies.port;
  }

  #factsOf({ dcid, host, ip }: Place, { connect }: Evidence, leg: Leg): ConnectionFacts {
    return {
      dcid,
      destination: this.#order.destination,
      exchange: host,
      address: ip,
      port: this.#portOf(leg),
      localAddress: connect.kind === 'seen' ? connect.value.localAddress : '',
      gateway: this.#order.gateway?.name ?? null,
    };
  }
}

const NOTHING = { line: null, again: false } as const;

const OTHER_FAMILY_FIRST = {
  'prefer-v6': 'prefer-v4',
  'prefer-v4': 'prefer-v6',
  'require-v6': 'require-v6',
  'require-v4': 'require-v4',
} as const;

function attemptAt({ host, ip, dcid }: Place, event: HostAttempt['event']) {
  return { host, ip, dcid, event };
}
