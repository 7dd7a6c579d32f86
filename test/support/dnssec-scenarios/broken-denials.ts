import { DNAME } from '../../../src/lab/wire-record.ts';
import {
  A,
  absenceOf,
  absent,
  CNAME,
  called,
  DS,
  denialOrSignature,
  flip,
  NSEC_TYPE,
  NSEC3_TYPE,
  plain,
  RRSIG,
  type Scenario,
  saying,
  withChild,
  withoutDenial,
} from '../dnssec-scenario.ts';
import {
  type Alter,
  alias,
  changed,
  delegation,
  ds,
  either,
  NSEC,
  NSEC3,
  ofType,
  STRANGER,
  signatureOver,
  whenAskedFor,
  without,
  zone,
} from '../dnssec-zone.ts';

export const BROKEN_DENIALS: readonly Scenario[] = [
  ...[NSEC, NSEC3].flatMap((denial): Scenario[] => {
    const bogus = (title: string, name: string, type: 'A' | 'TXT', alter: Alter, because: string): Scenario => ({
      title: `${title} (${called(denial)})`,
      build: plain({ denial }, whenAskedFor(type, alter)),
      name,
      type,
      security: 'bogus',
      because,
    });
    return [
      bogus('no data without a proof is bogus', 'www', 'TXT', without(denialOrSignature), 'no-denial'),
      bogus('no such name without a proof is bogus', 'nix', 'A', without(denialOrSignature), 'no-denial'),
      bogus('no such name without its first proof is bogus', 'nix', 'A', withoutDenial(0), 'denial-incomplete'),
      bogus(
        'an existing name that is said not to exist is bogus',
        'www',
        'A',
        (parts, question) => ({
          ...absent(parts, question),
        }),
        'no-denial',
      ),
      {
        ...bogus('no data said to be no such name is bogus', 'www', 'TXT', saying(3), 'denial-incomplete'),
        otherwise: denial.kind === 'nsec' ? 'it corrects the rcode to what is proven' : undefined,
      },
      bogus('no such name said to be no data is bogus', 'nix', 'A', saying(0), 'denial-incomplete'),
      bogus(
        'a wildcard without the proof that nothing is closer is bogus',
        'x.wild',
        'A',
        without(denialOrSignature),
        'wildcard-unproven',
      ),
      bogus(
        'an altered denial is bogus',
        'www',
        'TXT',
        changed(either(ofType(NSEC_TYPE), ofType(NSEC3_TYPE)), flip),
        'signature-wrong',
      ),
      bogus(
        'a denial without a signature is bogus',
        'nix',
        'A',
        without(either(signatureOver(NSEC_TYPE), signatureOver(NSEC3_TYPE))),
        'no-denial',
      ),
    ];
  }),
  {
    title: 'no such name without the proof that no wildcard stands there is bogus',
    build: plain({ denial: NSEC3 }, whenAskedFor('A', withoutDenial(2))),
    name: 'q.target',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a record that spans another name proves nothing about this one',
    build: (apex, times) => {
      const own = zone(apex, times);
      return {
        zones: [own],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'TXT',
          absenceOf('mx', () => own),
        ),
      };
    },
    name: 'www',
    type: 'TXT',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a name whose NSEC lists the type cannot lack it',
    build: (apex, times) => {
      const own = zone(apex, times);
      return {
        zones: [own],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'A',
          absenceOf('www', () => own),
        ),
      };
    },
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a denial record made from a wildcard proves nothing about another name',
    build: (apex, times) => {
      const own = zone(apex, times, { more: [alias(`real.wild.${apex}`, `www.${apex}`)] });
      const forged: Alter = (parts, question) => {
        const denied = absenceOf('*.wild', () => own)(parts, question);
        const named = denied.authorities.map((one) => ({ ...one, name: one.name.replace('*.wild', 'real.wild') }));
        return { ...denied, authorities: named };
      };
      return { zones: [own], ds: [ds(apex)], alter: whenAskedFor('TXT', forged) };
    },
    name: 'real.wild',
    type: 'TXT',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: "an alias's NSEC does not prove that the name has no records",
    build: (apex, times) => {
      const own = zone(apex, times);
      return {
        zones: [own],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'A',
          absenceOf('alias', () => own),
        ),
      };
    },
    name: 'alias',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: "the parent's record at a cut says nothing of the names below it",
    build: (apex, times) => {
      const child = zone(`child.${apex}`, times);
      const own = zone(apex, times, { more: delegation(`child.${apex}`, [ds(`child.${apex}`)]) });
      const denied = absenceOf('child', () => own);
      const alter: Alter = (parts, question) =>
        question.type === A && question.name.startsWith('www.child.')
          ? { ...denied(parts, question), rcode: 3 }
          : parts;
      return { zones: [own, child], ds: [ds(apex)], alter };
    },
    name: 'www.child',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: "the parent's record at a cut does not prove that the child's apex lacks a type",
    build: (apex, times) => {
      const child = zone(`child.${apex}`, times);
      const own = zone(apex, times, { more: delegation(`child.${apex}`, [ds(`child.${apex}`)]) });
      return {
        zones: [own, child],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'MX',
          absenceOf('child', () => own),
        ),
      };
    },
    name: 'child',
    type: 'MX',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a delegation that hides its DS without a proof is bogus',
    build: withChild(
      (apex, times) => ({ zone: zone(apex, times, { keys: [] }), ds: [ds(apex)] }),
      {},
      whenAskedFor('DS', (parts, question) =>
        question.name.startsWith('child.') ? { rcode: 0, answers: [], authorities: parts.authorities } : parts,
      ),
    ),
    name: 'www.child',
    type: 'A',
    security: 'bogus',
    because: 'no-denial',
  },
  {
    title: 'unsigned records of a name that is no delegation are bogus',
    build: plain({}, whenAskedFor('A', without(ofType(RRSIG)))),
    name: 'a.deep.ent',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a DS set with a wrong signature is bogus',
    build: withChild(
      (apex, times) => ({ zone: zone(apex, times), ds: [ds(apex)] }),
      {},
      whenAskedFor('DS', (parts, question) =>
        question.name.startsWith('child.') ? changed(signatureOver(DS), flip)(parts, question) : parts,
      ),
    ),
    name: 'www.child',
    type: 'A',
    security: 'bogus',
    because: 'signature-wrong',
  },
  {
    title: 'an alias without a signature is bogus',
    build: plain({}, whenAskedFor('A', without(signatureOver(CNAME)))),
    name: 'alias',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a DNAME without a signature is bogus',
    build: plain({}, whenAskedFor('A', without(signatureOver(DNAME)))),
    name: 'x.tree',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a secure alias to a bogus name is bogus',
    build: (apex, times) => ({
      zones: [
        zone(apex, times, {
          more: [
            ...delegation(`child.${apex}`, [ds(`child.${apex}`, STRANGER)]),
            alias(`out.${apex}`, `www.child.${apex}`),
          ],
        }),
        zone(`child.${apex}`, times),
      ],
      ds: [ds(apex)],
    }),
    name: 'out',
    type: 'A',
    security: 'bogus',
    because: 'dnskey-unlike-ds',
  },
];
