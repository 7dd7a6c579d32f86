/**
 * From bytes to lines (RFC 5321 section 2.3.8), one at a time and only as far as somebody asks: what stands behind the
 * line in hand stays bytes, which is how bytes behind a `220` are noticed (RFC 3207 section 4.2).
 */
import { isAscii, isUtf8 } from 'node:buffer';

/** How a line ended. SMTP knows CRLF alone; a bare LF is read and reported, so that a listener may refuse it (S-MX-15). */
export type LineEnding = 'crlf' | 'lf';

export interface Line {
  /** Without its ending. Valid until the reader is given more bytes. */
  readonly bytes: Buffer;
  readonly ending: LineEnding;
}

export type LineOutcome = { readonly kind: 'line'; readonly line: Line } | { readonly kind: 'too-long' };

const LF = 0x0a;
const CR = 0x0d;
const FIRST_CAPACITY = 512;

/**
 * Splits a byte stream at CRLF or LF. The same bytes give the same lines however they are cut into chunks. A line of more
 * than `maxLineBytes` (ending not counted) is `too-long`, from then on and for ever.
 */
export class LineReader {
  readonly #maxLineBytes: number;
  #buffer: Buffer = EMPTY;
  /** False while `#buffer` is a chunk of the caller's, which must not be written into. */
  #owned = false;
  #start = 0;
  #end = 0;
  /** Bytes before this one are known to hold no LF. */
  #scanned = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes received and not yet handed out. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** A look at what is buffered, at most `most` bytes of it. */
  peek(most: number): Buffer {
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + most));
  }

  /** At most `most` of the buffered bytes, as they are: for what is counted and not delimited (RFC 3030). */
  take(most: number): Buffer {
    const taken = this.peek(most);
    this.#start += taken.length;
    this.#scanned = this.#start;
    return taken;
  }

  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#buffer = chunk;
      this.#owned = false;
      this.#start = 0;
      this.#scanned = 0;
      this.#end = chunk.length;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) this.#grow(chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** The next line; null when it is not complete yet. */
  next(): LineOutcome | null {
    const at = this.#buffer.indexOf(LF, this.#scanned);
    if (at < 0 || at >= this.#end) {
      this.#scanned = this.#end;
      return this.#unfinishedIsTooLong() ? { kind: 'too-long' } : null;
    }
    const crlf = at > this.#start && this.#buffer[at - 1] === CR;
    const bytes = this.#buffer.subarray(this.#start, crlf ? at - 1 : at);
    if (bytes.length > this.#maxLineBytes) return { kind: 'too-long' };
    this.#start = at + 1;
    this.#scanned = this.#start;
    return { kind: 'line', line: { bytes, ending: crlf ? 'crlf' : 'lf' } };
  }

  /** One byte more is allowed while it may be the CR of the ending. */
  #unfinishedIsTooLong(): boolean {
    const length = this.buffered;
    if (length <= this.#maxLineBytes) return false;
    return length > this.#maxLineBytes + 1 || this.#buffer[this.#end - 1] !== CR;
  }

  /** Doubling keeps the cost of single-byte chunks linear. */
  #grow(more: number): void {
    const length = this.buffered;
    const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, 2 * (length + more)));
    this.#buffer.copy(grown, 0, this.#start, this.#end);
    this.#buffer = grown;
    this.#owned = true;
    this.#scanned -= this.#start;
    this.#start = 0;
    this.#end = length;
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * Bytes of a peer as text: UTF-8 where they are valid UTF-8 (RFC 6531), else one character a byte, so that no byte
 * disappears in a replacement character.
 */
export function textOfBytes(bytes: Buffer): string {
  return isAscii(bytes) || !isUtf8(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
}
