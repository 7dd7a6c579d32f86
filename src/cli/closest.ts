/** The word somebody probably meant. */

/** Two letters changed places: two edits, the most usual slip of all. */
const LEAST_EDITS = 2;

/** The nearest of `words` within a third of the length (half of short ones), by edits of one letter; null when none is near. */
export function closest(typed: string, words: readonly string[]): string | null {
  const near = words
    .map((word) => ({ word, edits: distance(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(
      ({ word, edits }) =>
        edits <= Math.max(LEAST_EDITS, Math.floor(Math.max(word.length, typed.length) / 3)) &&
        2 * edits <= Math.max(word.length, typed.length),
    )
    .sort((a, b) => a.edits - b.edits);
  return near[0]?.word ?? null;
}

/** Levenshtein's distance; long input is not compared. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return 100;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
