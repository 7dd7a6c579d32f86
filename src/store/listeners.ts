/** Who listens to which channel of signals. */
import type { OnSignal } from './database.ts';

export interface Listeners {
  readonly add: (channel: string, listener: OnSignal) => () => void;
  readonly tell: (channel: string, payload: string | null) => void;
  /** To everybody: something may have been missed. */
  readonly tellMissed: () => void;
  readonly count: () => number;
}

export function createListeners(): Listeners {
  const listening = new Set<{ readonly channel: string; readonly listener: OnSignal }>();
  return {
    add: (channel, listener) => {
      const entry = { channel, listener };
      listening.add(entry);
      return () => void listening.delete(entry);
    },
    tell: (channel, payload) => {
      for (const entry of [...listening]) if (entry.channel === channel) entry.listener(payload);
    },
    tellMissed: () => {
      for (const entry of [...listening]) entry.listener(null);
    },
    count: () => listening.size,
  };
}

export interface Signal {
  readonly channel: string;
  readonly payload: string;
}

/** Collects what a change wants told, each thing once. */
export function signalsOf(): {
  readonly signal: (channel: string, payload: string) => void;
  readonly all: () => readonly Signal[];
} {
  const found = new Map<string, Signal>();
  return {
    signal: (channel, payload) => void found.set(`${channel} ${payload}`, { channel, payload }),
    all: () => [...found.values()],
  };
}
