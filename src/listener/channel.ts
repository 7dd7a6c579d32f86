/**
 * Bytes in and out of one connection, as the dialogue asks for them: nothing is read from the kernel before somebody
 * waits for it, so that a client that sends and sends is held up by TCP and not by our memory.
 */
import type { Socket } from 'node:net';
import { MAX_COMMAND_LINE_BYTES } from '../smtp/command.ts';
import { type LineOutcome, LineReader } from '../smtp/lines.ts';

export type Wait =
  | 'bytes'
  /** The client ended the connection, or it broke. */
  | 'gone'
  /** One of the signals fired first. */
  | 'stopped';

export class ServerChannel {
  readonly #socket: Socket;
  readonly #reader = new LineReader(MAX_COMMAND_LINE_BYTES);
  #gone = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    // It may have ended while nobody listened.
    this.#gone = socket.destroyed || socket.readableEnded;
    socket.on('data', this.#onData).on('end', this.#onGone).on('close', this.#onGone).on('error', this.#onGone);
    socket.pause();
  }

  /** The next command line. */
  async line(signals: readonly AbortSignal[]): Promise<LineOutcome | 'gone' | 'stopped'> {
    for (;;) {
      const line = this.#reader.next();
      if (line !== null) return line;
      const wait = await this.#more(signals);
      if (wait !== 'bytes') return wait;
    }
  }

  /** Hands what has arrived to `take`, which says how much of it was meant for it; waits where nothing has. */
  async bytes(signals: readonly AbortSignal[], take: (bytes: Buffer) => number): Promise<Wait> {
    if (this.#reader.buffered === 0) {
      const wait = await this.#more(signals);
      if (wait !== 'bytes') return wait;
    }
    this.#reader.take(take(this.#reader.peek(this.#reader.buffered)));
    return 'bytes';
  }

  /** Resolves when there is room for more; false where nobody is there to read it. */
  async write(text: string, signals: readonly AbortSignal[]): Promise<boolean> {
    if (this.#gone || this.#socket.destroyed) return false;
    if (this.#socket.write(text)) return true;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        for (const signal of signals) signal.removeEventListener('abort', done);
        resolve(!signals.some(({ aborted }) => aborted) && !this.#socket.destroyed);
      };
      this.#socket.once('drain', done).once('close', done);
      for (const signal of signals) signal.addEventListener('abort', done, { once: true });
      if (signals.some(({ aborted }) => aborted)) done();
    });
  }

  /** Lets go of the socket; answers how many bytes were received and are thrown away (RFC 3207 section 4.2). */
  detach(): number {
    this.#socket.off('data', this.#onData).off('end', this.#onGone).off('close', this.#onGone);
    this.#socket.pause();
    return this.#reader.buffered;
  }

  async #more(signals: readonly AbortSignal[]): Promise<Wait> {
    const before = this.#reader.buffered;
    if (signals.some(({ aborted }) => aborted)) return 'stopped';
    if (!this.#gone) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wake = null;
          for (const signal of signals) signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        for (const signal of signals) signal.addEventListener('abort', wake, { once: true });
        this.#socket.resume();
      });
      this.#socket.pause();
    }
    if (this.#reader.buffered > before) return 'bytes';
    return this.#gone ? 'gone' : 'stopped';
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#reader.push(chunk);
    this.#socket.pause();
    this.#wake?.();
  };

  readonly #onGone = (): void => {
    this.#gone = true;
    this.#wake?.();
  };
}
