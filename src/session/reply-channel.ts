/**
 * Commands out, replies in, over one socket: clear or TLS, the caller knows. Whatever the peer sends is bounded, and
 * every wait ends with the reply, the end of the connection, an absolute deadline or the caller's signal.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome } from '../base/outcome.ts';
import type { DialogueFailure } from '../policy/evidence.ts';
import { ReplyReader, type SmtpReply } from '../smtp/reply.ts';
import { alertOf } from './handshake-failure.ts';

/** Bytes that a peer may send in one session, in clear and decrypted together. */
export const MAX_SESSION_BYTES = 512 * 1024;

export interface ReplyChannelOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** Bytes already received in this session. */
  readonly received: number;
  readonly signal: AbortSignal;
}

export type ReplyResult = Outcome<SmtpReply, DialogueFailure>;

export class ReplyChannel {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #reader = new ReplyReader();
  #received: number;
  #ended: 'end' | 'reset' | null = null;
  #alert: string | null = null;
  #settle: ((result: ReplyResult) => void) | null = null;
  #cancelTimer: (() => void) | null = null;

  constructor({ socket, clock, received, signal }: ReplyChannelOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#signal = signal;
    this.#received = received;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onError);
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Bytes received in this session so far. */
  get received(): number {
    return this.#received;
  }

  /** Bytes behind the last reply that was read: nobody has asked for them yet. */
  get surplus(): number {
    return this.#reader.surplus;
  }

  surplusSample(): string {
    return this.#reader.surplusSample();
  }

  /** The TLS alert that ended the connection, where one did: with TLS 1.3 a handshake may be refused this late. */
  get alert(): string | null {
    return this.#alert;
  }

  /** The peer is still there, as far as can be told without asking. */
  get open(): boolean {
    return this.#ended === null && this.#socket.writable;
  }

  /** What is received from here on counts anew: for a connection that carries many messages. */
  renew(): void {
    this.#received = 0;
  }

  /** One line, or several that go out together. */
  send(line: string): void {
    if (this.open) this.#socket.write(`${line}\r\n`);
  }

  /**
   * Message text and the like, as it is. Resolves when the socket can take more, or has none to take it; false where
   * the connection is gone, so that these bytes have reached nobody.
   */
  async sendBytes(bytes: Uint8Array): Promise<boolean> {
    if (!this.open) return false;
    if (this.#socket.write(bytes)) return true;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
    return this.open;
  }

  /** The next complete reply, within `timeoutMs`, which is absolute: bytes that dribble in do not lengthen it. */
  read(timeoutMs: number): Promise<ReplyResult> {
    const ready = this.#signal.aborted ? CANCELLED : this.#progress();
    if (ready !== null) return Promise.resolve(ready);
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#cancelTimer = this.#clock.setTimer(timeoutMs, () =>
        this.#finish(failed({ kind: 'timed-out', afterMs: Math.round(timeoutMs), begun: this.#reader.begun })),
      );
    });
  }

  /** Leaves the socket to somebody else: TLS, or the one who closes it. */
  detach(): void {
    const socket = this.#socket;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onError);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  /** Whoever waits for a reply waits no longer. */
  cancel(): void {
    this.#finish(CANCELLED);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length;
    // Past the limit nothing is kept: the next one who waits learns of it.
    if (this.#received > MAX_SESSION_BYTES) this.#socket.pause();
    else this.#reader.push(chunk);
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#ended ??= 'end';
    this.#wake();
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#alert ??= alertOf(error.code ?? '');
    this.#ended ??= 'reset';
    this.#wake();
  };

  readonly #onAbort = (): void => this.#finish(CANCELLED);

  #wake(): void {
    if (this.#settle === null) return;
    const result = this.#progress();
    if (result !== null) this.#finish(result);
  }

  #finish(result: ReplyResult): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    settle(result);
  }

  /** Null while there is nothing to tell yet. */
  #progress(): ReplyResult | null {
    const next = this.#reader.next();
    if (next !== null) return next.ok ? next : failed({ kind: 'malformed', fault: next.failure });
    if (this.#received > MAX_SESSION_BYTES) return failed({ kind: 'too-much', limit: MAX_SESSION_BYTES });
    if (this.#ended !== null) return failed({ kind: 'closed', how: this.#ended, begun: this.#reader.begun });
    return null;
  }
}

const CANCELLED: ReplyResult = failed({ kind: 'cancelled' });
