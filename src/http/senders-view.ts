/** What senders would do with a message, in the language of the page: the six modes, other senders, what is published. */
import { showDomain } from '../base/domain.ts';
import { showTlsMode, type TlsMode } from '../policy/mode.ts';
import type { PredictedOutcome, Prediction, ProbeResult, SenderName } from '../probe/result.ts';
import { daneState, modesAlike, type Reason, reasonsOf, sendersAlike } from '../report/verdict-facts.ts';
import type { Say } from './languages.ts';

/** Hosts that a reason names; the rest is counted. */
const MAX_NAMED = 3;

/** "encrypted to mx.example.com", in the words of the page's language. */
export function outcomeWords({ channel, host, verified }: PredictedOutcome, say: Say): string {
  if (channel === 'none') return say('notGo');
  if (host === null) return say(channel === 'clear' ? 'goClearElsewhere' : 'goEncryptedElsewhere');
  const to = { host: showDomain(host) };
  if (channel === 'clear') return say('goClear', to);
  return say(verified === true ? 'goVerified' : verified === false ? 'goUnverified' : 'goEncrypted', to);
}

/** `yours`: the mode in force for this destination, where somebody looks who signed in. */
export function sendersView(result: ProbeResult, yours: TlsMode | null, say: Say) {
  return {
    modes: modesAlike(result).map(({ who, prediction }) => ({
      ...outcomeView(prediction, say),
      who: who.map((mode) => ({ name: showTlsMode(mode), code: mode, yours: mode === yours })),
      yours: who.some((mode) => mode === yours),
      reasons: reasonWords(who[0], prediction, result, say),
    })),
    byRule: sendersAlike(result).map(({ who, prediction }) => ({
      ...outcomeView(prediction, say),
      who: who.map((sender) => ({ name: senderName(sender, say), code: null, yours: false })),
      yours: false,
      reasons: reasonWords(who[0], prediction, result, say),
    })),
    published: publishedView(result, say),
  };
}

function outcomeView(prediction: Prediction, say: Say) {
  const { channel, verified } = prediction;
  return {
    tone: channel === 'encrypted' ? (verified === true ? 'good' : 'fair') : channel === 'clear' ? 'caution' : 'bad',
    sign: channel === 'encrypted' ? '✓' : channel === 'clear' ? '!' : '✕',
    outcome: outcomeWords(prediction, say),
    others: prediction.outcomes.map((each) => say('perhaps', { other: outcomeWords(each, say) })),
  };
}

function reasonWords(
  who: TlsMode | SenderName | undefined,
  { channel }: Prediction,
  result: ProbeResult,
  say: Say,
): readonly string[] {
  if (channel !== 'none' || who === undefined) return [];
  return reasonsOf(who, result).map((reason) =>
    say(`no.${reason.kind}`, { hosts: namedHosts(reason, say), domain: showDomain(result.domain) }),
  );
}

function namedHosts({ hosts }: Reason, say: Say): string {
  const named = hosts.slice(0, MAX_NAMED).map(showDomain).join(', ');
  return hosts.length <= MAX_NAMED ? named : say('andMore', { hosts: named, number: hosts.length - MAX_NAMED });
}

function senderName(sender: SenderName, say: Say): string {
  switch (sender) {
    case 'dane-opportunistic':
    case 'dane-mandatory':
      return say(`sender.${sender}`);
    case 'postfix-fingerprint':
      return `Postfix fingerprint, ${say('sender.postfix-fingerprint')}`;
    case 'mta-sts':
    case 'requiretls':
      return sender.toUpperCase();
    default:
      return sender.replace('postfix-', 'Postfix ');
  }
}

/** Both policies of the domain; left out where nobody looked. */
function publishedView(result: ProbeResult, say: Say) {
  const { mode } = result.mtaSts;
  const dane = daneState(result);
  return [
    ...(mode === 'not-tested' ? [] : [{ name: 'MTA-STS', words: say(`sts.${mode}`), tone: STS_TONES[mode] }]),
    ...(dane === null ? [] : [{ name: 'DANE', words: say(`daneIs.${dane}`), tone: DANE_TONES[dane] }]),
  ];
}

const STS_TONES = { absent: 'unknown', none: 'unknown', testing: 'caution', enforce: 'good', failed: 'bad' } as const;
const DANE_TONES = {
  mismatch: 'bad',
  failed: 'bad',
  match: 'good',
  'match-some': 'caution',
  unusable: 'caution',
  uncompared: 'caution',
  none: 'unknown',
  'none-signed': 'unknown',
} as const;
