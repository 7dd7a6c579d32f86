/**
 * RC2 in CBC mode (RFC 2268), decryption alone: older appliances and OpenSSL before 3 lock the certificates of a PKCS#12
 * file with 40 bits of it, and nothing that comes with Node opens them any more. It protects nothing; certificates need
 * no protection.
 */

const BLOCK = 8;

/** RFC 2268 section 2, a permutation out of the digits of pi. */
const PI_TABLE = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
    'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
    '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
    'c5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);

/** The plain text without its padding; null where the padding is none, as with a wrong key. */
export function decryptRc2(key: Buffer, effectiveBits: number, iv: Buffer, data: Buffer): Buffer | null {
  if (data.length === 0 || data.length % BLOCK !== 0 || iv.length !== BLOCK) return null;
  const expanded = expandedKey(key, effectiveBits);
  const out = Buffer.alloc(data.length);
  let before = iv;
  for (let at = 0; at < data.length; at += BLOCK) {
    const block = data.subarray(at, at + BLOCK);
    const plain = decryptedBlock(block, expanded);
    for (let octet = 0; octet < BLOCK; octet += 1) out[at + octet] = (plain[octet] ?? 0) ^ (before[octet] ?? 0);
    before = block;
  }
  const padding = out.at(-1) ?? 0;
  const isPadded = padding >= 1 && padding <= BLOCK && out.subarray(-padding).every((octet) => octet === padding);
  return isPadded ? out.subarray(0, -padding) : null;
}

/** RFC 2268 section 2: 64 words of 16 bits. */
function expandedKey(key: Buffer, effectiveBits: number): readonly number[] {
  const table = Buffer.alloc(128);
  key.copy(table);
  const pi = (index: number): number => PI_TABLE[index & 0xff] ?? 0;
  for (let at = key.length; at < 128; at += 1) table[at] = pi((table[at - 1] ?? 0) + (table[at - key.length] ?? 0));
  const octets = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * octets - effectiveBits);
  table[128 - octets] = pi((table[128 - octets] ?? 0) & mask);
  for (let at = 127 - octets; at >= 0; at -= 1) table[at] = pi((table[at + 1] ?? 0) ^ (table[at + octets] ?? 0));
  return Array.from({ length: 64 }, (_, word) => table.readUInt16LE(2 * word));
}

const ROTATIONS = [1, 2, 3, 5] as const;

/** Section 4: five mixing rounds, a mashing round, six, a mashing round, five, all backwards. */
function decryptedBlock(block: Buffer, key: readonly number[]): Buffer {
  const words = [0, 1, 2, 3].map((word) => block.readUInt16LE(2 * word));
  const word = (index: number): number => words[index & 3] ?? 0;
  let next = 63;
  const unmix = (): void => {
    for (let index = 3; index >= 0; index -= 1) {
      const turn = ROTATIONS[index] ?? 1;
      const turned = ((word(index) >>> turn) | (word(index) << (16 - turn))) & 0xffff;
      const chosen = (word(index + 3) & word(index + 2)) + (~word(index + 3) & word(index + 1));
      words[index] = (turned - (key[next] ?? 0) - chosen) & 0xffff;
      next -= 1;
    }
  };
  const unmash = (): void => {
    for (let index = 3; index >= 0; index -= 1)
      words[index] = (word(index) - (key[word(index + 3) & 63] ?? 0)) & 0xffff;
  };
  for (const [rounds, isLast] of [
    [5, false],
    [6, false],
    [5, true],
  ] as const) {
    for (let round = 0; round < rounds; round += 1) unmix();
    if (!isLast) unmash();
  }
  const out = Buffer.alloc(BLOCK);
  words.forEach((value, index) => void out.writeUInt16LE(value, 2 * index));
  return out;
}
