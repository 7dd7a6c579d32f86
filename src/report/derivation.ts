/**
 * How a score came about, term by term, so that a reader can do it again by hand (R47). The formula is this project's
 * own and says so (R48).
 */
import { showDomain } from '../base/domain.ts';
import type { HostResult, ProbeResult } from '../probe/result.ts';
import { socketOf } from './headings.ts';

export const FORMULA_NOTE =
  "CF-1 is this project's own formula, fitted to the published results of a well-known tester; it is not that tester's.";

/** One line for each address, then the mean. Empty where nothing was scored. */
export function derivationLines(result: ProbeResult): readonly string[] {
  const { confidence, hosts } = result;
  if (hosts.length === 0) return [];
  const groups = [...Map.groupBy(hosts, ({ exchange, preference }) => `${preference} ${exchange}`).values()];
  const means = groups.flatMap((group) => {
    const mean = meanOf(group);
    const weight = group[0]?.terms.weight ?? 0;
    return mean === null || weight === 0 ? [] : [{ mean, weight }];
  });
  const lines = groups.flatMap((group) => [...group.map(addressLine), ...severalLine(group)]);
  const weights = means.reduce((sum, { weight }) => sum + weight, 0);
  if (weights > 0 && confidence.value !== null) {
    const sum = means.reduce((total, { mean, weight }) => total + mean * weight, 0);
    const terms = means.map(({ mean, weight }) => `${decimal(weight)} x ${decimal(mean)}`).join(' + ');
    const divided = `(${terms}) / ${decimal(weights)} = ${decimal(sum / weights)}`;
    lines.push(`confidence = ${divided}, rounded ${confidence.value}`);
  } else {
    lines.push(`confidence = ${confidence.value ?? 'none: no host could be judged'}`);
  }
  if (confidence.percent !== null) {
    lines.push(
      `${confidence.value} of ${confidence.maximum} with the tests that were run = ${confidence.percent} %; best in class ${confidence.bestInClass}`,
    );
  }
  if (confidence.provisional) lines.push('provisional: hosts that could not be judged are left out');
  return [...lines, FORMULA_NOTE];
}

function addressLine({ exchange, address, port, score, terms }: HostResult): string {
  const where = `${showDomain(exchange)}${address === null ? '' : ` [${socketOf(address, port)}]`}`;
  const weighed = `rank ${terms.rank}, weight ${decimal(terms.weight)}`;
  switch (terms.state) {
    case 'encrypted':
      return `${where}: encrypted, max(51, base ${terms.base} - certificate ${terms.certificate} - cipher ${terms.cipher}) + bonus ${terms.bonus} = ${score}; ${weighed}`;
    case 'clear':
    case 'unreachable':
      return `${where}: ${terms.state} = ${score}; ${weighed}`;
    case 'inconclusive':
    case 'skipped':
      return `${where}: ${terms.state}, left out`;
  }
}

function severalLine(group: readonly HostResult[]): readonly string[] {
  const scores = group.flatMap(({ score }) => (score === null ? [] : [score]));
  const mean = meanOf(group);
  if (scores.length < 2 || mean === null) return [];
  return [
    `${showDomain(group[0]?.exchange ?? '')}: mean of its addresses (${scores.join(' + ')}) / ${scores.length} = ${decimal(mean)}`,
  ];
}

function meanOf(group: readonly HostResult[]): number | null {
  const scores = group.flatMap(({ score }) => (score === null ? [] : [score]));
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function decimal(value: number): string {
  return String(Number(value.toFixed(4)));
}
