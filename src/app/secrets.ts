/** Names nobody can guess, and secrets that are kept only as what cannot be turned back. */
import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '../base/random.ts';

const LETTERS = '23456789abcdefghijkmnpqrstuvwxyz';
/** Five bits a letter. */
const LETTERS_PER_DRAW = 8;

/** `letters` times five bits of the given randomness, in letters that can be read aloud. */
export function unguessable(random: Random, letters = 26): string {
  let text = '';
  while (text.length < letters) {
    let draw = Math.floor(random() * 2 ** (5 * LETTERS_PER_DRAW));
    for (let each = 0; each < LETTERS_PER_DRAW; each += 1) {
      text += LETTERS[draw % 32] ?? '';
      draw = Math.floor(draw / 32);
    }
  }
  return text.slice(0, letters);
}

/** For secrets of full strength (tokens, sessions): a plain digest is enough. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** OWASP's choice for scrypt: N 2^17, r 8, p 1, which takes 128 MiB for a moment. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const KEY_BYTES = 32;

/** `scrypt:N:r:p:salt:key`, for passwords people choose. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = unguessable(random);
  const key = await derive(password, salt, SCRYPT);
  return `scrypt:${SCRYPT.N}:${SCRYPT.r}:${SCRYPT.p}:${salt}:${key.toString('base64url')}`;
}

/** Takes as long for a hash that cannot be read as for a wrong password. */
export async function passwordMatches(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt = '', expected = ''] = hash.split(':');
  const readable = scheme === 'scrypt';
  const cost = readable ? { N: Number(N), r: Number(r), p: Number(p), maxmem: SCRYPT.maxmem } : SCRYPT;
  const key = await derive(password, salt, cost);
  const wanted = Buffer.from(expected, 'base64url');
  return readable && wanted.length === key.length && timingSafeEqual(wanted, key);
}

function derive(
  password: string,
  salt: string,
  cost: typeof SCRYPT | { N: number; r: number; p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, cost, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
