/** Writing DER (X.690 section 10) by hand, for what is small or long: a tag, the shortest length, the content. */

export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const inner = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(inner.length)]), inner]);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 + octets.length, ...octets];
}

/** A GeneralizedTime as RFC 5280 4.1.2.5.2 writes it. */
export function writeTime(date: Date): Buffer {
  return writeDer(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`, 'latin1'));
}
