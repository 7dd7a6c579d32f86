import { called, plain, type Scenario, unsignedChild, withChild } from '../dnssec-scenario.ts';
import { NSEC, NSEC3, SALTED } from '../dnssec-zone.ts';

export const DENIED: readonly Scenario[] = [NSEC, NSEC3, SALTED].flatMap((denial): Scenario[] => {
  const build = plain({ denial });
  const by = `by ${called(denial)}`;
  const secure = { security: 'secure', build } as const;
  return [
    { ...secure, title: `a name without that type is proven ${by}`, name: 'www', type: 'TXT', kind: 'no-data' },
    { ...secure, title: `an apex without that type is proven ${by}`, name: '', type: 'AAAA', kind: 'no-data' },
    { ...secure, title: `a name that does not exist is proven ${by}`, name: 'nix', type: 'A', kind: 'no-such-name' },
    { ...secure, title: `a deep name below nothing is proven ${by}`, name: 'a.b.c.d', type: 'A', kind: 'no-such-name' },
    {
      ...secure,
      title: `an empty name with names below it is proven ${by}`,
      name: 'deep.ent',
      type: 'A',
      kind: 'no-data',
    },
    { ...secure, title: `a wildcard without that type is proven ${by}`, name: 'q.wild', type: 'TXT', kind: 'no-data' },
    { ...secure, title: `a host has no DS, proven ${by}`, name: 'www', type: 'DS', kind: 'no-data' },
    {
      ...secure,
      title: `an alias to a name that does not exist is proven ${by}`,
      name: 'nowhere',
      type: 'A',
      kind: 'no-such-name',
    },
    {
      title: `an unsigned delegation has no DS, and that is secure ${by}`,
      build: withChild(unsignedChild, { denial }),
      name: 'child',
      type: 'DS',
      security: 'secure',
      kind: 'no-data',
    },
    {
      title: `an unsigned zone below is insecure, proven ${by}`,
      build: withChild(unsignedChild, { denial }),
      name: 'www.child',
      type: 'A',
      security: 'insecure',
      because: 'no-ds',
      kind: 'records',
    },
  ];
});
