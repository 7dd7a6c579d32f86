/**
 * Pages from templates. Every value is escaped by `<%=`, the backtick included; what is markup already comes from another
 * template or from `pictures.ts` and goes in by `<%-`. Templates touch no file and see nothing but the one value.
 */
import ejs from 'ejs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { printable } from '../base/printable.ts';
import { escapeMarkup } from '../report/markup.ts';
import { sendText } from './answer.ts';
import type { WebHouse } from './house.ts';
import { LANGUAGES, type Language, type MessageKey, pickLanguage, type Say, sayIn } from './languages.ts';
import type { Problem } from './problem.ts';
import { type ToldProblem, toldProblem } from './problem-words.ts';

/** What every template sees beside its own values. */
export interface Frame {
  readonly language: Language;
  readonly say: Say;
  readonly csrf: string;
}

export interface PageOptions {
  readonly title: string;
  /** A page that is not complete yet asks for itself again without a script. */
  readonly refresh?: boolean;
  readonly status?: number;
}

export interface Views {
  frame(request: FastifyRequest): Frame;
  page(
    request: FastifyRequest,
    reply: FastifyReply,
    template: string,
    values: object,
    options: PageOptions,
  ): FastifyReply;
  /** `words`: what it says in the language of the page; without it, the detail stands as it is. */
  problem(request: FastifyRequest, reply: FastifyReply, problem: Problem, words?: MessageKey): FastifyReply;
  /** A problem as its page tells it: what happened, why, and how to go on. */
  told(request: FastifyRequest, problem: Problem, goOn: string, words?: MessageKey): ToldProblem;
}

export const LANGUAGE_COOKIE = 'tlsreach_language';
const YEAR_S = 365 * 86_400;

export function createViews({ files, tls, appliance }: WebHouse): Views {
  const compiled = new Map(
    [...files.templates].map(([name, text]) => [
      name,
      ejs.compile(text, {
        escape: (value: unknown) => harmless(String(value ?? '')),
        strict: true,
        localsName: 'page',
        rmWhitespace: true,
      }),
    ]),
  );
  const render = (name: string, values: object): string => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`there is no template ${name}`);
    // Without its last line feed, so that a part may stand within a line.
    const part = (inner: string, more: object): string => render(inner, { ...values, ...more }).trim();
    return template({ ...values, part }) as string;
  };
  const frame = (request: FastifyRequest): Frame => {
    // Of an address that could not be read there is no query, and the cookies have not been looked at.
    const asked = langIn(request);
    const language = pickLanguage(asked ?? request.cookies?.[LANGUAGE_COOKIE], request.headers['accept-language']);
    return { language, say: sayIn(language), csrf: request.caller?.session?.csrf ?? '' };
  };
  const page: Views['page'] = (request, reply, template, values, { title, refresh = false, status = 200 }) => {
    const shared = frame(request);
    const lang = langIn(request);
    if (lang !== undefined && lang === shared.language) {
      void reply.setCookie(LANGUAGE_COOKIE, lang, {
        path: '/',
        maxAge: YEAR_S,
        sameSite: 'lax',
        httpOnly: true,
        secure: tls !== null,
      });
    }
    const body = render(template, { ...shared, ...values });
    const path = request.url.split('?')[0] ?? '/';
    const session = request.caller?.session ?? null;
    const html = render('layout', {
      ...shared,
      title,
      body,
      refresh,
      path,
      user: session?.user.name ?? null,
      operator: appliance != null && session !== null && !session.user.mustChange,
      inDesk: template === 'appliance/frame',
      languages: Object.entries(LANGUAGES).map(([code, { name }]) => ({
        code,
        name,
        current: code === shared.language,
      })),
    });
    void reply.code(status).header('Content-Language', shared.language).header('Vary', 'Accept-Language, Cookie');
    return sendText(reply, 'text/html; charset=utf-8', html);
  };
  const told: Views['told'] = (request, problem, goOn, words) => {
    const { say } = frame(request);
    return { ...toldProblem(problem, words, request.caller?.session?.user ?? null, say), goOn };
  };
  return {
    frame,
    page,
    told,
    problem: (request, reply, problem, words) => {
      const values = { problem: told(request, problem, '/', words) };
      return page(request, reply, 'problem', values, { title: values.problem.title, status: problem.status });
    },
  };
}

/** What was typed or asked for comes back here, too: nothing invisible, nothing that turns the reading direction (R54). */
function harmless(text: string): string {
  const lines = text.split('\n').map((line) => printable(line, Number.POSITIVE_INFINITY));
  return escapeMarkup(lines.join('\n'));
}

function langIn({ query }: FastifyRequest): string | undefined {
  const { lang } = (query ?? {}) as { readonly lang?: unknown };
  return typeof lang === 'string' ? lang : undefined;
}
