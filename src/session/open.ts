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
 *  10. QUIT                         and wait for the 221; or the connection is handed over open
 *
 * Three promises hold whatever the caller steers and the peer does. No MAIL goes out in clear unless the caller said so
 * and no 220 to STARTTLS was seen. Nothing read before the handshake survives it. Every wait has a deadline and ends
 * with the caller's signal.
 */
import { startDeadline } from '../base/deadline.ts';
import { addressLiteral, parseIpAddress } from '../base/ip-address.ts';
import type { EhloSeen, Evidence, TranscriptLine } from '../policy/evidence.ts';
import type { SmtpCommand } from '../smtp/command.ts';
import { authMechanismsOf, offers } from '../smtp/ehlo.ts';
import { isClosing, isPermanent } from '../smtp/reply.ts';
import { authenticate, hideSecrets } from './authenticate.ts';
import { Dialogue } from './dialogue.ts';
import { EvidenceDraft } from './evidence-draft.ts';
import { shakeHands } from './handshake.ts';
import { offersStarttls, type SessionDependencies, type SessionPlan } from './plan.ts';
import type { ReplyResult } from './reply-channel.ts';

export type { Credentials } from './authenticate.ts';
export {
  type CertificateJudge,
  type Course,
  DEFAULT_SESSION_TIMEOUT_MS,
  type KeptTlsSession,
  OBSERVE,
  type Resumption,
  type SessionDependencies,
  type SessionPlan,
  type SessionTarget,
  STAY_IN_CLEAR,
  type Steer,
} from './plan.ts';
export type { ClientCertificate } from './secure-context.ts';

export interface OpenedSession {
  readonly evidence: Evidence;
  readonly transcript: readonly TranscriptLine[];
  /** With `keepOpen`, and where mail may go over it: the connection, to be closed by whoever takes it. */
  readonly connection: OpenConnection | null;
}

/** A connection over which mail may go: the caller steered it there. */
export interface OpenConnection {
  readonly encrypted: boolean;
  /** Of the EHLO that counts: the one inside TLS where there is TLS. */
  readonly ehlo: EhloSeen;
  /** Another command would be understood, as far as can be told without sending one. */
  readonly ready: boolean;
  /** Writes commands together, without waiting; each has a reply of its own (RFC 2920). */
  post(commands: readonly SmtpCommand[]): void;
  /** Bytes the server may send count anew, for each message. */
  renew(): void;
  /** Writes a command and reads its reply, within `timeoutMs`. */
  command(command: SmtpCommand, timeoutMs: number): Promise<ReplyResult>;
  /**
   * Message text behind a 354, or behind a `command` that goes out with it (BDAT). Resolves when there is room for more,
   * false where the connection is gone.
   */
  sendBytes(bytes: Uint8Array, command?: SmtpCommand | null): Promise<boolean>;
  /** A reply that no command asks for: the one behind the final dot. */
  reply(timeoutMs: number): Promise<ReplyResult>;
  /** QUIT, then the end. */
  quit(): Promise<void>;
  /** The end at once. */
  close(): void;
}

/** Runs the session to its end. Never throws for what the peer or the network does. */
export async function openSession(plan: SessionPlan, dependencies: SessionDependencies): Promise<OpenedSession> {
  const session = new Session(plan, dependencies);
  let connection: OpenConnection | null = null;
  try {
    connection = await session.run();
  } finally {
    if (connection === null) session.dialogue.close();
  }
  return { evidence: session.draft.evidence, transcript: session.dialogue.transcript.lines, connection };
}

class Session {
  readonly draft: EvidenceDraft;
  readonly dialogue: Dialogue;
  readonly #plan: SessionPlan;
  readonly #dependencies: SessionDependencies;
  /** The EHLO that counts. */
  #ehlo: EhloSeen | null = null;
  #heloName = '';

  constructor(plan: SessionPlan, dependencies: SessionDependencies) {
    this.#plan = plan;
    this.#dependencies = dependencies;
    this.draft = new EvidenceDraft(plan, dependencies.clock);
    this.dialogue = new Dialogue(plan, dependencies.clock);
  }

  async run(): Promise<OpenConnection | null> {
    const { implicitTls, steer, keepOpen = false } = this.#plan;
    const { dialogue, draft } = this;
    if (!(await this.#connect())) return null;
    if (implicitTls && !(await this.#encrypt())) return null;
    if (!(await this.#greet()) || !(await this.#sayEhlo())) return this.#leave();
    if (!implicitTls) {
      const course = await this.#chooseCourse();
      if (course === 'broken') return null;
      if (course === 'stop') return this.#leave();
    }
    if (dialogue.transcript.tls && steer(draft.evidence) !== 'go-on') return this.#leave();
    if (!(await this.#authenticate()) || !(await this.#sendEnvelope())) return this.#leave();
    return keepOpen && this.#ehlo !== null ? this.#handOver(this.#ehlo) : this.#leave();
  }

  async #connect(): Promise<boolean> {
    const { target, heloName, signal, connectTimeoutMs } = this.#plan;
    const { address, port } = target;
    const timeoutMs = this.dialogue.stageMs(connectTimeoutMs);
    const opened = await this.#dependencies.net.connect({ address, port, timeoutMs, signal });
    if (!opened.ok) {
      this.draft.failed('connect', opened.failure);
      return false;
    }
    const { socket, localAddress } = opened.value;
    this.dialogue.use(socket);
    const local = parseIpAddress(localAddress);
    this.#heloName = heloName ?? (local === null ? 'localhost' : addressLiteral(local));
    this.dialogue.transcript.note('Connected to server');
    this.draft.seen('connect', { localAddress });
    return true;
  }

  async #greet(): Promise<boolean> {
    const good = this.draft.reply(
      'greeting',
      await this.dialogue.read(this.dialogue.stageMs(this.#plan.greetingTimeoutMs)),
    );
    if (good) this.dialogue.transcript.note('We are allowed to connect');
    return good;
  }

  /** EHLO, and HELO where EHLO is refused for good: a 4xx is a request to come back, not to try something else. */
  async #sayEhlo(): Promise<boolean> {
    const name = this.#heloName;
    const ehlo = await this.dialogue.command({ verb: 'EHLO', name });
    this.#ehlo =
      ehlo.ok && isPermanent(ehlo.value)
        ? this.draft.ehlo('ehlo', 'HELO', await this.dialogue.command({ verb: 'HELO', name }), ehlo.value)
        : this.draft.ehlo('ehlo', 'EHLO', ehlo, null);
    if (this.#ehlo === null) return false;
    this.dialogue.transcript.note('We can use this server');
    if (this.#plan.implicitTls) this.dialogue.transcript.note('TLS successfully started on this server');
    return true;
  }

  /** Steps 4 to 7. `broken`: nothing more may be sent on this connection. */
  async #chooseCourse(): Promise<'go-on' | 'stop' | 'broken'> {
    const { steer } = this.#plan;
    const { transcript } = this.dialogue;
    const offered = offersStarttls(this.draft.evidence);
    let course = steer(this.draft.evidence);
    if (offered) transcript.note('TLS is an option on this server');
    else {
      transcript.note('TLS is not an option on this server');
      this.draft.notTried('starttls', this.#ehlo?.verb === 'HELO' ? 'helo-only' : 'not-offered');
    }
    if (offered && course === 'start-tls') {
      const tried = await this.#startTls();
      if (tried === 'encrypted') return 'go-on';
      if (tried === 'broken') return 'broken';
      course = steer(this.draft.evidence);
    } else if (offered && course === 'in-clear') this.draft.notTried('starttls', 'not-asked');
    if (course !== 'in-clear') return 'stop';
    this.draft.withoutTls();
    return 'go-on';
  }

  /** Steps 5 to 7: `refused` leaves a connection that can be used in clear, `broken` does not. */
  async #startTls(): Promise<'encrypted' | 'refused' | 'broken'> {
    const { transcript } = this.dialogue;
    const answer = await this.dialogue.command({ verb: 'STARTTLS' });
    if (!answer.ok || answer.value.code !== 220) {
      this.draft.reply('starttls', answer, () => false);
      return answer.ok && !isClosing(answer.value) ? 'refused' : 'broken';
    }
    const injected = this.dialogue.surplus;
    if (injected !== null) {
      transcript.warning(`${injected.bytes} bytes in clear stand behind the 220: the session ends here`);
      this.draft.failed('starttls', { kind: 'injected', ...injected });
      return 'broken';
    }
    transcript.note('STARTTLS command works on this server');
    this.draft.seen('starttls', answer.value);
    if (!(await this.#encrypt())) return 'broken';
    const ehlo = await this.dialogue.command({ verb: 'EHLO', name: this.#heloName });
    this.#ehlo = this.draft.ehlo('ehloUnderTls', 'EHLO', ehlo, null);
    if (this.#ehlo === null) return 'broken';
    transcript.note('TLS successfully started on this server');
    if (offers(this.#ehlo, 'STARTTLS')) {
      transcript.warning('warning: STARTTLS after second EHLO (see RFC3207 #4.2)');
    }
    return 'encrypted';
  }

  /** Step 6. What was read before does not survive: the dialogue begins anew, and no EHLO counts any more. */
  async #encrypt(): Promise<boolean> {
    const { target, serverName, minTlsVersion, clientCertificate, askForStaple, resumption, signal } = this.#plan;
    const { clock, judge } = this.#dependencies;
    const { transcript } = this.dialogue;
    const raw = this.dialogue.giveUp();
    if (raw === null) return false;
    this.#ehlo = null;
    const encrypted = await shakeHands({
      socket: raw,
      clock,
      serverName: serverName ?? (parseIpAddress(target.exchange) === null ? target.exchange : null),
      minTlsVersion,
      clientCertificate,
      askForStaple,
      resumption,
      timeoutMs: this.dialogue.stageMs(),
      signal,
    });
    if (!encrypted.ok) {
      this.draft.failed('handshake', encrypted.failure);
      return false;
    }
    const { socket, session, chainAsSent, ocspStaple } = encrypted.value;
    this.dialogue.use(socket);
    transcript.note('Connection converted to SSL');
    transcript.tls = true;
    this.draft.seen('handshake', session);
    // Where the authority is asked about the certificate, that is no stage of the host's: it has a bound of its own.
    const chain = await judge.judgeChain(chainAsSent, ocspStaple, signal);
    this.draft.seen('path', chain);
    const deadline = startDeadline(clock, this.dialogue.stageMs(), signal);
    try {
      const identity = await judge.judgeIdentity(chainAsSent, deadline.signal);
      transcript.certificates(session, chain, identity);
      this.draft.seen('identity', identity);
    } finally {
      deadline.dispose();
    }
    this.draft.seen('dane', judge.judgeDane(chainAsSent));
    return true;
  }

  /**
   * Secrets go nowhere but inside TLS, and there to nobody but the host they are meant for. False when the connection
   * cannot be used any more; a refusal is evidence, and what it means for MAIL is for the server to say.
   */
  async #authenticate(): Promise<boolean> {
    const { credentials } = this.#plan;
    if (credentials === null) return true;
    const { transcript } = this.dialogue;
    const { path, identity } = this.draft.evidence;
    const mechanism = credentials.mechanism.toUpperCase();
    if (!transcript.tls) this.draft.notTried('auth', 'no-session');
    else if (path.kind !== 'seen' || !path.value.trusted || identity.kind !== 'seen' || !identity.value.matched) {
      transcript.warning('the server is not verified, so no credentials are sent to it');
      this.draft.notTried('auth', 'not-verified');
    } else if (this.#ehlo === null || !authMechanismsOf(this.#ehlo).includes(mechanism)) {
      transcript.note(`AUTH ${mechanism} is not an option on this server`);
      this.draft.notTried('auth', 'not-offered');
    } else {
      const result = await authenticate(credentials, (line, shown) =>
        this.dialogue.confide(line, shown, (reply) => hideSecrets(reply, credentials)),
      );
      this.draft.reply('auth', result, ({ code }) => code === 235);
      return this.dialogue.inStep;
    }
    return true;
  }

  /** False when the connection cannot be used for mail. */
  async #sendEnvelope(): Promise<boolean> {
    const { mailFrom, rcptTo } = this.#plan;
    if (mailFrom === null) return true;
    const { transcript } = this.dialogue;
    const international = !isAscii(mailFrom) || (rcptTo !== null && !isAscii(rcptTo));
    if (international && (this.#ehlo === null || !offers(this.#ehlo, 'SMTPUTF8'))) {
      // RFC 6531 3.2: without the extension such an address must not be sent.
      transcript.note('SMTPUTF8 is not an option on this server, so these addresses cannot be sent to it');
      this.draft.notTried('mail', 'not-offered');
      if (rcptTo !== null) this.draft.notTried('rcpt', 'not-offered');
      return true;
    }
    const parameters = international ? [{ keyword: 'SMTPUTF8', value: null }] : [];
    const mail = await this.dialogue.command({ verb: 'MAIL', path: mailFrom, parameters });
    if (!this.draft.reply('mail', mail)) return false;
    transcript.note('Sender is OK');
    if (rcptTo === null) return true;
    const rcpt = await this.dialogue.command({ verb: 'RCPT', path: rcptTo, parameters: [] });
    if (!this.draft.reply('rcpt', rcpt)) return false;
    transcript.note('Recipient OK, E-mail address proofed');
    return true;
  }

  async #leave(): Promise<null> {
    await this.dialogue.quit();
    return null;
  }

  #handOver(ehlo: EhloSeen): OpenConnection {
    const { dialogue } = this;
    dialogue.transcript.recording = false;
    return {
      encrypted: dialogue.transcript.tls,
      ehlo,
      get ready() {
        return dialogue.ready;
      },
      post: (commands) => dialogue.post(commands),
      renew: () => dialogue.renew(),
      command: (command, timeoutMs) => dialogue.command(command, timeoutMs),
      sendBytes: (bytes, command) => dialogue.sendBytes(bytes, command),
      reply: (timeoutMs) => dialogue.read(timeoutMs),
      quit: async () => {
        await dialogue.quit();
        dialogue.close();
      },
      close: () => dialogue.close(),
    };
  }
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
