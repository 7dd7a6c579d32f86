/** A result as its page shows it: the answer, the reason, the evidence. Everything is text here; templates escape it. */
import type { Job } from '../app/probe-jobs.ts';
import { showDomain } from '../base/domain.ts';
import type { TlsMode } from '../policy/mode.ts';
import type { ProbeResult } from '../probe/result.ts';
import { cleanResult } from '../report/clean.ts';
import { allFindings } from '../report/table.ts';
import { clockView, domainView } from './domain-view.ts';
import { anchored, findingView } from './finding-view.ts';
import { FORMAT_GROUPS } from './formats.ts';
import { hostView } from './host-view.ts';
import type { Language, MessageKey, Say } from './languages.ts';
import { matrixOf } from './matrix.ts';
import { sendersView } from './senders-view.ts';
import { verdictView } from './verdict-view.ts';

export interface ResultScene {
  readonly language: Language;
  readonly say: Say;
  /** For how long the result is given again, ms. */
  readonly reuseMs: number;
  /** The mode in force for the destination, where somebody looks who signed in. */
  readonly yours: TlsMode | null;
  /** `https://tester.example`, for what leads here from elsewhere. */
  readonly origin: string;
}

export function resultPage(job: Job, unclean: ProbeResult, { language, say, reuseMs, yours, origin }: ResultScene) {
  const result = cleanResult(unclean);
  const findings = anchored(allFindings(result));
  const { domain } = result;
  return {
    id: job.id,
    target: result.target,
    domain,
    shownDomain: showDomain(domain),
    tested: result.status === 'tested',
    verdict: verdictView(result, findings, language, say),
    senders: sendersView(result, yours, say),
    matrix: matrixOf(result, say),
    hosts: result.hosts.map((host, index) => hostView(host, index, result, language, say)),
    findings: findings.map((finding) => findingView(finding, result, language, say)),
    dns: domainView(result, say),
    clock: clockView(result, language, say),
    testedAt: say('testedAt', {
      time: result.startedAt.slice(0, 16).replace('T', ' ').concat(' UTC'),
      seconds: (result.elapsedMs / 1000).toFixed(1),
    }),
    reused: say('reused', { minutes: Math.round(reuseMs / 60_000) }),
    share: shareView(`${origin}/probes/${job.id}`, origin, domain, job.listed),
    formats: Object.entries(FORMAT_GROUPS).map(([group, formats]) => ({
      title: say(group as keyof typeof FORMAT_GROUPS & MessageKey),
      formats: formats.map((format) => ({ format, words: say(`fmt.${format}`) })),
    })),
    options: job.options,
  };
}

export type ResultPage = ReturnType<typeof resultPage>;

/** What is to be copied elsewhere; a badge only for tests that everybody may list. */
export function shareView(link: string, origin: string, domain: string, listed: boolean) {
  const name = encodeURIComponent(domain);
  const [badge, page] = [`${origin}/badge/${name}.svg`, `${origin}/domains/${name}`];
  return {
    link,
    badge: listed
      ? {
          picture: `/badge/${name}.svg`,
          html: `<a href="${page}"><img src="${badge}" alt="mail TLS" height="20"></a>`,
          markdown: `[![mail TLS](${badge})](${page})`,
        }
      : null,
  };
}
