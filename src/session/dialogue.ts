/**
 * The spoken part of a session: command and reply, reply and command, over a socket that may become TLS on the way. It
 * keeps the transcript, the deadlines and whether the two sides are still in step.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { failed } from '../base/outcome.ts';
import { type SmtpCommand, writeCommand } from '../smtp/command.ts';
import { isClosing, type SmtpReply } from '../smtp/reply.ts';
import type { SessionPlan } from './plan.ts';
import { ReplyChannel, type ReplyResult } from './reply-channel.ts';
import { Transcript } from './transcript.ts';

/** How long a 221 is waited for, and then for the connection to close, ms; its absence changes nothing (S-TLS-10). */
export const QUIT_WAIT_MS = 2_000;

/** How long a dialogue may take, stage by stage and in all, and what ends it. */
export type DialogueBounds = Pick<SessionPlan, 'stageTimeoutMs' | 'sessionTimeoutMs' | 'signal'>;

export class Dialogue {
  readonly transcript: Transcript;
  readonly #clock: Clock;
  readonly #stageTimeoutMs: number;
  readonly #signal: AbortSignal;
  /** Monotonic ms. */
  readonly #endsAt: number;
  #socket: Socket | null = null;
  #channel: ReplyChannel | null = null;
  #received = 0;
  #inStep = false;

  constructor({ stageTimeoutMs, sessionTimeoutMs, signal }: DialogueBounds, clock: Clock) {
    this.#clock = clock;
    this.#stageTimeoutMs = stageTimeoutMs;
    this.#signal = signal;
    this.#endsAt = clock.monotonic() + sessionTimeoutMs;
    this.transcript = new Transcript(clock);
  }

  /** ms that the stage to come may take. */
  stageMs(most = this.#stageTimeoutMs): number {
    return Math.max(0, Math.min(most, this.#endsAt - this.#clock.monotonic()));
  }

  /** The last reply was complete and no goodbye: another command would be understood. */
  get inStep(): boolean {
    return this.#inStep;
  }

  /** Bytes behind the last reply, which nobody has asked for. */
  get surplus(): { readonly bytes: number; readonly sample: string } | null {
    const bytes = this.#channel?.surplus ?? 0;
    return bytes === 0 ? null : { bytes, sample: this.#channel?.surplusSample() ?? '' };
  }

  /** Speaks over `socket` from now on. */
  use(socket: Socket): void {
    this.#socket = socket;
    this.#channel = new ReplyChannel({ socket, clock: this.#clock, received: this.#received, signal: this.#signal });
  }

  /** Gives the socket away, to be made into TLS; whatever was read from it is forgotten. Null: there is none. */
  giveUp(): Socket | null {
    this.#received = this.#channel?.received ?? this.#received;
    this.#channel?.detach();
    this.#channel = null;
    this.#inStep = false;
    return this.#socket;
  }

  command(command: SmtpCommand, timeoutMs?: number): Promise<ReplyResult> {
    const line = writeCommand(command);
    this.transcript.sent(line);
    this.#channel?.send(line);
    return this.read(timeoutMs);
  }

  /** The next reply. */
  read(timeoutMs?: number): Promise<ReplyResult> {
    return this.#read(timeoutMs ?? this.stageMs(), asItIs);
  }

  /** A line that nobody may see: the transcript gets `shown`, and the reply in the form that `clean` gives it. */
  confide(line: string, shown: string, clean: (reply: SmtpReply) => SmtpReply): Promise<ReplyResult> {
    this.transcript.sent(shown);
    this.#channel?.send(line);
    return this.#read(this.stageMs(), clean);
  }

  /** Commands that go out together, each with a reply of its own to be read afterwards (RFC 2920). */
  post(commands: readonly SmtpCommand[]): void {
    const lines = commands.map(writeCommand);
    for (const line of lines) this.transcript.sent(line);
    this.#channel?.send(lines.join('\r\n'));
  }

  /** Behind a command that goes out with them, where there is one. False where the connection is gone. */
  async sendBytes(bytes: Uint8Array, command: SmtpCommand | null = null): Promise<boolean> {
    let all = bytes;
    if (command !== null) {
      const line = writeCommand(command);
      this.transcript.sent(line);
      all = Buffer.concat([Buffer.from(`${line}\r\n`), bytes]);
    }
    return (await this.#channel?.sendBytes(all)) ?? false;
  }

  /** The last reply was complete, nothing stands behind it, and the peer has not gone. */
  get ready(): boolean {
    return this.#inStep && this.surplus === null && (this.#channel?.open ?? false);
  }

  /** The bound on what the peer sends counts anew. */
  renew(): void {
    this.#channel?.renew();
  }

  /** QUIT where it would be understood, and a short wait for the 221: what the session showed is already written down. */
  async quit(): Promise<void> {
    if (!this.#inStep || this.#socket === null) return;
    const reply = await this.command({ verb: 'QUIT' }, Math.min(QUIT_WAIT_MS, this.stageMs()));
    if (!reply.ok) return;
    this.#channel?.detach();
    this.#endSoon(this.#socket);
    this.#socket = null;
  }

  /** Ends the connection at once, wherever it stands, and every wait on it. */
  close(): void {
    this.#channel?.cancel();
    this.giveUp();
    const socket = this.#socket;
    if (socket === null || socket.destroyed) return;
    socket.on('error', () => {});
    socket.destroy();
  }

  async #read(timeoutMs: number, clean: (reply: SmtpReply) => SmtpReply): Promise<ReplyResult> {
    const channel = this.#channel;
    if (channel === null) return failed({ kind: 'cancelled' });
    const result = await channel.read(timeoutMs);
    this.#inStep = result.ok && !isClosing(result.value);
    if (result.ok) {
      const reply = clean(result.value);
      this.transcript.received(reply);
      return { ok: true, value: reply };
    }
    if (channel.alert !== null) this.transcript.warning(`the server ended TLS with the alert ${channel.alert}`);
    return result;
  }

  /** Lets what was written go out, and does not wait for ever for a peer that does not take it. */
  #endSoon(socket: Socket): void {
    socket.on('error', () => {});
    const cancel = this.#clock.setTimer(QUIT_WAIT_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.destroySoon();
  }
}

function asItIs(reply: SmtpReply): SmtpReply {
  return reply;
}
