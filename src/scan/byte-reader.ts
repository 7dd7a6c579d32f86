/**
 * Reads numbers and length-prefixed vectors (RFC 8446 3.4) from the bytes of a stranger. Once something does not fit the
 * reader is spoilt and every further read gives nothing: the caller asks once, at the end.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #spoilt = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#spoilt ? 0 : this.#bytes.length - this.#at;
  }

  /** Nothing was missing so far. */
  get sound(): boolean {
    return !this.#spoilt;
  }

  /** Nothing was missing, and nothing is left over. */
  get finished(): boolean {
    return !this.#spoilt && this.#at === this.#bytes.length;
  }

  /** An unsigned number of one to three bytes; 0 when spoilt. */
  uint(size: 1 | 2 | 3): number {
    const bytes = this.bytes(size);
    return bytes.length === size ? bytes.readUIntBE(0, size) : 0;
  }

  /** Exactly `count` bytes; none when spoilt. */
  bytes(count: number): Buffer {
    if (this.#spoilt || this.#at + count > this.#bytes.length) {
      this.#spoilt = true;
      return EMPTY;
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** A vector behind its length of `size` bytes. */
  vector(size: 1 | 2 | 3): Buffer {
    return this.bytes(this.uint(size));
  }
}

const EMPTY = Buffer.alloc(0);
