import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseIpAddress } from '../../src/base/ip-address.ts';
import { describeConfigurationFault } from '../../src/config/fault.ts';
import { newListener } from '../../src/config/listener-schema.ts';
import { readDocument } from '../../src/config/read-document.ts';
import { matchesSender, parseSenderEntry } from '../../src/config/sender-entry.ts';
import { senderPolicies } from '../../src/listener/sender-policy.ts';

function faultsOf(sections: object): readonly string[] {
  const read = readDocument({ version: 1, ...sections });
  return read.ok ? [] : read.failure.map(describeConfigurationFault);
}

const PUBLIC = { name: 'Public', kind: 'public', address: '192.0.2.1', defaultPolicy: 'Accepted' };
const OPEN = 'whoever may relay has to be named; a policy that relays for everybody would be an open relay';

test('no configuration makes an open relay: who relays is named, and is not everybody', () => {
  const relaying = (senders: readonly string[], listener: object = PUBLIC): readonly string[] =>
    faultsOf({ listeners: [listener], senderGroups: [{ name: 'G', senders, policy: 'Relayed' }] });
  assert.deepEqual(faultsOf({ listeners: [{ ...PUBLIC, defaultPolicy: 'Relayed' }] }), [
    `listeners[0].defaultPolicy (Public): ${OPEN}`,
  ]);
  for (const wide of ['ALL', '0.0.0.0/0', '128.0.0.0/1', '::/0', '2000::/3', '.com', 'localhost']) {
    assert.equal(relaying([wide]).length, 1, wide);
    assert.match(relaying(['10.0.0.1', wide])[0] ?? '', new RegExp(OPEN), wide);
  }
  assert.deepEqual(relaying(['10.0.0.0/8', '2001:db8::/32', '.example.com', 'mx.example.com']), []);
  assert.deepEqual(relaying(['ALL'], { ...PUBLIC, address: '127.0.0.1' }), [], 'this machine alone can come there');
});

test('what cannot be is refused with its place: addresses, names, references, certificates without TLS', () => {
  assert.deepEqual(
    faultsOf({
      listeners: [
        { ...PUBLIC, address: 'here', hostname: 'a b', certificate: 'None', recipientDomains: ['x..y'] },
        { ...PUBLIC, name: 'Two', defaultPolicy: 'Nope' },
        { ...PUBLIC, name: 'Three' },
      ],
      senderGroups: [
        { name: 'G', listener: 'Away', senders: ['10.0.0.0/33', 'x y'], policy: 'Accepted' },
        { name: 'g', senders: [], policy: 'Away' },
      ],
      mailFlowPolicies: [
        { name: 'Accepted', tls: 'preferred', verifyClientCertificate: 'required', tlsRequiredFor: ['a@b@c.example'] },
        { name: 'Second', tls: 'off', verifyClientCertificate: 'preferred' },
      ],
    }).map((fault) => fault.replace(/:.*/, '')),
    [
      'listeners[0].address (Public)',
      'listeners[0].hostname (Public)',
      'listeners[0].recipientDomains[0] (Public)',
      'senderGroups[0].senders[0] (G)',
      'senderGroups[0].senders[1] (G)',
      'mailFlowPolicies[0].tlsRequiredFor[0] (Accepted)',
      'senderGroups[1] (g)',
      'listeners[0].certificate (Public)',
      'listeners[1].defaultPolicy (Two)',
      'listeners[2].port (Three)',
      'senderGroups[0].listener (G)',
      'senderGroups[1].policy (g)',
      'mailFlowPolicies[0].verifyClientCertificate (Accepted)',
      'mailFlowPolicies[1].verifyClientCertificate (Second)',
    ],
  );
});

test('a network holds exactly the addresses that share its first bits', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => parseIpAddress(text) !== null),
  );
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 128 }), (one, other, bits) => {
      const [network, guest] = [parseIpAddress(one), parseIpAddress(other)];
      if (network === null || guest === null || (network.family === 4 && bits > 32)) return;
      const entry = parseSenderEntry(`${network.text}/${bits}`);
      assert.ok(entry.ok, JSON.stringify(entry));
      assert.equal(matchesSender(entry.value.entry, network, []), true);
      const same =
        network.family === guest.family && bitsOf(network.text).slice(0, bits) === bitsOf(guest.text).slice(0, bits);
      assert.equal(matchesSender(entry.value.entry, guest, []), same);
    }),
    { numRuns: 500 },
  );
});

function bitsOf(text: string): string {
  if (!text.includes(':'))
    return text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string): readonly string[] =>
    part === '' ? [] : part.split(':').flatMap((each) => (each.includes('.') ? mapped(each) : [each]));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = text.includes('::') ? new Array(8 - before.length - after.length).fill('0') : [];
  return [...before, ...zeros, ...after]
    .map((each) => Number.parseInt(each, 16).toString(2).padStart(16, '0'))
    .join('');
}

function mapped(dotted: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}

test('names count only where they lead back, and the first group that fits counts (R128)', () => {
  const document = readDocument({
    version: 1,
    senderGroups: [
      { name: 'ELSEWHERE', listener: 'Private', senders: ['ALL'], policy: 'Blocked' },
      { name: 'HOST', senders: ['mx.partner.example'], policy: 'Relayed' },
      { name: 'BELOW', senders: ['.partner.example'], policy: 'Throttled' },
      { name: 'SIX', senders: ['2001:db8::/32'], policy: 'Throttled' },
    ],
  });
  assert.ok(document.ok, JSON.stringify(document));
  const policies = senderPolicies(document.value);
  const listener = { ...newListener('Public'), defaultPolicy: 'Accepted' };
  const judged = (address: string, ...names: readonly string[]): string => {
    const parsed = parseIpAddress(address);
    assert.ok(parsed !== null);
    const { senderGroup, match, policy } = policies.judge(listener, parsed, names);
    return `${senderGroup} ${match} ${policy.name}`;
  };
  assert.equal(policies.needsNames(listener), true);
  assert.equal(judged('192.0.2.1', 'mx.partner.example'), 'HOST mx.partner.example Relayed');
  assert.equal(judged('192.0.2.1', 'other.example', 'a.b.partner.example'), 'BELOW .partner.example Throttled');
  assert.equal(judged('192.0.2.1', 'partner.example'), 'ALL ALL Accepted');
  assert.equal(judged('2001:db8:1::1'), 'SIX 2001:db8::/32 Throttled');
  assert.equal(policies.judge(newListener('Private'), { family: 4, text: '192.0.2.1' }, []).policy.action, 'reject');
});
