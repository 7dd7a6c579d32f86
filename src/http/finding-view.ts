/** Findings in the language of the page: title, advice and steps are ours; what was seen is evidence and stays as it is. */
import { showDomain } from '../base/domain.ts';
import { isFindingCode } from '../probe/finding-catalogue.ts';
import { isRemedyStep } from '../probe/remedy-steps.ts';
import type { Finding, ProbeResult, Remedy } from '../probe/result.ts';
import { adviceOn, findingWords } from './language-words.ts';
import type { Language, Say } from './languages.ts';

/** With an anchor each, for the chips above; the first of a kind has the plain one. */
export function anchored(findings: readonly Finding[]) {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const count = (seen.get(finding.code) ?? 0) + 1;
    seen.set(finding.code, count);
    return { anchor: `finding-${finding.code}${count === 1 ? '' : `-${count}`}`, finding };
  });
}

export function findingView(
  { anchor, finding }: { readonly anchor: string; readonly finding: Finding },
  result: ProbeResult,
  language: Language,
  say: Say,
) {
  const { code, severity, host, address, detail, reference, remedies = [] } = finding;
  const known = isFindingCode(code) ? code : null;
  const places = { host, domain: result.domain, presented: presentedBy(result, host, address) };
  return {
    anchor,
    code,
    severity,
    word: say(severity),
    title: capital(known === null ? finding.title : findingWords(known, language).title),
    host: host === undefined ? '' : showDomain(host),
    detail,
    advice: known === null ? finding.advice : adviceOn(known, places, language, say),
    reference,
    remedies: remedies.map((remedy) => remedyView(remedy, result, say)),
  };
}

function presentedBy({ hosts }: ProbeResult, name: string | undefined, address: string | undefined) {
  const host = hosts.find((each) => each.exchange === name && (address === undefined || each.address === address));
  return host?.identity?.mx.presented[0];
}

function remedyView({ for: place, step, title, text }: Remedy, { domain }: ProbeResult, say: Say) {
  const ours = isRemedyStep(step);
  return {
    place: place === 'zone' || place === 'mta-sts-host' ? say(`for.${place}`) : (SOFTWARE[place] ?? ''),
    title: ours ? say(`step.${step}`, { domain }) : title,
    // Of an earlier version, without the name of the step.
    foreign: !ours,
    text,
  };
}

const SOFTWARE: Readonly<Partial<Record<Remedy['for'], string>>> = {
  postfix: 'Postfix, main.cf',
  exim: 'Exim, main section',
  opensmtpd: 'OpenSMTPD, smtpd.conf',
};

/** Titles of the catalogue begin small, since the terminal writes them behind a host. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
