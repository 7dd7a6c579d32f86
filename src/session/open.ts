/**
 * The engine: one SMTP session with one address of one MX host, for the probe and for delivery alike. In order:
 *
 *   1. connect                      the TCP connection (with implicit TLS the handshake follows at once)
 *   2. greeting                     220, or a refusal, or nothing
 *   3. EHLO                         HELO when EHLO is refused for good (S-MX-16)
 *   4. steer                        the caller says: STARTTLS, go on in clear, or stop
 *   5. STARTTLS                     220 or not; bytes in clear behind the 220 end the session (S-TLS-3)
 *   6. handshake, chain, identity   looked at always, judged by nobody here
 *   7. EHLO again                   all knowledge from before TLS is gone (RFC 3207 4.2, R85)
 *   8. steer                        the caller says: go on, or stop
 *   9. AUTH, MAIL, RCPT             what was asked for
 *  10. QUIT                         and wait for the 221
 *
 * Three promises hold whatever the caller steers and the peer does. No MAIL goes out in clear unless the caller said so
 * and no 220 to STARTTLS was seen. Nothing read before the handshake survives it. Every wait has a deadline and ends
 * with the caller's signal.
 */
import type { Socket } from 'node:net';
import type { SecureVersion } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { addressLiteral, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome } from '../base/outcome.ts';
import type { Net } from '../net/net.ts';
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { DialogueFailure, EhloSeen, Evidence, NotTried, Phase, TranscriptLine } from '../policy/evidence.ts';
import { type SmtpCommand, writeCommand } from '../smtp/command.ts';
import { namesStarttlsInGreeting, parseEhloReply } from '../smtp/ehlo.ts';
import type { SmtpReply } from '../smtp/reply.ts';
import { authenticate, type Credentials } from './authenticate.ts';
import { type ClientCertificate, shakeHands } from './handshake.ts';
import { ReplyChannel } from './reply-channel.ts';
import { Transcript } from './transcript.ts';

/** How long a 221 is waited for, ms; its absence changes nothing (S-TLS-10). */
export const QUIT_WAIT_MS = 2_000;
/** A session ends after this whatever happens, ms: ten stages of thirty seconds. */
export const DEFAULT_SESSION_TIMEOUT_MS = 300_000;

export interface SessionTarget {
  /** MX host name, or the text of the address. Sent as SNI when it is a name (R86). */
  readonly exchange: string;
  readonly preference: number;
  readonly address: IpAddress;
  readonly port: number;
}

/** What the session needs judged; `app` puts the trust anchors and the reverse look-up behind it. */
export interface CertificateJudge {
  judgeChain(chainAsSent: readonly Buffer[], ocspStaple: Buffer | null): ChainVerdict;
  judgeIdentity(chainAsSent: readonly Buffer[], signal: AbortSignal): IdentityVerdict | Promise<IdentityVerdict>;
}

export type Course = 'start-tls' | 'in-clear' | 'go-on' | 'stop';

/**
 * Asked with the evidence so far after EHLO, after a STARTTLS that was refused before its 220, and inside TLS after the
 * second EHLO. `start-tls` counts only after EHLO, `in-clear` only where no 220 was seen, `go-on` only inside TLS.
 */
export type Steer = (evidence: Evidence) => Course;

export interface SessionPlan {
  readonly target: SessionTarget;
  /** Null: the literal of the address connected from (RFC 5321 4.1.4). */
  readonly heloName: string | null;
  readonly steer: Steer;
  readonly implicitTls: boolean;
  /** Empty for the null reverse-path; null to leave MAIL out. */
  readonly mailFrom: string | null;
  readonly rcptTo: string | null;
  readonly credentials: Credentials | null;
  readonly clientCertificate: ClientCertificate | null;
  readonly minTlsVersion: SecureVersion;
  readonly askForStaple: boolean;
  /** ms for each stage, absolute. */
  readonly stageTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly onPhase?: ((phase: keyof Evidence, evidence: Evidence) => void) | undefined;
}

export interface SessionDependencies {
  readonly net: Net;
  readonly clock: Clock;
  readonly judge: CertificateJudge;
}

export interface OpenedSession {
  readonly evidence: Evidence;
  readonly transcript: readonly TranscriptLine[];
}

/** The probe's course: everything that can be tried is tried, and nothing found stops it (R14). */
export const OBSERVE: Steer = (evidence) => {
  if (evidence.handshake.kind === 'seen') return 'go-on';
  if (evidence.starttls.kind === 'failed') return 'in-clear';
  return offersStarttls(evidence) ? 'start-tls' : 'in-clear';
};

/** STARTTLS is left alone although it is offered: the test whether a host takes mail in clear (R24). */
export const STAY_IN_CLEAR: Steer = () => 'in-clear';

/** Runs the session to its end and closes it. Never throws for what the peer or the network does. */
export async function openSession(plan: SessionPlan, dependencies: SessionDependencies): Promise<OpenedSession> {
  const deadline = startDeadline(dependencies.clock, plan.sessionTimeoutMs, plan.signal);
  const session = new Session(plan, dependencies, deadline.signal);
  try {
    await session.run();
  } finally {
    session.close();
    deadline.dispose();
  }
  return { evidence: session.evidence, transcript: session.transcript.lines };
}

type Draft = { -readonly [Name in keyof Evidence]: Evidence[Name] };
type DialoguePhase = 'greeting' | 'ehlo' | 'starttls' | 'ehloUnderTls' | 'auth' | 'mail' | 'rcpt';

const NOT_REACHED = { kind: 'not-reached' } as const;

class Session {
  readonly transcript: Transcript;
  readonly #plan: SessionPlan;
  readonly #dependencies: SessionDependencies;
  readonly #signal: AbortSignal;
  readonly #draft: Draft;
  #phaseEndedAt: number;
  #socket: Socket | null = null;
  #channel: ReplyChannel | null = null;
  #heloName = '';

  constructor(plan: SessionPlan, dependencies: SessionDependencies, signal: AbortSignal) {
    const { exchange, preference, address, port } = plan.target;
    this.#plan = plan;
    this.#dependencies = dependencies;
    this.#signal = signal;
    this.transcript = new Transcript(dependencies.clock);
    this.#phaseEndedAt = dependencies.clock.monotonic();
    this.#draft = {
      exchange,
      preference,
      address: address.text,
      port,
      startedAt: dependencies.clock.now(),
      connect: NOT_REACHED,
      greeting: NOT_REACHED,
      ehlo: NOT_REACHED,
      starttls: NOT_REACHED,
      handshake: NOT_REACHED,
      path: NOT_REACHED,
      identity: NOT_REACHED,
      dane: NOT_REACHED,
      ehloUnderTls: NOT_REACHED,
      auth: plan.credentials === null ? notTried('not-asked') : NOT_REACHED,
      mail: plan.mailFrom === null ? notTried('not-asked') : NOT_REACHED,
      rcpt: plan.rcptTo === null || plan.mailFrom === null ? notTried('not-asked') : NOT_REACHED,
    };
  }

  get evidence(): Evidence {
    return { ...this.#draft };
  }

  async run(): Promise<void> {
    if (!(await this.#connect())) return;
    const { implicitTls } = this.#plan;
    if (implicitTls) {
      this.#draft.starttls = notTried('implicit-tls');
      if (!(await this.#encrypt())) return;
    }
    if (!(await this.#greet()) || !(await this.#sayEhlo())) return this.#quit();
    if (implicitTls) {
      this.#draft.ehloUnderTls = notTried('implicit-tls');
    } else {
      const course = await this.#chooseCourse();
      if (course === 'broken') return;
      if (course === 'stop') return this.#quit();
    }
    if (this.transcript.tls && this.#plan.steer(this.evidence) !== 'go-on') return this.#quit();
    await this.#sendEnvelope();
    await this.#quit();
  }

  /** Ends the connection, wherever the session stands. */
  close(): void {
    this.#channel?.detach();
    this.#socket?.on('error', () => {});
    this.#socket?.destroy();
  }

  async #connect(): Promise<boolean> {
    const { target, stageTimeoutMs, heloName } = this.#plan;
    const { address, port } = target;
    const opened = await this.#dependencies.net.connect({
      address,
      port,
      timeoutMs: stageTimeoutMs,
      signal: this.#signal,
    });
    if (!opened.ok) {
      this.#end('connect', { kind: 'failed', ms: this.#lap(), failure: opened.failure });
      return false;
    }
    const { socket, localAddress } = opened.value;
    this.#use(socket);
    const local = parseIpAddress(localAddress);
    this.#heloName = heloName ?? (local === null ? 'localhost' : addressLiteral(local));
    this.transcript.note('Connected to server');
    this.#end('connect', { kind: 'seen', ms: this.#lap(), value: { localAddress } });
    return true;
  }

  async #greet(): Promise<boolean> {
    const reply = await this.#read();
    const good = this.#record('greeting', reply, (code) => code === 220);
    if (good) this.transcript.note('We are allowed to connect');
    return good;
  }

  /** EHLO, and HELO where EHLO is refused for good: a 4xx is a request to come back, not to try something else. */
  async #sayEhlo(): Promise<boolean> {
    const ehlo = await this.#command({ verb: 'EHLO', name: this.#heloName });
    if (ehlo.ok && ehlo.value.code >= 500) {
      const helo = await this.#command({ verb: 'HELO', name: this.#heloName });
      return this.#recordEhlo('ehlo', 'HELO', helo, ehlo.value);
    }
    return this.#recordEhlo('ehlo', 'EHLO', ehlo, null);
  }

  /** Steps 4 to 7. `broken`: nothing more may be sent on this connection. */
  async #chooseCourse(): Promise<'go-on' | 'stop' | 'broken'> {
    let course = this.#plan.steer(this.evidence);
    if (course === 'start-tls' && offersStarttls(this.evidence)) {
      this.transcript.note('TLS is an option on this server');
      const tried = await this.#startTls();
      if (tried === 'encrypted') return 'go-on';
      if (tried === 'broken') return 'broken';
      course = this.#plan.steer(this.evidence);
    } else {
      this.#draft.starttls = notTried(this.#whyNoStarttls());
    }
    if (course !== 'in-clear') return 'stop';
    this.#withoutTls();
    return 'go-on';
  }

  /** Steps 5 to 7: `refused` leaves a connection that can be used in clear, `broken` does not. */
  async #startTls(): Promise<'encrypted' | 'refused' | 'broken'> {
    const reply = await this.#command({ verb: 'STARTTLS' });
    if (!this.#record('starttls', reply, (code) => code === 220)) {
      return reply.ok && reply.value.code !== 421 ? 'refused' : 'broken';
    }
    this.transcript.note('STARTTLS command works on this server');
    const behind = this.#channel?.takeUnread() ?? Buffer.alloc(0);
    if (behind.length > 0) {
      const failure = { kind: 'injected', bytes: behind.length, sample: behind.toString('latin1', 0, 200) } as const;
      this.transcript.warning(`${behind.length} bytes in clear stand behind the 220: the session ends here`);
      this.#draft.starttls = { kind: 'failed', ms: msOf(this.#draft.starttls), failure };
      return 'broken';
    }
    if (!(await this.#encrypt())) return 'broken';
    const ehlo = await this.#command({ verb: 'EHLO', name: this.#heloName });
    if (!this.#recordEhlo('ehloUnderTls', 'EHLO', ehlo, null)) return 'broken';
    this.transcript.note('TLS successfully started on this server');
    if (this.#draft.ehloUnderTls.kind === 'seen' && offers(this.#draft.ehloUnderTls.value, 'STARTTLS')) {
      this.transcript.warning('warning: STARTTLS after second EHLO (see RFC3207 #4.2)');
    }
    return 'encrypted';
  }

  /** Step 6. What was read before does not survive: the channel is a new one. */
  async #encrypt(): Promise<boolean> {
    const { target, judge } = { ...this.#plan, ...this.#dependencies };
    if (this.#socket === null) return false;
    this.#channel?.detach();
    const encrypted = await shakeHands({
      socket: this.#socket,
      clock: this.#dependencies.clock,
      serverName: parseIpAddress(target.exchange) === null ? target.exchange : null,
      minTlsVersion: this.#plan.minTlsVersion,
      clientCertificate: this.#plan.clientCertificate,
      askForStaple: this.#plan.askForStaple,
      timeoutMs: this.#plan.stageTimeoutMs,
      signal: this.#signal,
    });
    if (!encrypted.ok) {
      this.#end('handshake', { kind: 'failed', ms: this.#lap(), failure: encrypted.failure });
      return false;
    }
    const { socket, session, chainAsSent, ocspStaple } = encrypted.value;
    this.#use(socket);
    this.transcript.note('Connection converted to SSL');
    this.transcript.tls = true;
    this.#end('handshake', { kind: 'seen', ms: this.#lap(), value: session });
    const chain = judge.judgeChain(chainAsSent, ocspStaple);
    this.#end('path', { kind: 'seen', ms: this.#lap(), value: chain });
    const identity = await judge.judgeIdentity(chainAsSent, this.#signal);
    this.transcript.certificates(session, chain, identity);
    this.#end('identity', { kind: 'seen', ms: this.#lap(), value: identity });
    this.#end('dane', { kind: 'seen', ms: 0, value: { status: 'not-tested', usage: null } });
    return true;
  }

  async #sendEnvelope(): Promise<void> {
    const { credentials, mailFrom, rcptTo } = this.#plan;
    if (credentials !== null) {
      // Secrets go nowhere but inside TLS.
      if (!this.transcript.tls) this.#draft.auth = notTried('no-session');
      else if (!this.#record('auth', await this.#authenticate(credentials), (code) => code === 235)) return;
    }
    if (mailFrom === null) return;
    const mail = await this.#command({ verb: 'MAIL', reversePath: mailFrom, parameters: [] });
    if (!this.#record('mail', mail, isPositive)) return;
    this.transcript.note('Sender is OK');
    if (rcptTo === null) return;
    const rcpt = await this.#command({ verb: 'RCPT', forwardPath: rcptTo, parameters: [] });
    if (this.#record('rcpt', rcpt, isPositive)) this.transcript.note('Recipient OK, E-mail address proofed');
  }

  #authenticate(credentials: Credentials): Promise<Outcome<SmtpReply, DialogueFailure>> {
    return authenticate(credentials, async (line, shown) => {
      this.transcript.sent(shown);
      this.#channel?.send(line);
      return this.#read();
    });
  }

  /** QUIT, then the 221 or the end, for a short while: what the session showed is already written down. */
  async #quit(): Promise<void> {
    const channel = this.#channel;
    if (channel === null) return;
    this.transcript.sent('QUIT');
    channel.send('QUIT');
    const reply = await channel.read(QUIT_WAIT_MS);
    if (reply.ok) this.transcript.received(reply.value);
  }

  #use(socket: Socket): void {
    const { clock } = this.#dependencies;
    this.#socket = socket;
    this.#channel = new ReplyChannel({
      socket,
      clock,
      received: this.#channel?.received ?? 0,
      stageTimeoutMs: this.#plan.stageTimeoutMs,
      signal: this.#signal,
    });
  }

  async #command(command: SmtpCommand): Promise<Outcome<SmtpReply, DialogueFailure>> {
    const line = writeCommand(command);
    this.transcript.sent(line);
    this.#channel?.send(line);
    return this.#read();
  }

  async #read(): Promise<Outcome<SmtpReply, DialogueFailure>> {
    if (this.#channel === null) return failed({ kind: 'cancelled' });
    const reply = await this.#channel.read();
    if (reply.ok) this.transcript.received(reply.value);
    return reply;
  }

  /** Writes a reply into its phase: seen when `isGood`, refused when not. */
  #record(
    phase: Exclude<DialoguePhase, 'ehlo' | 'ehloUnderTls'>,
    reply: Outcome<SmtpReply, DialogueFailure>,
    isGood: (code: number) => boolean,
  ): boolean {
    const ms = this.#lap();
    const good = reply.ok && isGood(reply.value.code);
    if (good) this.#end(phase, { kind: 'seen', ms, value: reply.value });
    else this.#end(phase, { kind: 'failed', ms, failure: failureOf(reply) });
    return good;
  }

  #recordEhlo(
    phase: 'ehlo' | 'ehloUnderTls',
    verb: 'EHLO' | 'HELO',
    reply: Outcome<SmtpReply, DialogueFailure>,
    ehloRefusal: SmtpReply | null,
  ): boolean {
    const ms = this.#lap();
    if (!reply.ok || !isPositive(reply.value.code)) {
      this.#end(phase, { kind: 'failed', ms, failure: failureOf(reply) });
      return false;
    }
    if (phase === 'ehlo') this.transcript.note('We can use this server');
    const read = parseEhloReply(reply.value);
    const value: EhloSeen = {
      ...(verb === 'EHLO' ? read : { ...read, keywords: [] }),
      verb,
      reply: reply.value,
      starttlsOnGreetingLine: namesStarttlsInGreeting(reply.value),
      ehloRefusal,
    };
    this.#end(phase, { kind: 'seen', ms, value });
    return true;
  }

  #whyNoStarttls(): NotTried {
    const { ehlo } = this.#draft;
    if (ehlo.kind === 'seen' && ehlo.value.verb === 'HELO') return 'helo-only';
    return offersStarttls(this.evidence) ? 'not-asked' : 'not-offered';
  }

  #withoutTls(): void {
    for (const phase of ['handshake', 'path', 'identity', 'dane', 'ehloUnderTls'] as const) {
      this.#draft[phase] = notTried('no-session');
    }
  }

  #end<Name extends keyof Evidence>(phase: Name, seen: Evidence[Name]): void {
    this.#draft[phase] = seen;
    this.#plan.onPhase?.(phase, this.evidence);
  }

  /** ms since the end of the phase before. */
  #lap(): number {
    const now = this.#dependencies.clock.monotonic();
    const ms = now - this.#phaseEndedAt;
    this.#phaseEndedAt = now;
    return ms;
  }
}

function notTried(why: NotTried): Phase<never, never> {
  return { kind: 'not-tried', why };
}

function isPositive(code: number): boolean {
  return code >= 200 && code < 300;
}

function failureOf(reply: Outcome<SmtpReply, DialogueFailure>): DialogueFailure {
  return reply.ok ? { kind: 'refused', reply: reply.value } : reply.failure;
}

function msOf(phase: Phase<unknown, unknown>): number {
  return phase.kind === 'seen' || phase.kind === 'failed' ? phase.ms : 0;
}

function offers({ keywords }: EhloSeen, wanted: string): boolean {
  return keywords.some(({ keyword }) => keyword === wanted);
}

function offersStarttls({ ehlo }: Evidence): boolean {
  return ehlo.kind === 'seen' && offers(ehlo.value, 'STARTTLS');
}
