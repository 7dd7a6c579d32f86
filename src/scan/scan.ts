/**
 * The deep scan of one address: one connection after the other, each with the question that the answers so far make the most
 * telling, within a budget that is stated and counts every connection, those included that were put off.
 */
import type { Clock } from '../base/clock.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { Net } from '../net/net.ts';
import type { ScanProblem, ScanReport, ScanStep } from '../policy/scan-evidence.ts';
import { exchange } from './exchange.ts';
import { letIn, type Pace, putOff, UNHINDERED } from './pace.ts';
import { type Asked, describeAnswer, describeQuestion } from './question.ts';
import { reportOf } from './report.ts';
import { nextQuestion, type StrategyOptions } from './strategy.ts';

/** Connections to one address: versions, groups, weak classes, whose preference rules. */
export const DEFAULT_BUDGET = 30;
/** For the full order of a long list of suites. */
export const FULL_BUDGET = 120;
/** More than this nobody is asked to bear. */
export const MAX_BUDGET = 500;
/** A scan that a host slows down ends after this, ms. */
export const DEFAULT_TIME_LIMIT_MS = 30 * 60_000;

export interface ScanRequest {
  readonly address: IpAddress;
  readonly port: number;
  /** SNI: the name of the MX host; null for an address literal (RFC 6066 3). */
  readonly serverName: string | null;
  /** Null: the literal of the address connected from. */
  readonly heloName: string | null;
  readonly implicitTls: boolean;
  /** Connections at most, 1 to `MAX_BUDGET`. */
  readonly budget: number;
  /** Tries STARTTLS command injection (S-TLS-5): only where the owner of the host wants it. */
  readonly injectionTest: boolean;
  /** ms for each stage of a connection, absolute. */
  readonly stageTimeoutMs: number;
  /** ms for all of it together, waits included. */
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
  readonly onStep?: ((step: ScanStep, connections: number) => void) | undefined;
}

export interface ScanDependencies {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
}

/** Where the habits of a host are kept from one scan to the next. */
export interface PaceKeeper {
  pace: Pace;
}

/** Runs to the end of the questions, the budget, the time or the host's patience. Never throws for what a peer does. */
export async function scanAddress(
  request: ScanRequest,
  dependencies: ScanDependencies,
  keeper: PaceKeeper = { pace: UNHINDERED },
): Promise<ScanReport> {
  return new Scan(request, dependencies, keeper).run();
}

class Scan {
  readonly #request: ScanRequest;
  readonly #dependencies: ScanDependencies;
  readonly #keeper: PaceKeeper;
  readonly #options: StrategyOptions;
  readonly #startedAt: number;
  readonly #history: Asked[] = [];
  readonly #trail: ScanStep[] = [];
  readonly #throttling = { times: 0, waitedMs: 0, said: '', gaveUp: false };
  #problem: ScanProblem | null = null;
  #connections = 0;
  /** Of the last whole handshake, to be resumed. */
  #session: Buffer | null = null;
  /** Monotonic ms at which the last connection was opened. */
  #openedAt = Number.NEGATIVE_INFINITY;

  constructor(request: ScanRequest, dependencies: ScanDependencies, keeper: PaceKeeper) {
    this.#request = request;
    this.#dependencies = dependencies;
    this.#keeper = keeper;
    this.#options = { serverName: request.serverName, injectionTest: request.injectionTest };
    this.#startedAt = dependencies.clock.monotonic();
  }

  async run(): Promise<ScanReport> {
    const startedAt = new Date(this.#dependencies.clock.now()).toISOString();
    while (this.#connections < this.#request.budget && (await this.#ask())) {
      // One connection after the other.
    }
    const { address, port, budget } = this.#request;
    const { times } = this.#throttling;
    return reportOf(this.#history, this.#options, {
      address: address.text,
      port,
      startedAt,
      elapsedMs: Math.round(this.#elapsedMs()),
      budget,
      connections: this.#connections,
      throttled: times === 0 ? null : { ...this.#throttling },
      problem: this.#problem,
      trail: this.#trail,
    });
  }

  /** One connection. False: that was the last. */
  async #ask(): Promise<boolean> {
    const question = nextQuestion(this.#history, this.#options);
    if (question === null || !(await this.#keepDistance())) return false;
    const { clock } = this.#dependencies;
    this.#openedAt = clock.monotonic();
    this.#connections += 1;
    const contact = await exchange(question, this.#request, this.#dependencies, this.#session);
    const asked = describeQuestion(question);
    const ms = Math.round(clock.monotonic() - this.#openedAt);
    if (contact.kind === 'answered') {
      const { answer, session } = contact;
      this.#keeper.pace = letIn(this.#keeper.pace);
      this.#session = session ?? this.#session;
      this.#note({ asked, answer: describeAnswer(answer), ms, putOff: false });
      this.#history.push({ question, answer, step: this.#trail.length });
      return true;
    }
    const said = contact.kind === 'put-off' ? contact.said : contact.problem.detail;
    // Who has spoken TLS before and now will not has had enough of us: that is no news about its TLS.
    const spokeBefore = this.#history.length > 0 && contact.kind === 'problem' && contact.problem.kind !== 'cancelled';
    if (contact.kind === 'problem' && !spokeBefore) {
      this.#note({ asked, answer: said, ms, putOff: false });
      this.#problem = contact.problem;
      return false;
    }
    this.#note({ asked, answer: said, ms, putOff: true });
    return this.#waitAfter(said);
  }

  async #waitAfter(said: string): Promise<boolean> {
    const { pace, waitMs } = putOff(this.#keeper.pace);
    this.#keeper.pace = pace;
    this.#throttling.times += 1;
    this.#throttling.said = said;
    if (waitMs === null || this.#connections >= this.#request.budget || !(await this.#wait(waitMs))) {
      this.#throttling.gaveUp = true;
      return false;
    }
    return true;
  }

  /** Between two connections, once the host has asked for it. */
  async #keepDistance(): Promise<boolean> {
    const due = this.#openedAt + this.#keeper.pace.spacingMs - this.#dependencies.clock.monotonic();
    if (due <= 0) return true;
    if (await this.#wait(due)) return true;
    this.#throttling.gaveUp = this.#throttling.times > 0;
    return false;
  }

  /** False when the time is up first, or nobody wants to know any more. */
  async #wait(ms: number): Promise<boolean> {
    const { signal, timeLimitMs } = this.#request;
    if (this.#elapsedMs() + ms > timeLimitMs) return false;
    this.#throttling.waitedMs += Math.round(ms);
    await pause(this.#dependencies.clock, ms, signal);
    if (!signal.aborted) return true;
    this.#problem = { kind: 'cancelled', detail: 'the scan was stopped' };
    return false;
  }

  #elapsedMs(): number {
    return this.#dependencies.clock.monotonic() - this.#startedAt;
  }

  #note(step: ScanStep): void {
    this.#trail.push(step);
    this.#request.onStep?.(step, this.#connections);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.setTimer(ms, done);
    signal.addEventListener('abort', done);
  });
}
