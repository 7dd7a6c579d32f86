/** What a page shows of a certificate: the same view as everywhere, in the words of its reader. Pure but for the clock's time. */
import { type CertificateView, ownNames } from '../app/certificate-views.ts';
import type { NameCheck } from '../app/name-check.ts';
import { printable } from '../base/printable.ts';
import type { CertificateUse } from '../config/certificate-edits.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import type { CertificateFacts } from '../pki/chain-verdict.ts';
import type { Say } from './languages.ts';
import { lifetimePicture } from './pictures.ts';

export interface ShownCertificate {
  readonly name: string;
  readonly isDemo: boolean;
  readonly isCommitted: boolean;
  readonly tone: 'good' | 'caution' | 'bad';
  readonly life: string;
  readonly bar: string;
  readonly subject: string;
  readonly issuer: string;
  readonly uses: readonly string[];
  readonly isTrusted: boolean;
  readonly verdict: string;
  /** Why it is not verifiable, in English; empty where it is. */
  readonly detail: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly chain: readonly ShownLink[];
}

interface ShownLink {
  readonly subject: string;
  readonly key: string;
  readonly bar: string;
  readonly from: string;
  readonly to: string;
}

export interface ShownName {
  readonly name: string;
  readonly from: string;
  readonly fits: boolean;
  readonly words: string;
}

const USE_KEYS = { outgoing: 'cfOutgoing', https: 'cfHttps' } as const satisfies Readonly<
  Record<CertificateUse, string>
>;

export function usesInWords(uses: readonly CertificateUse[], say: Say): readonly string[] {
  return uses.map((use) => say(USE_KEYS[use]));
}

export function shownCertificate(view: CertificateView, say: Say, now: number): ShownCertificate {
  const { facts, verdict, isDemo, standing, daysLeft, isSelfSigned } = view;
  const life = lifeInWords(view, say);
  const trusted = say('cfVerifiable');
  return {
    name: view.name,
    isDemo,
    isCommitted: view.isCommitted,
    tone: standing === 'good' ? 'good' : standing === 'soon' ? 'caution' : 'bad',
    life,
    bar: lifetimePicture(facts.notBefore, facts.notAfter, now, `${view.name}: ${life}`),
    subject: printable(facts.commonName ?? facts.subject, 200),
    issuer: isSelfSigned ? say('cfSelfSigned') : printable(facts.issuer, 300),
    uses: usesInWords(view.uses, say),
    isTrusted: verdict.trusted,
    verdict: isDemo ? say('cfNever') : verdict.trusted ? trusted : say('cfNotVerifiable'),
    detail: verdict.trusted || isDemo ? '' : printable(verdict.detail ?? '', 500),
    facts: [
      [say('cfSubject'), printable(facts.subject, 500)],
      [say('cfIssuer'), isSelfSigned ? say('cfSelfSigned') : printable(facts.issuer, 500)],
      [say('cfNames'), [...facts.names, ...facts.addresses].map((each) => printable(each, 255)).join(', ') || '–'],
      [
        say('cfValid'),
        `${day(facts.notBefore)} – ${day(facts.notAfter)} (${daysLeft < 0 ? life : say('cfDays', { count: daysLeft })})`,
      ],
      [say('cfKey'), facts.key],
      [say('cfSignature'), facts.signature],
      [say('cfSerial'), facts.serial],
      [say('cfFingerprint'), facts.fingerprint],
      [say('cfUsedFor'), usesInWords(view.uses, say).join(', ') || say('cfNothing')],
    ],
    chain: linksOf(view).map((each) => ({
      subject: printable(each.subject, 300),
      key: each.key,
      bar: lifetimePicture(each.notBefore, each.notAfter, now, `${day(each.notBefore)} – ${day(each.notAfter)}`),
      from: day(each.notBefore),
      to: day(each.notAfter),
    })),
  };
}

/** As verified where it could be, with its anchor; else as it is sent. */
function linksOf({ facts, chain, verdict }: CertificateView): readonly CertificateFacts[] {
  return verdict.trusted ? verdict.path : [facts, ...chain];
}

function lifeInWords({ standing, daysLeft, facts }: CertificateView, say: Say): string {
  if (standing === 'expired') return say('cfExpired', { date: day(facts.notAfter) });
  if (standing === 'not-yet-valid') return say('cfNotYet', { date: day(facts.notBefore) });
  return say('cfDays', { count: daysLeft });
}

/** The interfaces' names, before anybody asked the DNS. */
export function shownOwnNames(view: CertificateView, document: ConfigurationDocument, say: Say): readonly ShownName[] {
  return ownNames(document).map(({ name, from }) => {
    const isFitting = !view.unfit.some((each) => each.name === name);
    return shownName(name, from ?? say('cfThisSystem'), isFitting, say);
  });
}

export function shownCheck({ interfaces, mx, notAmongMx, unanswered, agrees }: NameCheck, say: Say) {
  const own = interfaces.map(({ name, from, fits }) => {
    const shown = shownName(name, from ?? say('cfThisSystem'), fits, say);
    return notAmongMx.includes(name) ? { ...shown, fits: false, words: `${shown.words}; ${say('cfNotMx')}` } : shown;
  });
  const hosts = mx.map(({ name, from, fits }) => shownName(name, say('cfMxOf', { domain: from ?? '' }), fits, say));
  return {
    names: [...own, ...hosts],
    unanswered: unanswered.map(({ domain, why }) => ({ domain: printable(domain, 255), why: printable(why, 300) })),
    agrees,
  };
}

function shownName(name: string, from: string, fits: boolean, say: Say): ShownName {
  return { name: printable(name, 255), from: printable(from, 255), fits, words: say(fits ? 'cfFits' : 'cfUnfit') };
}

export function day(date: string): string {
  return date.slice(0, 10);
}
