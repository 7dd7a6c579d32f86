/** The tester's pages: the form, a result that fills in, history, comparison, the badge. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asked, Job } from '../app/probe-jobs.ts';
import { parseDomain, showDomain } from '../base/domain.ts';
import { controlsFor } from '../policy/destination.ts';
import type { TlsMode } from '../policy/mode.ts';
import { parsePort } from '../probe/target.ts';
import { sendText } from './answer.ts';
import { comparisonPage } from './comparison.ts';
import { proposedMode } from './destination-outlook.ts';
import { fromOurPage } from './form-guard.ts';
import type { WebHouse } from './house.ts';
import { exampleWords } from './language-words.ts';
import type { Say } from './languages.ts';
import { matrixSoFar } from './matrix.ts';
import { mayChange } from './operator.ts';
import { badgePicture } from './pictures.ts';
import { canonical } from './probe-api.ts';
import { isProblemKind, problemOf } from './problem.ts';
import { brokenOffWords, refusalWords } from './refusal-words.ts';
import { resultPage, shareView } from './result-page.ts';
import type { Views } from './views.ts';

type Fields = Readonly<Record<string, string | undefined>>;

/** Tests of this browser that the form shows again. */
const RECENT_COOKIE = 'tlsreach_recent';
const MAX_RECENT = 5;
const MAX_HISTORY = 50;
const HIDDEN = { schema: { hide: true } } as const;

/** An envelope with a lock's bow. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M10 13V9a6 6 0 0 1 12 0v4" fill="none" stroke="#1f4fd1" stroke-width="3"/><rect x="3" y="12" width="26" height="17" rx="4" fill="#1f4fd1"/><path d="m7 17 9 6 9-6" fill="none" stroke="#fff" stroke-width="2.4"/></svg>';

export function testerPages(server: FastifyInstance, house: WebHouse, views: Views): void {
  const { jobs } = house;

  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Fields,
    fault: string | null,
    status = 200,
  ) => {
    const { say, language } = views.frame(request);
    const recent = await Promise.all(recentOf(request).map((id) => jobs.find(id)));
    return views.page(
      request,
      reply,
      'home',
      {
        typed,
        fault,
        allowed: house.anonymous || !request.caller.anonymous,
        ports: house.ports,
        defaultPort: house.defaultPort,
        examples: house.examples.map(({ target, shows }) => ({
          target,
          shows: exampleWords(target, shows, language),
        })),
        recent: recent.flatMap((job) =>
          job === null
            ? []
            : [
                {
                  id: job.id,
                  target: job.target,
                  value: job.result?.confidence.value ?? null,
                  secure: job.result?.confidence.secure ?? false,
                },
              ],
        ),
      },
      { title: say('question'), status },
    );
  };

  server.get('/', HIDDEN, async (request, reply) => form(request, reply, request.query as Fields, null));

  server.post('/probes', { ...HIDDEN, onRequest: fromOurPage(views) }, async (request, reply) => {
    const fields = fieldsOf(request.body);
    if (request.caller.anonymous && !house.anonymous) return reply.redirect('/sign-in', 303);
    const asked = await jobs.ask(askedIn(fields), request.caller);
    if (!asked.ok) {
      const { failure } = asked;
      if (failure.kind === 'too-many') void reply.header('Retry-After', String(Math.ceil(failure.retryAfterMs / 1000)));
      return form(
        request,
        reply,
        fields,
        refusalWords(failure, views.frame(request).say),
        failure.kind === 'too-many' ? 429 : failure.kind === 'bad-target' ? 400 : 403,
      );
    }
    const { id } = asked.value.job;
    const recent = [id, ...recentOf(request).filter((other) => other !== id)].slice(0, MAX_RECENT);
    void reply.setCookie(RECENT_COOKIE, recent.join('.'), {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: house.tls !== null,
      maxAge: 30 * 86_400,
    });
    return reply.redirect(`/probes/${id}`, 303);
  });

  server.get('/probes/:id', HIDDEN, async (request, reply) => {
    const job = await jobOf(request);
    if (job === null) return unknown(request, reply);
    const { say, language } = views.frame(request);
    if (job.state === 'failed') {
      const words = brokenOffWords(job.problem, say);
      return views.page(request, reply, 'failed', { job, words }, { title: say('failedTitle') });
    }
    if (job.result === null) {
      const matrix = matrixSoFar(job.trail.all(), job.options.port, job.options.rcpt);
      const page = {
        job,
        matrix,
        events: `/api/v1/probes/${job.id}/events`,
        after: job.trail.last(),
        port: job.options.port,
      };
      return views.page(request, reply, 'running', page, {
        title: say('runningTitle', { target: job.target }),
        refresh: true,
      });
    }
    const history = await jobs.list({ target: job.target, unlisted: true, limit: 6, before: null });
    const result = resultPage(job, job.result, {
      language,
      say,
      reuseMs: jobs.limits.reuseMs,
      yours: await modeInForce(request, job.result.domain),
      origin: originOf(request),
    });
    const proposal =
      house.appliance == null || !mayChange(request)
        ? null
        : { domain: job.result.domain, target: job.target, mode: proposedMode(job.result) };
    const others = history
      .filter(({ id, result: kept }) => id !== job.id && kept !== null)
      .map((record) => shortOf(record, say));
    return views.page(
      request,
      reply,
      'result',
      { result, others, proposal },
      { title: `${result.target}: ${result.verdict.headline}` },
    );
  });

  server.get('/domains/:domain', HIDDEN, async (request, reply) => {
    const { say } = views.frame(request);
    const domain = canonical((request.params as { readonly domain: string }).domain);
    const records = await jobs.list({ domain, unlisted: !request.caller.anonymous, limit: MAX_HISTORY, before: null });
    const shown = parseDomain(domain).ok ? showDomain(domain) : domain.slice(0, 255);
    const { badge } = shareView('', originOf(request), domain, true);
    return views.page(
      request,
      reply,
      'history',
      { domain: shown, records: records.map((record) => shortOf(record, say)), badge: badge?.markdown ?? '' },
      { title: `${say('history')}: ${shown}` },
    );
  });

  server.get('/compare/:before/:now', HIDDEN, async (request, reply) => {
    const { before, now } = request.params as { readonly before: string; readonly now: string };
    const [old, fresh] = await Promise.all([jobs.find(before.slice(0, 40)), jobs.find(now.slice(0, 40))]);
    if (old === null || fresh === null || old.result === null || fresh.result === null) return unknown(request, reply);
    const { say, language } = views.frame(request);
    const comparison = comparisonPage(old.result, fresh.result, language, say);
    return views.page(
      request,
      reply,
      'compare',
      { comparison, before: old.id, now: fresh.id },
      { title: `${say('compare')}: ${comparison.target}` },
    );
  });

  server.get('/badge/:file', HIDDEN, async (request, reply) => {
    const { file } = request.params as { readonly file: string };
    if (!file.endsWith('.svg')) return noSuchPage(request, reply);
    const [record] = await jobs.list({ domain: canonical(file.slice(0, -4)), unlisted: false, limit: 1, before: null });
    const confidence = record?.result?.confidence;
    const value = confidence?.value ?? null;
    const picture =
      value === null
        ? badgePicture('not tested', 'unknown')
        : badgePicture(`${value} of ${confidence?.maximum ?? 121}`, confidence?.secure === true ? 'good' : 'bad');
    void reply.headers({ 'Cache-Control': 'public, max-age=300', 'Cross-Origin-Resource-Policy': 'cross-origin' });
    return sendText(reply, 'image/svg+xml; charset=utf-8', picture);
  });

  server.get('/style.css', HIDDEN, async (_request, reply) =>
    sendText(reply.header('Cache-Control', 'public, max-age=3600'), 'text/css; charset=utf-8', house.files.style),
  );
  server.get('/page.js', HIDDEN, async (_request, reply) =>
    sendText(
      reply.header('Cache-Control', 'public, max-age=3600'),
      'text/javascript; charset=utf-8',
      house.files.script,
    ),
  );
  server.get('/icon.svg', HIDDEN, async (_request, reply) =>
    sendText(reply.header('Cache-Control', 'public, max-age=86400'), 'image/svg+xml', ICON),
  );
  server.get('/problems/:kind', HIDDEN, async (request, reply) => {
    const { kind } = request.params as { readonly kind: string };
    if (!isProblemKind(kind)) return noSuchPage(request, reply);
    return views.problem(request, reply, { ...problemOf(kind, ''), status: 200 });
  });

  /** The mode in force for a destination, for people who signed in; null for others and without an operator's side. */
  async function modeInForce(request: FastifyRequest, domain: string): Promise<TlsMode | null> {
    const user = request.caller.session?.user;
    if (house.appliance == null || user === undefined || user.mustChange) return null;
    const committed = await house.appliance.configuration.committed();
    if (!committed.ok) return null;
    return controlsFor(committed.value.document.destinations, domain).tls;
  }

  function noSuchPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return views.problem(
      request,
      reply,
      problemOf('not-found', 'No page and no resource has this address.'),
      'noSuchPage',
    );
  }

  async function jobOf(request: FastifyRequest): Promise<Job | null> {
    return jobs.find((request.params as { readonly id: string }).id.slice(0, 40));
  }

  function unknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return views.problem(
      request,
      reply,
      problemOf('not-found', 'No test of this name is known here; results are kept for a limited time.'),
      'noSuchTest',
    );
  }
}

type Kept = Awaited<ReturnType<WebHouse['jobs']['list']>>[number];

function shortOf({ id, target, finishedAt, result }: Kept, say: Say) {
  return {
    id,
    target,
    at: new Date(finishedAt).toISOString().slice(0, 16).replace('T', ' '),
    value: result?.confidence.value ?? null,
    secure: result?.confidence.secure ?? false,
    words: result === null ? say('failedTitle') : result.status === 'tested' ? '' : say(`head.${result.status}`),
  };
}

/** As the browser wrote it: what is copied from a page leads back to the same place. */
function originOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`;
}

function recentOf(request: FastifyRequest): readonly string[] {
  const ids = (request.cookies[RECENT_COOKIE] ?? '').split('.');
  return ids.filter((id) => /^[2-9a-z]{12,40}$/.test(id)).slice(0, MAX_RECENT);
}

/** One text per field; whatever else somebody sends is left out. */
export function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A form that was sent has a field `sent`; boxes that are not ticked are missing then, and mean no. */
function askedIn(fields: Fields): Asked {
  const on = (name: string): boolean => fields[name] === 'on';
  const folded = fields['sent'] === 'form';
  const port = parsePort(fields['port'] ?? '');
  const family = fields['family'] === '4' || fields['family'] === '6' ? fields['family'] : 'any';
  return {
    target: fields['target'] ?? '',
    fresh: on('fresh'),
    options: {
      family,
      ...(port === null ? {} : { port }),
      ...(folded
        ? { quick: on('quick'), mtaSts: on('mtaSts'), dane: on('dane'), assureTls: on('assureTls'), scan: on('scan') }
        : {}),
    },
  };
}
