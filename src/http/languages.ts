/** Which language a page is in: the one that was chosen, else the first of the browser's that we have (RFC 9110 12.5.4). */
import { EN, type MessageKey, type Messages } from './messages/en.ts';
import { ES } from './messages/es.ts';
import { JA } from './messages/ja.ts';
import { NL } from './messages/nl.ts';
import { PT } from './messages/pt.ts';

export const LANGUAGES = {
  en: { name: 'English', messages: EN },
  nl: { name: 'Nederlands', messages: NL },
  es: { name: 'Español', messages: ES },
  pt: { name: 'Português', messages: PT },
  ja: { name: '日本語', messages: JA },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly messages: Messages }>>;

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

export type Say = (key: MessageKey, places?: Readonly<Record<string, string | number>>) => string;

export function sayIn(language: Language): Say {
  const { messages } = LANGUAGES[language];
  return (key, places = {}) =>
    messages[key].replace(/\{(\w+)\}/g, (whole, place: string) => String(places[place] ?? whole));
}
