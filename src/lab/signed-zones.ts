/**
 * Answers from signed zones: as each zone's own server would give them, with the proofs that belong to them (RFC 4035
 * section 3.1, RFC 5155 section 7.2), or as a resolver would, aliases followed across zones.
 */
import { compareNames, labelCount, labelsOf, lastLabels, parentOf, wildcardBelow } from '../dns/dnssec/names.ts';
import { nsec3Hash } from '../dns/dnssec/nsec3.ts';
import { isWithin } from '../dns/name.ts';
import { RCODE, TYPE_NUMBERS } from '../dns/record-type.ts';
import { DNAME, type WireRecord, wireName } from './wire-record.ts';
import { type SignedZone, setKey } from './zone-signer.ts';

export interface SignedAnswerParts {
  readonly rcode: number;
  readonly answers: readonly WireRecord[];
  readonly authorities: readonly WireRecord[];
}

export interface SignedQuestion {
  readonly name: string;
  /** The number of the type. */
  readonly type: number;
}

/** Aliases followed for one question; a loop ends here. */
export const MAX_SIGNED_ALIASES = 20;

/** What the server of the deepest zone says: one alias at most, which is not followed out of the zone. */
export function answerAsOwner(zones: readonly SignedZone[], question: SignedQuestion): SignedAnswerParts {
  const zone = zoneOf(zones, question);
  return zone === null ? { rcode: RCODE.refused, answers: [], authorities: [] } : lookUp(zone, question).parts;
}

/** What a resolver says: every alias followed. */
export function answerAsResolver(zones: readonly SignedZone[], question: SignedQuestion): SignedAnswerParts {
  let name = question.name;
  const answers: WireRecord[] = [];
  const authorities: WireRecord[] = [];
  for (let links = 0; ; links += 1) {
    const zone = zoneOf(zones, { name, type: question.type });
    if (zone === null) return { rcode: RCODE.serverFailure, answers: [], authorities: [] };
    const { parts, target } = lookUp(zone, { name, type: question.type });
    answers.push(...parts.answers);
    authorities.push(...parts.authorities);
    if (target === null || links >= MAX_SIGNED_ALIASES) return { rcode: parts.rcode, answers, authorities };
    name = target;
  }
}

/** The deepest zone that holds the name; for DS the one above a cut. */
function zoneOf(zones: readonly SignedZone[], { name, type }: SignedQuestion): SignedZone | null {
  const place = type === TYPE_NUMBERS.DS ? (parentOf(name) ?? '') : name;
  let deepest: SignedZone | null = null;
  for (const zone of zones) {
    if (isWithin(place, zone.apex) && (deepest === null || zone.apex.length > deepest.apex.length)) deepest = zone;
  }
  return deepest;
}

interface LookedUp {
  readonly parts: SignedAnswerParts;
  /** Where an alias leads. */
  readonly target: string | null;
}

function lookUp(zone: SignedZone, { name, type }: SignedQuestion): LookedUp {
  const answered = (
    answers: readonly WireRecord[],
    proofs: readonly WireRecord[],
    target: string | null,
  ): LookedUp => ({
    parts: { rcode: RCODE.noError, answers, authorities: proofs },
    target,
  });
  const dname = dnameOver(zone, name);
  if (dname !== null) {
    const target = [...labelsOf(name).slice(0, -labelCount(dname.owner)), ...labelsOf(dname.target)].join('.');
    const made = { name, type: TYPE_NUMBERS.CNAME, ttl: 300, data: wireName(target) };
    return answered([...withSignatures(zone, dname.owner, DNAME), made], [], target);
  }
  const closest = existingAncestor(zone, name);
  const wildcard = wildcardBelow(closest);
  const source = closest === name ? name : zone.names.has(wildcard) ? wildcard : null;
  if (source === null) {
    const proofs = [...soa(zone), ...denyName(zone, name, closest), ...denyWildcard(zone, wildcard)];
    return { parts: { rcode: RCODE.nameError, answers: [], authorities: unique(proofs) }, target: null };
  }
  const closerProof = source === name ? [] : denyName(zone, name, closest);
  for (const found of type === TYPE_NUMBERS.CNAME ? [type] : [type, TYPE_NUMBERS.CNAME]) {
    const records = withSignatures(zone, source, found);
    if (records.length === 0) continue;
    const data = found === TYPE_NUMBERS.CNAME && type !== found ? records[0]?.data : undefined;
    const target = data === undefined ? null : plainName(data);
    return answered(
      records.map((one) => ({ ...one, name })),
      unique(closerProof),
      target,
    );
  }
  const proofs = [...soa(zone), ...closerProof, ...denyType(zone, source)];
  return answered([], unique(proofs), null);
}

function withSignatures(zone: SignedZone, name: string, type: number): readonly WireRecord[] {
  const key = setKey(name, type);
  return [...(zone.sets.get(key) ?? []), ...(zone.signatures.get(key) ?? [])];
}

function soa(zone: SignedZone): readonly WireRecord[] {
  return withSignatures(zone, zone.apex, TYPE_NUMBERS.SOA);
}

function existingAncestor(zone: SignedZone, name: string): string {
  let ancestor = name;
  while (!zone.names.has(ancestor) && ancestor !== zone.apex) ancestor = parentOf(ancestor) ?? '';
  return ancestor;
}

function dnameOver(zone: SignedZone, name: string): { readonly owner: string; readonly target: string } | null {
  for (let count = labelCount(name) - 1; count >= labelCount(zone.apex); count -= 1) {
    const owner = lastLabels(name, count);
    const data = zone.sets.get(setKey(owner, DNAME))?.[0]?.data;
    if (data !== undefined) return { owner, target: plainName(data) };
  }
  return null;
}

/** That nothing stands at `name`, nor between it and its closest ancestor that exists. */
function denyName(zone: SignedZone, name: string, closest: string): readonly WireRecord[] {
  if (zone.denial.kind === 'nsec') return denialOver(zone, name);
  return [...denialAt(zone, closest), ...denialOver(zone, lastLabels(name, labelCount(closest) + 1))];
}

function denyWildcard(zone: SignedZone, wildcard: string): readonly WireRecord[] {
  return denialOver(zone, wildcard);
}

/** The types at a name that exists; one without records has no NSEC of its own, one left out by opt-out no NSEC3. */
function denyType(zone: SignedZone, name: string): readonly WireRecord[] {
  const own = denialAt(zone, name);
  if (own.length > 0) return own;
  return zone.denial.kind === 'nsec' ? denialOver(zone, name) : optedOut(zone, name);
}

function optedOut(zone: SignedZone, name: string): readonly WireRecord[] {
  let closest = parentOf(name) ?? '';
  while (denialAt(zone, closest).length === 0 && closest !== zone.apex) closest = parentOf(closest) ?? '';
  return [...denialAt(zone, closest), ...denialOver(zone, lastLabels(name, labelCount(closest) + 1))];
}

function placeOf(zone: SignedZone, name: string): string {
  const { denial } = zone;
  return denial.kind === 'nsec' ? name : nsec3Hash(wireName(name), denial.salt, denial.iterations).toString('hex');
}

function denialAt(zone: SignedZone, name: string): readonly WireRecord[] {
  const place = placeOf(zone, name);
  const entry = zone.chain.find(({ at }) => at === place);
  return entry === undefined ? [] : denialRecords(zone, entry.owner);
}

function denialOver(zone: SignedZone, name: string): readonly WireRecord[] {
  const place = placeOf(zone, name);
  const before = zone.chain.filter(({ at }) =>
    zone.denial.kind === 'nsec' ? compareNames(at, place) < 0 : at < place,
  );
  const entry = before.at(-1) ?? zone.chain.at(-1);
  return entry === undefined ? [] : denialRecords(zone, entry.owner);
}

function denialRecords(zone: SignedZone, owner: string): readonly WireRecord[] {
  return withSignatures(zone, owner, zone.denial.kind === 'nsec' ? TYPE_NUMBERS.NSEC : TYPE_NUMBERS.NSEC3);
}

function unique(records: readonly WireRecord[]): readonly WireRecord[] {
  return [...new Set(records)];
}

/** Names of the test bed have no octets that would need an escape. */
function plainName(wire: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; (wire[at] ?? 0) !== 0; at += 1 + (wire[at] ?? 0)) {
    labels.push(wire.toString('latin1', at + 1, at + 1 + (wire[at] ?? 0)));
  }
  return labels.join('.');
}
