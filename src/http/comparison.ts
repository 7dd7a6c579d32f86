/** Two results side by side: the score, every TLS mode, every stage of every host; what got worse comes first (R62). */
import { showTlsMode, TLS_MODES } from '../policy/mode.ts';
import { worseThan } from '../probe/gates.ts';
import type { ProbeResult } from '../probe/result.ts';
import { cleanResult } from '../report/clean.ts';
import { matrixCell, NEW_HEADINGS, serverCell, shownStages } from '../report/headings.ts';
import type { Say } from './languages.ts';
import { outcomeWords } from './result-page.ts';

export function comparisonPage(uncleanBefore: ProbeResult, uncleanNow: ProbeResult, say: Say) {
  const before = cleanResult(uncleanBefore);
  const now = cleanResult(uncleanNow);
  const row = (name: string, was: string, is: string) => ({ name, was, is, changed: was !== is });
  const servers = [...new Set([...before.hosts, ...now.hosts].map(serverCell))];
  const stages = shownStages([...before.hosts, ...now.hosts]);
  const cell = (result: ProbeResult, server: string, stage: (typeof stages)[number]): string => {
    const host = result.hosts.find((each) => serverCell(each) === server);
    return host === undefined ? '–' : matrixCell(host.stages[stage]).replace(/ \(.*/, '') || '–';
  };
  return {
    target: now.target,
    worse: worseThan(now, before).map((reason) => reason.replace(/^worse than the baseline: /, '')),
    rows: [
      row('CF-1', String(before.confidence.value ?? '–'), String(now.confidence.value ?? '–')),
      ...TLS_MODES.map((mode) =>
        row(showTlsMode(mode), outcomeWords(before.predictions[mode], say), outcomeWords(now.predictions[mode], say)),
      ),
      ...servers.flatMap((server) =>
        stages.map((stage) =>
          row(`${server} ${NEW_HEADINGS[stage]}`, cell(before, server, stage), cell(now, server, stage)),
        ),
      ),
    ],
    was: before.startedAt.slice(0, 16).replace('T', ' '),
    is: now.startedAt.slice(0, 16).replace('T', ' '),
  };
}
