/** What Quick and AssureTLS found, for people: a line each, and the matrix of the sessions in clear (R23, R24). */
import { showDomain } from '../base/domain.ts';
import { ASSURANCE_STAGES, type ProbeResult } from '../probe/result.ts';
import { headingOf, matrixCell, serverCell } from './headings.ts';

/** Nothing where neither was asked for. */
export function factorSentences({ qFactor, assurance }: ProbeResult): readonly string[] {
  return [
    ...(qFactor === undefined ? [] : [`QFactor, of the one server that was contacted: ${qFactor ?? 'none'}`]),
    ...(assurance === undefined
      ? []
      : [`Assurance Factor, whether every host refuses clear text: ${assurance.value}`, ...openHosts(assurance)]),
  ];
}

/** The hosts that keep the factor at 0, with what they said. */
function openHosts({ hosts }: NonNullable<ProbeResult['assurance']>): readonly string[] {
  return hosts
    .filter(({ refused }) => !refused)
    .map(({ exchange, reply }) => `  ${showDomain(exchange)} did not refuse mail in clear: ${reply}`);
}

/** Heading and rows, stage by stage; To only where a recipient was given. Empty where nobody asked. */
export function assuranceRows({ assurance }: ProbeResult, old: boolean): readonly (readonly string[])[] {
  if (assurance === undefined) return [];
  const { hosts } = assurance;
  const toAsked = hosts.some(({ stages }) => stages.to.result !== 'not-tested');
  const stages = ASSURANCE_STAGES.filter((stage) => stage !== 'to' || toAsked);
  return [
    ['MX Server', 'Pref', ...stages.map((stage) => headingOf(stage, old)), 'Refused'],
    ...hosts.map((host) => [
      serverCell(host),
      String(host.preference),
      ...stages.map((stage) => matrixCell(host.stages[stage])),
      host.refused ? 'yes' : 'NO',
    ]),
  ];
}

export const ASSURANCE_TITLE = 'Mail in clear';
