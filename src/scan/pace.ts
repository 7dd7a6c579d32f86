/**
 * How fast a host lets itself be asked: pure. Once it has put us off, the scan waits, longer each time in a row, and keeps a
 * distance between connections from then on, so that a limit of so many a minute is met once and then respected.
 */

/** Waits after the first, second … time in a row that a host puts us off, ms. After the last there is no other try. */
export const WAITS_MS: readonly number[] = [30_000, 60_000, 120_000, 240_000, 300_000];
/** Distance between connections once a host has put us off, ms; it doubles when that was not enough. */
export const FIRST_SPACING_MS = 30_000;
export const MAX_SPACING_MS = 120_000;

export interface Pace {
  /** ms from one connection to the next. */
  readonly spacingMs: number;
  readonly inARow: number;
}

export const UNHINDERED: Pace = { spacingMs: 0, inARow: 0 };

/** `waitMs`: before the next try; null: there is none. */
export function putOff(pace: Pace): { readonly pace: Pace; readonly waitMs: number | null } {
  const { spacingMs, inARow } = pace;
  const first = inARow === 0;
  const wider = spacingMs === 0 ? FIRST_SPACING_MS : Math.min(MAX_SPACING_MS, 2 * spacingMs);
  return {
    pace: { spacingMs: first ? wider : spacingMs, inARow: inARow + 1 },
    waitMs: WAITS_MS[inARow] ?? null,
  };
}

export function letIn(pace: Pace): Pace {
  return { ...pace, inARow: 0 };
}
