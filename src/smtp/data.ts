/**
 * Message text inside DATA (RFC 5321 section 4.5.2): lines end in CRLF and nothing else (S-MX-15), a dot at the beginning
 * of a line is doubled, a line with a single dot ends it.
 */

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

/** The line that ends message text. */
export const END_OF_DATA = Buffer.from('.\r\n');

/** Doubles a dot at the beginning of every line; line endings stay as they are. */
export function stuffDots(text: Buffer): Buffer {
  const out = Buffer.allocUnsafe(2 * text.length);
  let length = 0;
  let lineStart = true;
  for (const byte of text) {
    if (lineStart && byte === DOT) out[length++] = DOT;
    out[length++] = byte;
    lineStart = byte === LF;
  }
  return out.subarray(0, length);
}

/** Takes the doubling away again: one dot off every line that begins with one. */
export function unstuffDots(text: Buffer): Buffer {
  const out = Buffer.allocUnsafe(text.length);
  let length = 0;
  let lineStart = true;
  for (const byte of text) {
    if (!(lineStart && byte === DOT)) out[length++] = byte;
    lineStart = byte === LF;
  }
  return out.subarray(0, length);
}

/**
 * Writes a message for DATA as it comes, chunk by chunk: every bare CR and bare LF becomes CRLF, so that no receiver sees
 * an end of data where another sees text, dots are doubled, and `end` closes the last line.
 */
export class DataEncoder {
  #lineStart = true;
  #pendingCr = false;

  push(chunk: Buffer): Buffer {
    // A bare line break grows by one, and so does a dot behind it; a CR kept back from before adds two.
    const out = Buffer.allocUnsafe(3 * chunk.length + 2);
    let length = 0;
    const breakLine = (): void => {
      out[length++] = CR;
      out[length++] = LF;
      this.#lineStart = true;
    };
    for (const byte of chunk) {
      if (this.#pendingCr) {
        this.#pendingCr = false;
        breakLine();
        if (byte === LF) continue;
      }
      if (byte === CR) {
        this.#pendingCr = true;
        continue;
      }
      if (byte === LF) {
        breakLine();
        continue;
      }
      if (this.#lineStart && byte === DOT) out[length++] = DOT;
      out[length++] = byte;
      this.#lineStart = false;
    }
    return out.subarray(0, length);
  }

  /** What follows the last chunk: the end of an open line, and the line with the dot. */
  end(): Buffer {
    const open = this.#pendingCr || !this.#lineStart;
    return open ? Buffer.concat([Buffer.from('\r\n'), END_OF_DATA]) : END_OF_DATA;
  }
}

/** A whole message as it goes over the wire behind the 354, the final dot included. */
export function encodeData(message: Buffer): Buffer {
  const encoder = new DataEncoder();
  return Buffer.concat([encoder.push(message), encoder.end()]);
}
