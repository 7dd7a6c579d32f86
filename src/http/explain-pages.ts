/** What each finding, mode, stage and verdict means, and what to do: a list, and a page for each, as `tlsreach explain`. */
import type { FastifyInstance } from 'fastify';
import { FINDING_CODES, findingEntry, isFindingCode } from '../probe/finding-catalogue.ts';
import { CONCEPTS, type Concept } from '../report/explain-concepts.ts';
import { capital } from './finding-view.ts';
import { adviceOn, conceptWords, findingWords } from './language-words.ts';
import type { Say } from './languages.ts';
import { problemOf } from './problem.ts';
import type { Views } from './views.ts';

const HIDDEN = { schema: { hide: true } } as const;
const SEVERITIES = ['error', 'warning', 'info'] as const;

export function explainPages(server: FastifyInstance, views: Views): void {
  server.get('/explain', HIDDEN, async (request, reply) => {
    const { say, language } = views.frame(request);
    const findings = FINDING_CODES.map((code) => ({
      code,
      severity: findingEntry(code).severity,
      title: capital(findingWords(code, language).title),
    }));
    const severities = SEVERITIES.map((severity) => ({
      severity,
      findings: findings.filter((finding) => finding.severity === severity),
    }));
    const concepts = [...Map.groupBy(CONCEPTS, ({ kind }) => kind)].map(([kind, list]) => ({
      kind: kindWords(kind, say),
      names: list.map(({ name }) => name),
    }));
    return views.page(request, reply, 'explain-list', { severities, concepts }, { title: say('navExplain') });
  });

  server.get('/explain/:code', HIDDEN, async (request, reply) => {
    const code = (request.params as { readonly code: string }).code.toLowerCase();
    const { say, language } = views.frame(request);
    if (isFindingCode(code)) {
      const { severity, reference } = findingEntry(code);
      const { title, explain } = findingWords(code, language);
      const values = {
        code,
        heading: capital(title),
        kind: say(severity),
        severity,
        texts: [explain],
        advice: adviceOn(code, {}, language, say),
        reference,
      };
      return views.page(request, reply, 'explain', values, { title: `${code}: ${title}` });
    }
    const concept = CONCEPTS.find(({ name, aliases }) => name === code || aliases.includes(code));
    if (concept === undefined) {
      const problem = problemOf('not-found', 'There is no finding, mode, stage or verdict of this name.');
      return views.problem(request, reply, problem, 'noSuchName');
    }
    const values = {
      code: concept.name,
      heading: concept.name,
      kind: kindWords(concept.kind, say),
      severity: 'info',
      texts: conceptWords(concept.name, language),
      advice: null,
      reference: null,
    };
    return views.page(request, reply, 'explain', values, { title: concept.name });
  });
}

function kindWords(kind: Concept['kind'], say: Say): string {
  return say(`concept.${kind}`);
}
