/** Which language a page is in: the one that was chosen, else the first of the browser's that we have (RFC 9110 12.5.4). */
import { CERTIFICATES_EN, type CertificatesKey, type CertificatesMessages } from './messages/certificates-en.ts';
import { CERTIFICATES_ES } from './messages/certificates-es.ts';
import { CERTIFICATES_JA } from './messages/certificates-ja.ts';
import { CERTIFICATES_NL } from './messages/certificates-nl.ts';
import { CERTIFICATES_PT } from './messages/certificates-pt.ts';
import { EN, type Messages, type MessageKey as TesterKey } from './messages/en.ts';
import { ES } from './messages/es.ts';
import { JA } from './messages/ja.ts';
import { MONITORS_EN, type MonitorKey, type MonitorMessages } from './messages/monitors-en.ts';
import { MONITORS_ES } from './messages/monitors-es.ts';
import { MONITORS_JA } from './messages/monitors-ja.ts';
import { MONITORS_NL } from './messages/monitors-nl.ts';
import { MONITORS_PT } from './messages/monitors-pt.ts';
import { NL } from './messages/nl.ts';
import { OPERATOR_EN, type OperatorKey, type OperatorMessages } from './messages/operator-en.ts';
import { OPERATOR_ES } from './messages/operator-es.ts';
import { OPERATOR_JA } from './messages/operator-ja.ts';
import { OPERATOR_NL } from './messages/operator-nl.ts';
import { OPERATOR_PT } from './messages/operator-pt.ts';
import { PT } from './messages/pt.ts';
import { RESULT_EN, type ResultKey, type ResultMessages } from './messages/result-en.ts';
import { RESULT_ES } from './messages/result-es.ts';
import { RESULT_JA } from './messages/result-ja.ts';
import { RESULT_NL } from './messages/result-nl.ts';
import { RESULT_PT } from './messages/result-pt.ts';

export const LANGUAGES = {
  en: { name: 'English', messages: { ...EN, ...RESULT_EN, ...OPERATOR_EN, ...CERTIFICATES_EN, ...MONITORS_EN } },
  nl: { name: 'Nederlands', messages: { ...NL, ...RESULT_NL, ...OPERATOR_NL, ...CERTIFICATES_NL, ...MONITORS_NL } },
  es: { name: 'Español', messages: { ...ES, ...RESULT_ES, ...OPERATOR_ES, ...CERTIFICATES_ES, ...MONITORS_ES } },
  pt: { name: 'Português', messages: { ...PT, ...RESULT_PT, ...OPERATOR_PT, ...CERTIFICATES_PT, ...MONITORS_PT } },
  ja: { name: '日本語', messages: { ...JA, ...RESULT_JA, ...OPERATOR_JA, ...CERTIFICATES_JA, ...MONITORS_JA } },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly name: string;
      readonly messages: Messages & ResultMessages & OperatorMessages & CertificatesMessages & MonitorMessages;
    }
  >
>;

export type MessageKey = TesterKey | ResultKey | OperatorKey | CertificatesKey | MonitorKey;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(LANGUAGES, text);
}

export function pickLanguage(chosen: string | undefined, accepted: string | undefined): Language {
  if (isLanguage(chosen)) return chosen;
  const wishes = (accepted ?? '')
    .slice(0, 500)
    .split(',')
    .flatMap((wish) => {
      const [tag = '', ...parameters] = wish.trim().toLowerCase().split(';');
      const quality = /^\s*q=([\d.]+)/.exec(parameters.join(';'))?.[1];
      const language = tag.split('-')[0];
      return isLanguage(language) ? [{ language, quality: quality === undefined ? 1 : Number(quality) }] : [];
    });
  return (
    wishes.filter(({ quality }) => quality > 0).sort((one, other) => other.quality - one.quality)[0]?.language ?? 'en'
  );
}

export interface Say {
  (key: MessageKey, places?: Readonly<Record<string, string | number>>): string;
  readonly language: Language;
}

export function sayIn(language: Language): Say {
  const { messages } = LANGUAGES[language];
  const say = (key: MessageKey, places: Readonly<Record<string, string | number>> = {}): string =>
    messages[key].replace(/\{(\w+)\}/g, (whole, place: string) => String(places[place] ?? whole));
  return Object.assign(say, { language });
}
