/**
 * The sentences every rendering shares: what the score means, what was lost, and what would happen to a message in each
 * TLS mode. The answer first, the reason second; a number never stands alone (R49).
 */
import { showDomain } from '../base/domain.ts';
import { showTlsMode, TLS_MODES, type TlsMode } from '../policy/mode.ts';
import { findingEntry, isFindingCode } from '../probe/finding-catalogue.ts';
import {
  type Loss,
  type PredictedOutcome,
  type Prediction,
  type ProbeResult,
  SENDERS,
  type SenderName,
} from '../probe/result.ts';
import { type DaneState, type Doubt, type DoubtKind, daneState, doubtsOf } from './verdict-facts.ts';

/** What follows "confidence 101 of 121": the yes/no line with its first reason. */
export function verdictSentence(result: ProbeResult): string {
  const { confidence } = result;
  if (result.status !== 'tested') return untestedSentence(result);
  if (confidence.value === null) return 'could not be judged: no host let us see whether TLS works';
  const doubts = doubtsOf(result).map(doubtWords);
  const provisional = confidence.provisional ? ', provisional: a host put us off before TLS could be judged' : '';
  if (confidence.secure) return `secure${doubts.length === 0 ? '' : `, but ${doubts.join(', ')}`}${provisional}`;
  return `not secure${doubts.length === 0 ? '' : `: ${doubts.join(', ')}`}${provisional}`;
}

function untestedSentence({ status, problem }: ProbeResult): string {
  const known: Readonly<Record<Exclude<ProbeResult['status'], 'tested'>, string>> = {
    'null-mx': 'the domain says that it takes no mail (null MX)',
    'no-such-domain': 'the domain does not exist',
    'no-address': 'no mail host has an address',
    'dns-failure': 'the DNS gave no answer',
    blocked: 'the way out on this port is blocked here, nothing was tested',
  };
  const sentence = status === 'tested' ? '' : known[status];
  return problem === null || problem === '' ? sentence : problem;
}

/** `one host not sure to whom`, `2 of 3 hosts in clear`: each fault with how many hosts have it. */
function doubtWords({ kind, number, total }: Doubt): string {
  return `${total <= 1 ? '' : number === total ? 'every host ' : number === 1 ? 'one host ' : `${number} of ${total} hosts `}${DOUBT_WORDS[kind]}`;
}

const DOUBT_WORDS: Readonly<Record<DoubtKind, string>> = {
  clear: 'in clear',
  'broken-tls': 'with broken TLS',
  unreachable: 'not reachable',
  'old-tls': 'with an old TLS version',
  identity: 'not sure to whom',
  'weak-cipher': 'with a weak cipher or key',
  'dane-mismatch': 'with TLSA records that do not match',
};

/** `at mx2.example.com: the certificate is for …`. */
export function lossSentence(loss: Loss, result: ProbeResult): string {
  const found = [...result.hosts.flatMap(({ findings }) => findings), ...result.findings].find(
    ({ code, host, address }) =>
      code === loss.code &&
      host === loss.host &&
      (address === undefined || loss.address === null || address === loss.address),
  );
  const several = result.hosts.filter(({ exchange }) => exchange === loss.host).length > 1;
  const where = several && loss.address !== null ? `${showDomain(loss.host)} [${loss.address}]` : showDomain(loss.host);
  const detail = found?.detail ?? titleOf(loss.code);
  return detail.startsWith(`${where} `) ? detail : `at ${where}: ${detail}`;
}

export function titleOf(code: string): string {
  return isFindingCode(code) ? findingEntry(code).title : code;
}

/** Modes that come out the same, under one sentence. */
export interface ModeGroup {
  readonly modes: readonly TlsMode[];
  readonly prediction: Prediction;
  readonly sentence: string;
}

export function groupPredictions(result: ProbeResult): readonly ModeGroup[] {
  const rows = TLS_MODES.map((mode) => {
    const prediction = result.predictions[mode];
    return { mode, prediction, sentence: predictionSentence(prediction, result.domain) };
  });
  return [...Map.groupBy(rows, ({ sentence }) => sentence).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ modes: group.map(({ mode }) => mode), prediction: first.prediction, sentence: first.sentence }];
  });
}

/** The senders beside the six modes, those that come out the same under one sentence. */
export function groupSenders(result: ProbeResult): readonly (readonly [senders: string, sentence: string])[] {
  const rows = SENDERS.map((sender) => [sender, predictionSentence(result.senders[sender], result.domain)] as const);
  return [...Map.groupBy(rows, ([, sentence]) => sentence)].map(
    ([sentence, group]) => [group.map(([sender]) => SENDER_TITLES[sender]).join(', '), sentence] as const,
  );
}

const SENDER_TITLES: Readonly<Record<SenderName, string>> = {
  'dane-opportunistic': 'DANE when there',
  'dane-mandatory': 'DANE only',
  'mta-sts': 'MTA-STS',
  requiretls: 'REQUIRETLS',
  'postfix-none': 'Postfix none',
  'postfix-may': 'Postfix may',
  'postfix-encrypt': 'Postfix encrypt',
  'postfix-dane': 'Postfix dane',
  'postfix-dane-only': 'Postfix dane-only',
  'postfix-fingerprint': 'Postfix fingerprint (of today)',
  'postfix-verify': 'Postfix verify',
  'postfix-secure': 'Postfix secure',
};

/** Completes "your mail would …". */
export function predictionSentence(prediction: Prediction, domain: string): string {
  const main = outcomeWords(prediction);
  const others = [...new Set(prediction.outcomes.map((outcome) => otherWords(outcome, prediction)))];
  const reason = prediction.channel === 'none' ? reasonOf(prediction, domain) : '';
  return `${main}${reason}${others.length === 0 ? '' : ` (or ${others.join(', or ')})`}`;
}

export function showModes(modes: readonly TlsMode[]): string {
  return modes.map(showTlsMode).join(', ');
}

function outcomeWords({ channel, host, verified }: PredictedOutcome): string {
  const to = host === null ? '' : ` to ${showDomain(host)}`;
  switch (channel) {
    case 'clear':
      return `go in clear${to}`;
    case 'encrypted':
      return `go encrypted${verified === true ? ' and verified' : ''}${to}${verified === false ? ', not verified' : ''}`;
    case 'none':
      return 'not go';
  }
}

function otherWords(outcome: PredictedOutcome, main: PredictedOutcome): string {
  if (outcome.channel === 'none') return 'not at all';
  if (outcome.host === main.host) return outcomeWords({ ...outcome, host: null }).replace(/^go /, '');
  return outcomeWords(outcome).replace(/^go /, '');
}

/** Longer reasons stand whole in the findings and in the format `detail`. */
const MAX_REASON_LENGTH = 200;

/** Why no host takes it: one reason for each host that was tried, the same one told once. */
function reasonOf({ because }: Prediction, domain: string): string {
  const [first, ...others] = because;
  if (first === undefined) return `: no host of ${domain} would take it`;
  const shown = first.length <= MAX_REASON_LENGTH ? first : `${first.slice(0, MAX_REASON_LENGTH)}…`;
  if (others.length === 0) return `: ${shown}`;
  const alike = others.every((other) => withoutHost(other) === withoutHost(first));
  const rest = others.length === 1 ? 'the other host' : `the ${others.length} other hosts`;
  return `: ${shown}${alike ? `, and so ${rest}` : `; nor would ${rest}, for other reasons`}`;
}

/** `mx.example.com: the connection was refused` without its host. */
function withoutHost(reason: string): string {
  return reason.replace(/^[^ ]+: /, '');
}

/** With exactly one full stop, wherever it came from. */
export function endedSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** `mx.example.com: the connection was refused`, but no name twice in a row. */
export function placed(host: string | undefined, text: string): string {
  const shown = host === undefined ? '' : showDomain(host);
  return host === undefined || text.startsWith(`${shown} `) || text.startsWith(`${host} `) ? text : `${shown}: ${text}`;
}

/** The two policies of the domain, each in a sentence part; absent where nobody looked. */
export function policyRows(result: ProbeResult): readonly (readonly [name: string, sentence: string])[] {
  const rows: (readonly [string, string])[] = [];
  const mtaSts = MTA_STS_WORDS[result.mtaSts.mode];
  if (mtaSts !== null) rows.push(['MTA-STS', mtaSts]);
  const dane = daneState(result);
  if (dane !== null) rows.push(['DANE', DANE_WORDS[dane]]);
  return rows;
}

const MTA_STS_WORDS: Readonly<Record<ProbeResult['mtaSts']['mode'], string | null>> = {
  absent: 'no policy published',
  none: 'the published policy is "none": nothing is asked',
  testing: 'a policy in testing mode: faults are reported, mail goes all the same',
  enforce: 'a policy is enforced',
  failed: 'a policy is announced, but could not be fetched or read',
  'not-tested': null,
};

const DANE_WORDS: Readonly<Record<DaneState, string>> = {
  mismatch: 'a TLSA record does not match the certificate: senders with DANE do not deliver',
  failed: 'TLSA records could not be looked up: senders with DANE wait',
  match: 'TLSA records match',
  'match-some': 'TLSA records match at some hosts',
  unusable: 'TLSA records are published, but none is usable',
  uncompared: 'TLSA records are published, and no certificate was seen to compare them with',
  'none-signed': 'no TLSA records (the zone is signed: you could have them)',
  none: 'no TLSA records',
};
