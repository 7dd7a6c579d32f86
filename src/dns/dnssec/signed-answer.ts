/**
 * What one message says about a name and a type, CNAME and DNAME followed inside it, as the sets that have to be
 * validated for it (RFC 1034 3.6.2, RFC 6672, RFC 6604). Pure; nothing is believed yet.
 */
import { maxAliases } from '../alias-chain.ts';
import type { RecordType } from '../answer.ts';
import type { DnsMessage } from '../message.ts';
import { encodeName, isWithin } from '../name.ts';
import { RCODE, TYPE_NUMBERS } from '../record-type.ts';
import { labelCount, labelsOf } from './names.ts';
import { DNAME_TYPE, nameInData, type RrSet, type Section, sectionOf } from './rrset.ts';

export type AnswerEnd =
  | { readonly kind: 'records'; readonly set: RrSet }
  /** `ttl` in seconds by the SOA (RFC 2308 section 5); null where none came. */
  | { readonly kind: 'no-data' | 'no-such-name'; readonly ttl: number | null }
  /** The aliases lead to a name about which the message is silent. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'alias-loop' }
  | { readonly kind: 'bad-alias'; readonly alias: RrSet }
  | { readonly kind: 'referral' };

export interface SignedAnswer {
  /** Each alias on the way, then the records, in this order. */
  readonly sets: readonly RrSet[];
  readonly authorities: Section;
  /** The names of `before`, then each alias. */
  readonly names: readonly string[];
  readonly end: AnswerEnd;
}

/** Follows the aliases in `message` from the last of `before`; the message answers that name. */
export function readSignedAnswer(message: DnsMessage, type: RecordType, before: readonly string[]): SignedAnswer {
  const answers = sectionOf(message, message.answers);
  const authorities = sectionOf(message, message.authorities);
  const names = [...before];
  const sets: RrSet[] = [];
  const finish = (end: AnswerEnd): SignedAnswer => ({ sets, authorities, names, end });
  for (;;) {
    const name = names.at(-1) ?? '';
    const wanted = answers.get(name, TYPE_NUMBERS[type]);
    if (wanted !== undefined) {
      sets.push(wanted);
      return finish({ kind: 'records', set: wanted });
    }
    const alias = type === 'CNAME' ? undefined : (dnameOver(answers, name) ?? answers.get(name, TYPE_NUMBERS.CNAME));
    if (alias === undefined) break;
    sets.push(alias);
    const target = targetOf(alias, name);
    if (target === null) return finish({ kind: 'bad-alias', alias });
    if (names.includes(target) || names.length > maxAliases(type)) return finish({ kind: 'alias-loop' });
    names.push(target);
  }
  const ttl = negativeTtl(message, names.at(-1) ?? '');
  if (message.rcode === RCODE.nameError) return finish({ kind: 'no-such-name', ttl });
  if (ttl !== null) return finish({ kind: 'no-data', ttl });
  if (names.length > before.length) return finish({ kind: 'unfinished' });
  const refers = !message.authoritative && message.authorities.some((record) => record.type === 'NS');
  return finish(refers ? { kind: 'referral' } : { kind: 'no-data', ttl: null });
}

/** RFC 6672 section 2.2: strictly below the owner; the CNAME made from it needs no signature (section 5.3.1). */
function dnameOver(answers: Section, name: string): RrSet | undefined {
  return answers.sets.find((set) => set.type === DNAME_TYPE && set.name !== name && isWithin(name, set.name));
}

function targetOf(alias: RrSet, name: string): string | null {
  const data = nameInData(alias);
  if (data === null || alias.type !== DNAME_TYPE) return data;
  const kept = labelsOf(name).slice(0, labelCount(name) - labelCount(alias.name));
  const target = [...kept, ...labelsOf(data)].join('.');
  return encodeName(target) === null ? null : target;
}

function negativeTtl(message: DnsMessage, name: string): number | null {
  for (const record of message.authorities) {
    if (record.type === 'SOA' && isWithin(name, record.name)) return Math.min(record.ttl, record.data.minimum);
  }
  return null;
}
