/**
 * Randomness as a dependency. `app/world.ts` supplies an unpredictable one; a seed gives a repeatable order instead, so
 * that a probe and a delivery can be shown the same world.
 */

/** A number in [0, 1), like `Math.random`. Whoever asks for DNS ids or orders needs at least 32 bits of it. */
export type Random = () => number;

/**
 * A repeatable sequence from a 32-bit seed (SplitMix32: a Weyl sequence through a mixing function). For orders that a
 * person wants to see again, never for anything an attacker may not guess.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };
}

/** A new array in random order (Fisher and Yates), every order equally likely. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items];
  const order: Item[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return order;
}

/** So many octets, six of each draw. */
export function octetsFrom(random: Random, count: number): Buffer {
  const octets = Buffer.alloc(Math.ceil(count / 6) * 6);
  for (let at = 0; at < octets.length; at += 6) octets.writeUIntBE(Math.floor(random() * 2 ** 48), at, 6);
  return octets.subarray(0, count);
}
