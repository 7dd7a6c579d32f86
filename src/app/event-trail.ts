/** The steps of one test, numbered from 1, for whoever follows now, comes later, or comes back. */
import { toJson } from '../report/json.ts';

export interface JobEvent {
  readonly id: number;
  readonly kind: 'queued' | 'route' | 'stage' | 'host' | 'done' | 'failed';
  /** JSON on one line. */
  readonly data: string;
}

export interface EventTrail {
  add(kind: JobEvent['kind'], data: unknown): void;
  /** Nothing more will come. */
  end(): void;
  /** The number of the last one. */
  last(): number;
  ended(): boolean;
  all(): readonly JobEvent[];
  /** Calls with every event behind `after`, those to come included, then `onEnd` once; the returned function stops it. */
  follow(after: number, onEvent: (event: JobEvent) => void, onEnd: () => void): () => void;
}

/** A route has few hosts; more steps than this are not kept, the result is. */
const MAX_EVENTS = 5_000;

export function createEventTrail(): EventTrail {
  const events: JobEvent[] = [];
  const followers = new Set<{ readonly onEvent: (event: JobEvent) => void; readonly onEnd: () => void }>();
  let over = false;
  return {
    add: (kind, data) => {
      if (over || (events.length >= MAX_EVENTS && kind !== 'done' && kind !== 'failed')) return;
      const event = { id: events.length + 1, kind, data: toJson(data) };
      events.push(event);
      for (const { onEvent } of followers) onEvent(event);
    },
    end: () => {
      over = true;
      for (const { onEnd } of [...followers]) onEnd();
      followers.clear();
    },
    last: () => events.length,
    ended: () => over,
    all: () => events,
    follow: (after, onEvent, onEnd) => {
      for (const event of events.slice(Math.max(0, after))) onEvent(event);
      if (over) {
        onEnd();
        return () => {};
      }
      const follower = { onEvent, onEnd };
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
