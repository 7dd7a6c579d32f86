/** Message data on the wire (RFC 5321 section 4.5.2): a line that begins with a dot gets another one. */

/** Doubles the dot at the beginning of each line; lines end with CRLF. */
export function stuffDots(message: string): string {
  return message.replace(/(^|\n)\./g, '$1..');
}

/** Takes the added dots away again. */
export function unstuffDots(data: string): string {
  return data.replace(/(^|\n)\.\./g, '$1.');
}
