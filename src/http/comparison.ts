/** Two results side by side: what got worse, what changed, what stayed, in the language of the page (R62). */
import { showDomain } from '../base/domain.ts';
import { showTlsMode, TLS_MODES } from '../policy/mode.ts';
import { type Setback, setbacks } from '../probe/gates.ts';
import type { ProbeResult } from '../probe/result.ts';
import { cleanResult } from '../report/clean.ts';
import { matrixCell, NEW_HEADINGS, shownStages } from '../report/headings.ts';
import { hostName } from './host-view.ts';
import type { Say } from './languages.ts';
import { outcomeWords } from './senders-view.ts';

export function comparisonPage(uncleanBefore: ProbeResult, uncleanNow: ProbeResult, say: Say) {
  const before = cleanResult(uncleanBefore);
  const now = cleanResult(uncleanNow);
  const row = (name: string, was: string, is: string) => ({ name, was, is });
  const servers = [...new Set([...before.hosts, ...now.hosts].map((host) => hostName(host, say)))];
  const stages = shownStages([...before.hosts, ...now.hosts]);
  // Times differ from test to test and say nothing here.
  const cell = (result: ProbeResult, server: string, stage: (typeof stages)[number]): string => {
    const host = result.hosts.find((each) => hostName(each, say) === server);
    return host === undefined ? '–' : matrixCell(host.stages[stage]).replace(/ \(.*/, '') || '–';
  };
  const rows = [
    row(say('confidenceRow'), String(before.confidence.value ?? '–'), String(now.confidence.value ?? '–')),
    ...TLS_MODES.map((mode) =>
      row(showTlsMode(mode), outcomeWords(before.predictions[mode], say), outcomeWords(now.predictions[mode], say)),
    ),
    ...servers.flatMap((server) =>
      stages.map((stage) =>
        row(`${server} ${NEW_HEADINGS[stage]}`, cell(before, server, stage), cell(now, server, stage)),
      ),
    ),
  ];
  return {
    target: now.target,
    worse: setbacks(now, before).map((setback) => setbackWords(setback, say)),
    changed: rows.filter(({ was, is }) => was !== is),
    same: rows.filter(({ was, is }) => was === is),
    was: shownTime(before),
    is: shownTime(now),
  };
}

function shownTime({ startedAt }: ProbeResult): string {
  return startedAt.slice(0, 16).replace('T', ' ');
}

function setbackWords(setback: Setback, say: Say): string {
  switch (setback.kind) {
    case 'confidence':
      return say('worse.confidence', { was: setback.was, is: setback.is ?? '–' });
    case 'gone':
      return say('worse.gone', { host: showDomain(setback.host) });
    case 'stage':
      return say('worse.stage', { host: showDomain(setback.host), stage: NEW_HEADINGS[setback.stage] });
    case 'mode':
      return say('worse.mode', { mode: showTlsMode(setback.mode), outcome: outcomeWords(setback.outcome, say) });
  }
}
