/**
 * Message text as a server reads it behind the 354 (RFC 5321 section 4.5.2): dots taken off, and one end alone, a dot
 * between two CRLF. A bare CR or LF is noticed and never counts as the end of a line, so that nobody can hide a second
 * message behind an end that another server would see (S-MX-15).
 */

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

type State = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'ended';

export class DataReader {
  readonly #maxBytes: number;
  #state: State = 'line-start';
  #kept: Buffer[] = [];
  #bytes = 0;
  #bareBreak = false;
  #dropped = false;

  /** What is longer than `maxBytes` is read to its end and not kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Octets of the text so far, kept or not. */
  get bytes(): number {
    return this.#bytes;
  }

  get isTooLarge(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** A CR without LF, or an LF without CR, stood in it. */
  get hasBareBreak(): boolean {
    return this.#bareBreak;
  }

  get isDropped(): boolean {
    return this.#dropped;
  }

  /** Everything received, every line with its CRLF; empty where it was too large or dropped. */
  text(): Buffer {
    return Buffer.concat(this.#kept);
  }

  /** Nobody wants it any more: the rest is read to its end and not kept. */
  drop(): void {
    this.#dropped = true;
    this.#kept = [];
  }

  /** Answers how many of these bytes belong to the message, its end included: what is behind them is a command. */
  push(chunk: Buffer): number {
    // A CR kept back from before, and a CR behind a dot, come in addition to what the chunk has.
    const out = Buffer.allocUnsafe(chunk.length + 2);
    let length = 0;
    let at = 0;
    for (; at < chunk.length && this.#state !== 'ended'; at++) {
      const byte = chunk[at] ?? 0;
      switch (this.#state) {
        case 'line-start':
          if (byte === DOT) {
            this.#state = 'dot';
            continue;
          }
          break;
        case 'cr':
          if (byte === LF) {
            out[length++] = CR;
            out[length++] = LF;
            this.#state = 'line-start';
            continue;
          }
          this.#bareBreak = true;
          out[length++] = CR;
          break;
        case 'dot':
          if (byte === CR) {
            this.#state = 'dot-cr';
            continue;
          }
          break;
        case 'dot-cr':
          if (byte === LF) {
            this.#state = 'ended';
            continue;
          }
          this.#bareBreak = true;
          out[length++] = CR;
          break;
      }
      if (byte === CR) {
        this.#state = 'cr';
        continue;
      }
      if (byte === LF) this.#bareBreak = true;
      out[length++] = byte;
      this.#state = 'text';
    }
    this.#keep(out.subarray(0, length));
    return at;
  }

  #keep(text: Buffer): void {
    this.#bytes += text.length;
    if (this.isTooLarge) this.drop();
    else if (!this.#dropped && text.length > 0) this.#kept.push(text);
  }
}
