/** The tester's pages: the form, a result that fills in, history, comparison, explanations, the badge. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asked, Job } from '../app/probe-jobs.ts';
import { parseDomain, showDomain } from '../base/domain.ts';
import { adviceFor, FINDING_CODES, findingEntry, isFindingCode } from '../probe/finding-catalogue.ts';
import { parsePort } from '../probe/target.ts';
import { CONCEPTS } from '../report/explain-concepts.ts';
import { sendText } from './answer.ts';
import { comparisonPage } from './comparison.ts';
import { proposedMode } from './destination-outlook.ts';
import { fromOurPage } from './form-guard.ts';
import type { WebHouse } from './house.ts';
import { matrixSoFar } from './matrix.ts';
import { mayChange } from './operator.ts';
import { badgePicture } from './pictures.ts';
import { canonical } from './probe-api.ts';
import { problemOf } from './problem.ts';
import { resultPage } from './result-page.ts';
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
    const { say } = views.frame(request);
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
        examples: house.examples,
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

  server.post('/probes', { ...HIDDEN, preHandler: fromOurPage(views) }, async (request, reply) => {
    const fields = fieldsOf(request.body);
    if (request.caller.anonymous && !house.anonymous) return reply.redirect('/sign-in', 303);
    const asked = jobs.ask(askedIn(fields), request.caller);
    if (!asked.ok) {
      const { failure } = asked;
      if (failure.kind === 'too-many') void reply.header('Retry-After', String(Math.ceil(failure.retryAfterMs / 1000)));
      return form(
        request,
        reply,
        fields,
        sentence(failure.detail),
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
    const { say } = views.frame(request);
    if (job.state === 'failed') {
      return views.page(request, reply, 'failed', { job }, { title: say('failedTitle') });
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
    const result = resultPage(job, job.result, say, jobs.limits.reuseMs);
    const proposal =
      house.appliance == null || !mayChange(request)
        ? null
        : { domain: job.result.domain, mode: proposedMode(job.result) };
    const others = history.filter(({ id, result: kept }) => id !== job.id && kept !== null).map(shortOf);
    return views.page(
      request,
      reply,
      'result',
      { result, others, proposal },
      { title: `${result.target}: ${result.headline}` },
    );
  });

  server.get('/domains/:domain', HIDDEN, async (request, reply) => {
    const { say } = views.frame(request);
    const domain = canonical((request.params as { readonly domain: string }).domain);
    const records = await jobs.list({ domain, unlisted: !request.caller.anonymous, limit: MAX_HISTORY, before: null });
    const shown = parseDomain(domain).ok ? showDomain(domain) : domain.slice(0, 255);
    return views.page(
      request,
      reply,
      'history',
      { domain: shown, records: records.map(shortOf) },
      { title: `${say('history')}: ${shown}` },
    );
  });

  server.get('/compare/:before/:now', HIDDEN, async (request, reply) => {
    const { before, now } = request.params as { readonly before: string; readonly now: string };
    const [old, fresh] = await Promise.all([jobs.find(before.slice(0, 40)), jobs.find(now.slice(0, 40))]);
    if (old === null || fresh === null || old.result === null || fresh.result === null) return unknown(request, reply);
    const { say } = views.frame(request);
    const comparison = comparisonPage(old.result, fresh.result, say);
    return views.page(
      request,
      reply,
      'compare',
      { comparison, before: old.id, now: fresh.id },
      { title: `${say('compare')}: ${comparison.target}` },
    );
  });

  server.get('/explain', HIDDEN, async (request, reply) => {
    const { say } = views.frame(request);
    const findings = FINDING_CODES.map((code) => ({ code, ...findingEntry(code) }));
    const concepts = [...Map.groupBy(CONCEPTS, ({ kind }) => kind)].map(([kind, list]) => ({
      kind,
      names: list.map(({ name }) => name),
    }));
    return views.page(request, reply, 'explain-list', { findings, concepts }, { title: say('navExplain') });
  });

  server.get('/explain/:code', HIDDEN, async (request, reply) => {
    const code = (request.params as { readonly code: string }).code.toLowerCase();
    if (isFindingCode(code)) {
      const { title, severity, explain, reference } = findingEntry(code);
      const { say } = views.frame(request);
      const values = {
        code,
        heading: title,
        kind: say(severity),
        severity,
        texts: [explain],
        advice: adviceFor(code),
        reference,
      };
      return views.page(request, reply, 'explain', values, { title: `${code}: ${title}` });
    }
    const concept = CONCEPTS.find(({ name, aliases }) => name === code || aliases.includes(code));
    if (concept === undefined)
      return views.problem(
        request,
        reply,
        problemOf('not-found', 'There is no finding, mode, stage or verdict of this name.'),
      );
    const values = {
      code: concept.name,
      heading: concept.name,
      kind: concept.kind,
      severity: 'info',
      texts: concept.text,
      advice: null,
      reference: null,
    };
    return views.page(request, reply, 'explain', values, { title: concept.name });
  });

  server.get('/badge/:file', HIDDEN, async (request, reply) => {
    const { file } = request.params as { readonly file: string };
    if (!file.endsWith('.svg')) return unknown(request, reply);
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
    const { say } = views.frame(request);
    const { kind } = request.params as { readonly kind: string };
    return views.page(
      request,
      reply,
      'problem',
      { problem: { status: 200, title: kind.replaceAll('-', ' ').slice(0, 60), detail: '', next: '', goOn: '/' } },
      { title: say('problemTitle') },
    );
  });

  async function jobOf(request: FastifyRequest): Promise<Job | null> {
    return jobs.find((request.params as { readonly id: string }).id.slice(0, 40));
  }

  function unknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return views.problem(
      request,
      reply,
      problemOf('not-found', 'No test of this name is known here; results are kept for a limited time.'),
    );
  }
}

function shortOf({ id, target, finishedAt, result }: Awaited<ReturnType<WebHouse['jobs']['list']>>[number]) {
  return {
    id,
    target,
    at: new Date(finishedAt).toISOString().slice(0, 16).replace('T', ' '),
    value: result?.confidence.value ?? null,
    secure: result?.confidence.secure ?? false,
    status: result?.status ?? 'failed',
  };
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

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
