/**
 * Bytes to lines, incrementally and bounded: CRLF ends a line, a bare LF is tolerated (S-MX-15). Shared by the client
 * and a future listener.
 */
import { isUtf8 } from 'node:buffer';

export type LineFault = { readonly kind: 'line-too-long'; readonly limit: number };

/** Splits what arrives into lines. After a fault nothing more is to be fed. */
export class LineSplitter {
  readonly #limit: number;
  #rest: Buffer = EMPTY;

  /** `limit`: bytes of one line without its end. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes received that are not part of a complete line yet. */
  get pending(): number {
    return this.#rest.length;
  }

  /** The bytes behind the last complete line; they are not kept. */
  takePending(): Buffer {
    const rest = this.#rest;
    this.#rest = EMPTY;
    return rest;
  }

  /**
   * Feeds `chunk` and hands out each complete line, without its end, until `onLine` says false: then what follows
   * stays pending.
   */
  feed(chunk: Buffer, onLine: (line: Buffer) => boolean): LineFault | null {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = EMPTY;
    for (;;) {
      const end = bytes.indexOf(LF);
      if (end < 0) break;
      const line = end > 0 && bytes[end - 1] === CR ? bytes.subarray(0, end - 1) : bytes.subarray(0, end);
      if (line.length > this.#limit) return { kind: 'line-too-long', limit: this.#limit };
      bytes = bytes.subarray(end + 1);
      if (!onLine(line)) {
        this.#rest = bytes;
        return null;
      }
    }
    // One more for the CR of a line that is exactly as long as allowed.
    if (bytes.length > this.#limit + 1) return { kind: 'line-too-long', limit: this.#limit };
    this.#rest = bytes;
    return null;
  }
}

/** Received bytes as text: UTF-8 where they are UTF-8, else one character a byte, so that nothing is hidden. */
export function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

const EMPTY = Buffer.alloc(0);
const LF = 0x0a;
const CR = 0x0d;
