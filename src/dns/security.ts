/** Several answers are as secure as the weakest of them (RFC 4035 section 4.3). */
import type { DnsSecurity } from './answer.ts';

/** From the strongest to the weakest; `indeterminate` is weaker than `insecure`, which somebody believed has proven. */
const ORDER: readonly DnsSecurity[] = ['secure', 'insecure', 'indeterminate', 'bogus'];

/** `indeterminate` for no answer at all. */
export function weakestSecurity(several: readonly DnsSecurity[]): DnsSecurity {
  if (several.length === 0) return 'indeterminate';
  return ORDER[Math.max(...several.map((security) => ORDER.indexOf(security)))] ?? 'indeterminate';
}
