import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  addressOctets,
  isPresentedName,
  isReferenceName,
  matchesDnsName,
  matchesIpAddress,
} from '../../src/pki/dns-name.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface HostnameCase {
  readonly id: string;
  readonly tier: string;
  readonly presented: { readonly dns: readonly string[]; readonly ip: readonly string[] };
  readonly reference: { readonly kind: 'dns' | 'ip'; readonly value: string };
  readonly expected: boolean;
}

type ValidityCase =
  | {
      readonly kind: 'dns';
      readonly value: string;
      readonly validReference: boolean;
      readonly validPresented: boolean;
    }
  | { readonly kind: 'ipv4' | 'ipv6'; readonly value: string; readonly valid: boolean };

const folder = vectorsFolder();

function read<Case>(file: string): readonly Case[] {
  return folder === null ? [] : (JSON.parse(readFileSync(`${folder}/hostname/${file}`, 'utf8')) as readonly Case[]);
}

describe('host names that others judged', { skip: folder === null ? 'the vectors are not here' : false }, () => {
  const must = read<HostnameCase>('cases.json').filter(({ tier }) => tier === 'must');
  const validity = read<ValidityCase>('validity.json');

  it(`match as they should, ${must.length} cases (R18, R97, S-PKI-2)`, () => {
    assert.ok(must.length >= 179);
    const wrong = must.filter(({ presented, reference, expected }) => {
      const matched =
        reference.kind === 'dns'
          ? presented.dns.some((name) => matchesDnsName(name, reference.value))
          : presented.ip.some((address) =>
              matchesIpAddress(addressOctets(address) ?? Buffer.alloc(0), reference.value),
            );
      return matched !== expected;
    });
    assert.deepEqual(wrong, []);
  });

  it(`are valid or not as they should be, ${validity.length} cases (R97)`, () => {
    assert.ok(validity.length >= 279);
    const wrong = validity.filter((vector) => {
      if (vector.kind === 'dns') {
        return (
          isReferenceName(vector.value) !== vector.validReference ||
          isPresentedName(vector.value) !== vector.validPresented
        );
      }
      const octets = vector.kind === 'ipv4' ? 4 : 16;
      return (addressOctets(vector.value)?.length === octets) !== vector.valid;
    });
    assert.deepEqual(wrong, []);
  });
});
