/** The shapes of what was asked beside the sessions: our own canaries, and the authoritative name servers one by one. */
import { byKind, list, orNull, record, type Shape, text, word } from '../base/shape.ts';
import type { AuthorityQuestion, AuthorityReport, ServerAnswer, ServerWord } from '../dns/authoritative.ts';
import type { CanaryWord } from './canary.ts';
import { dnsFailureShape, MAX_RECORDS } from './capture-dns-shapes.ts';
import { MAX_SHORT_LIST, MAX_TEXT } from './capture-limits.ts';

const line = text(MAX_TEXT);

export const canariesShape: Shape<readonly CanaryWord[]> = list(
  record<CanaryWord>({
    server: line,
    outcome: word<CanaryWord['outcome']>({ answered: true, silent: true, unknown: true }),
    detail: line,
  }),
  MAX_SHORT_LIST,
);

const serverWord = byKind<ServerWord>({
  records: { records: list(line, MAX_RECORDS) },
  alias: { target: line },
  'no-data': {},
  'no-such-name': {},
  'not-authoritative': {},
  'not-asked': { why: line },
  failed: { failure: dnsFailureShape },
});

export const authoritiesShape: Shape<readonly AuthorityReport[]> = list(
  record<AuthorityReport>({
    question: record<AuthorityQuestion>({
      name: line,
      type: word<AuthorityQuestion['type']>({ MX: true, TLSA: true, TXT: true }),
    }),
    zone: orNull(line),
    answers: list(record<ServerAnswer>({ server: line, address: orNull(line), word: serverWord }), MAX_SHORT_LIST),
  }),
  MAX_SHORT_LIST,
);
