/** Two results side by side: what got worse, what changed, what stayed, in the language of the page (R62). */
import { showDomain } from '../base/domain.ts';
import { showTlsMode, TLS_MODES } from '../policy/mode.ts';
import { isFindingCode } from '../probe/finding-catalogue.ts';
import { type Setback, setbacks } from '../probe/gates.ts';
import type { Finding, ProbeResult, StageResult } from '../probe/result.ts';
import { cleanResult } from '../report/clean.ts';
import { matrixCell, NEW_HEADINGS, shownStages } from '../report/headings.ts';
import { allFindings } from '../report/table.ts';
import { capital } from './finding-view.ts';
import { hostName } from './host-view.ts';
import { findingWords } from './language-words.ts';
import type { Language, Say } from './languages.ts';
import { outcomeWords } from './senders-view.ts';

export function comparisonPage(uncleanBefore: ProbeResult, uncleanNow: ProbeResult, language: Language, say: Say) {
  const before = cleanResult(uncleanBefore);
  const now = cleanResult(uncleanNow);
  const row = (name: string, was: string, is: string) => ({ name, was, is });
  const servers = [...new Set([...before.hosts, ...now.hosts].map((host) => hostName(host, say)))];
  const stages = shownStages([...before.hosts, ...now.hosts]);
  const at = (result: ProbeResult, server: string) => result.hosts.find((host) => hostName(host, say) === server);
  const rows = [
    row(say('confidenceRow'), String(before.confidence.value ?? '–'), String(now.confidence.value ?? '–')),
    ...TLS_MODES.map((mode) =>
      row(showTlsMode(mode), outcomeWords(before.predictions[mode], say), outcomeWords(now.predictions[mode], say)),
    ),
    ...servers.flatMap((server) => {
      const [was, is] = [at(before, server), at(now, server)];
      if (was === undefined || is === undefined) {
        const verdict = (host: typeof was): string => (host === undefined ? '–' : say(`verdict.${host.verdict}`));
        return [row(server, verdict(was), verdict(is))];
      }
      return stages.map((stage) =>
        row(`${server} ${NEW_HEADINGS[stage]}`, cellOf(was.stages[stage]), cellOf(is.stages[stage])),
      );
    }),
  ];
  return {
    target: now.target,
    worse: setbacks(now, before).map((setback) => setbackWords(setback, say)),
    appeared: newIn(now, before, language),
    mended: newIn(before, now, language),
    changed: rows.filter(({ was, is }) => was !== is),
    same: rows.filter(({ was, is }) => was === is),
    was: shownTime(before),
    is: shownTime(now),
  };
}

/** Times differ from test to test and say nothing here. */
function cellOf(stage: StageResult): string {
  return matrixCell({ result: stage.result }) || '–';
}

/** Findings of one result that the other has not, by kind and host. */
function newIn(one: ProbeResult, other: ProbeResult, language: Language) {
  const key = ({ code, host }: Finding): string => `${code} ${host ?? ''}`;
  const known = new Set(allFindings(other).map(key));
  const fresh = new Map(allFindings(one).map((finding) => [key(finding), finding]));
  return [...fresh].flatMap(([name, { code, severity, host, title }]) =>
    known.has(name)
      ? []
      : [
          {
            code,
            severity,
            title: capital(isFindingCode(code) ? findingWords(code, language).title : title),
            host: host === undefined ? '' : showDomain(host),
          },
        ],
  );
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
