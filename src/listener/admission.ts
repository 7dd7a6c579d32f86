/**
 * How much of one address is let in: connections at one time, recipients in an hour. In the memory of this process, and
 * bounded whatever comes: the addresses that were seen longest ago are forgotten first. A network of /64 counts as one
 * address, since whoever has one has all of it (RFC 6177).
 */
import ipaddr from 'ipaddr.js';
import type { Clock } from '../base/clock.ts';
import type { IpAddress } from '../base/ip-address.ts';

/** Addresses that are remembered. */
export const MAX_TRACKED_ADDRESSES = 100_000;
const HOUR_MS = 3_600_000;

export class Admission {
  readonly #clock: Clock;
  readonly #connections = new Map<string, number>();
  readonly #recipients = new Map<string, { readonly since: number; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a place among `most`; the returned function gives it back. Null when there is none. */
  enter(listener: string, address: IpAddress, most: number): (() => void) | null {
    const key = keyOf(listener, address);
    const open = this.#connections.get(key) ?? 0;
    if (open >= most) return null;
    this.#connections.set(key, open + 1);
    return () => {
      const left = (this.#connections.get(key) ?? 1) - 1;
      if (left > 0) this.#connections.set(key, left);
      else this.#connections.delete(key);
    };
  }

  /** One recipient more of `perHour`; 0 is no limit. */
  takeRecipient(listener: string, address: IpAddress, perHour: number): boolean {
    if (perHour === 0) return true;
    const key = keyOf(listener, address);
    const now = this.#clock.monotonic();
    const known = this.#recipients.get(key);
    const current = known !== undefined && now - known.since < HOUR_MS ? known : { since: now, count: 0 };
    if (current.count >= perHour) return false;
    current.count += 1;
    this.#recipients.delete(key);
    this.#recipients.set(key, current);
    const [oldest] = this.#recipients.keys();
    if (this.#recipients.size > MAX_TRACKED_ADDRESSES && oldest !== undefined) this.#recipients.delete(oldest);
    return true;
  }
}

function keyOf(listener: string, address: IpAddress): string {
  if (address.family === 4) return `${listener} ${address.text}`;
  const network = ipaddr.IPv6.parse(address.text).parts.slice(0, 4);
  return `${listener} ${network.map((part) => part.toString(16)).join(':')}::/64`;
}
