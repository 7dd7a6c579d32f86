/**
 * Answers kept for as long as their owners said, in bounded memory (RFC 1035 7.4, RFC 2308 section 5). Failures are not
 * kept: the next asker deserves a new try.
 */
import type { Clock } from '../base/clock.ts';
import type { DnsAnswer } from './answer.ts';

/** Answers kept at one time; the one unused for longest makes room. */
export const DEFAULT_CACHE_ENTRIES = 10_000;
/** However long the owner said, s. */
export const MAX_CACHE_TTL = 86_400;
/** RFC 2308 section 5 suggests one to three hours at most for absence, s. */
export const MAX_NEGATIVE_CACHE_TTL = 3600;

export interface AnswerCache {
  get(key: string): DnsAnswer | null;
  /** Keeps `answer` for `ttl` seconds, not at all where that is 0 or it is a failure. */
  put(key: string, answer: DnsAnswer, ttl: number): void;
  readonly size: number;
}

interface Entry {
  readonly answer: DnsAnswer;
  readonly storedAt: number;
  readonly expiresAt: number;
  /** As it was handed out last, and at what age, s: whoever asks within the same second gets the same. */
  seconds: number;
  shown: DnsAnswer;
}

export function createAnswerCache(clock: Clock, maxEntries: number): AnswerCache {
  const entries = new Map<string, Entry>();
  return {
    get size() {
      return entries.size;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      const now = clock.monotonic();
      if (now >= entry.expiresAt) {
        entries.delete(key);
        return null;
      }
      // Put back at the end: a Map keeps its order, so the first entry is the one unused for longest. While there is room
      // for as many again nobody asks for the order, and a Map in which entries move is rebuilt time and again.
      if (entries.size > maxEntries / 2) {
        entries.delete(key);
        entries.set(key, entry);
      }
      const seconds = Math.floor((now - entry.storedAt) / 1000);
      if (seconds !== entry.seconds) {
        entry.seconds = seconds;
        entry.shown = aged(entry.answer, seconds);
      }
      return entry.shown;
    },
    put(key, answer, ttl) {
      if (answer.kind === 'failed' || maxEntries === 0) return;
      const most = answer.kind === 'records' ? MAX_CACHE_TTL : MAX_NEGATIVE_CACHE_TTL;
      const seconds = Math.min(ttl, most);
      if (seconds <= 0) return;
      const now = clock.monotonic();
      entries.delete(key);
      entries.set(key, {
        answer,
        storedAt: now,
        expiresAt: now + seconds * 1000,
        seconds: 0,
        shown: aged(answer, 0),
      });
      if (entries.size <= maxEntries) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    },
  };
}

function aged(answer: DnsAnswer, seconds: number): DnsAnswer {
  const shared = { ...answer, ms: 0 };
  return shared.kind === 'records' ? { ...shared, ttl: Math.max(0, shared.ttl - seconds) } : shared;
}
