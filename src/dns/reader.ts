/**
 * A cursor over a message of a stranger. It never throws and never reads outside: the first thing that is wrong stays
 * as its `fault`, everything read afterwards is empty, and whoever loops asks `fault` each time round.
 */
export class Reader {
  readonly bytes: Buffer;
  #at: number;
  #end: number;
  #fault: string | null = null;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.#at = at;
    this.#end = bytes.length;
  }

  get at(): number {
    return this.#at;
  }

  get fault(): string | null {
    return this.#fault;
  }

  /** Octets left before the end (of the message, or of the part set by `limitTo`). */
  get left(): number {
    return this.#fault === null ? this.#end - this.#at : 0;
  }

  /** Confines reading to the next `length` octets; the function given back ends that. */
  limitTo(length: number): () => void {
    const outerEnd = this.#end;
    if (length > this.left) this.fail('a record is longer than the message');
    else this.#end = this.#at + length;
    return () => {
      this.#end = outerEnd;
    };
  }

  /** Keeps the first fault; returns the empty string so that a reading function can end with it. */
  fail(fault: string): '' {
    this.#fault ??= fault;
    return '';
  }

  moveTo(at: number): void {
    if (at > this.#end) this.fail('a field is longer than its record');
    else this.#at = at;
  }

  u8(): number {
    return this.#has(1) ? (this.bytes[this.#at++] ?? 0) : 0;
  }

  u16(): number {
    if (!this.#has(2)) return 0;
    this.#at += 2;
    return this.bytes.readUInt16BE(this.#at - 2);
  }

  u32(): number {
    if (!this.#has(4)) return 0;
    this.#at += 4;
    return this.bytes.readUInt32BE(this.#at - 4);
  }

  /** A copy, so that one record kept in a cache does not keep its whole message. */
  take(length: number): Buffer {
    if (!this.#has(length)) return Buffer.alloc(0);
    this.#at += length;
    return Buffer.from(this.bytes.subarray(this.#at - length, this.#at));
  }

  /** All that is left of the record. */
  rest(): Buffer {
    return this.take(this.left);
  }

  #has(length: number): boolean {
    if (this.#fault !== null) return false;
    if (this.#at + length <= this.#end) return true;
    this.fail('a field is longer than its record');
    return false;
  }
}
