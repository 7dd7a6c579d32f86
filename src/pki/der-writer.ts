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

/** An OBJECT IDENTIFIER from its dotted text. */
export function writeOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) septets.unshift(128 + (left % 128));
    return septets;
  });
  return writeDer(0x06, Buffer.from(octets));
}

/** A small INTEGER of at least 0. */
export function writeCount(count: number): Buffer {
  const octets: number[] = [];
  for (let rest = count; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  if ((octets[0] ?? 0x80) >= 0x80) octets.unshift(0);
  return writeDer(0x02, Buffer.from(octets));
}
