/** Lines of a file that may be larger than memory, read from a place on, each within a bound. */
import type { FileHandle } from 'node:fs/promises';

/** Octets of one line; of a longer one the rest is passed over. */
export const MAX_LINE_OCTETS = 2 * 1024 * 1024;
const READ_OCTETS = 64 * 1024;
const LINE_FEED = 0x0a;

/** Reads complete lines; what stands behind the last line feed is left for the next time. */
export class LineReader {
  readonly #file: FileHandle;
  #position: number;
  #rest: Buffer[] = [];
  #octets = 0;
  #lineStart: number;

  constructor(file: FileHandle, position = 0) {
    this.#file = file;
    this.#position = position;
    this.#lineStart = position;
  }

  /** Where the line begins that is not complete yet. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** Lines up to `end` (octets from the beginning), or to where the file ends now. */
  async *lines(end = Infinity): AsyncGenerator<string> {
    while (this.#position < end) {
      const room = Math.min(READ_OCTETS, end - this.#position);
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(room), 0, room, this.#position);
      if (bytesRead === 0) return;
      const before = this.#position;
      this.#position += bytesRead;
      yield* this.#split(buffer.subarray(0, bytesRead), before);
    }
  }

  *#split(chunk: Buffer, before: number): Generator<string> {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(LINE_FEED, from);
      if (at < 0) break;
      this.#keep(chunk.subarray(from, at));
      this.#lineStart = before + at + 1;
      const line = Buffer.concat(this.#rest, this.#octets).toString('utf8');
      this.#rest = [];
      this.#octets = 0;
      from = at + 1;
      yield line;
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(piece: Buffer): void {
    const kept = piece.subarray(0, MAX_LINE_OCTETS - this.#octets);
    if (kept.length === 0) return;
    this.#rest.push(kept);
    this.#octets += kept.length;
  }
}
