/**
 * Which policy holds for whoever connects (R128): the first sender group that fits, in the order of the document, else the
 * listener's own policy. Pure; made once per revision of the configuration.
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { type Listener, type MailFlowPolicy, newMailFlowPolicy } from '../config/listener-schema.ts';
import { ALL_SENDERS, matchesSender, parseSenderEntry, type SenderEntry } from '../config/sender-entry.ts';

export interface SenderVerdict {
  readonly senderGroup: string;
  /** The entry that fitted. */
  readonly match: string;
  readonly policy: MailFlowPolicy;
}

export interface SenderPolicies {
  /** Names of the address decide, too: they have to be looked up. */
  needsNames(listener: Listener): boolean;
  /** `names`: those that lead back to the address. */
  judge(listener: Listener, address: IpAddress, names: readonly string[]): SenderVerdict;
  /** Connections of one address at one time that the most generous policy lets in. */
  readonly mostPerAddress: number;
}

type Inbound = Pick<ConfigurationDocument, 'senderGroups' | 'mailFlowPolicies'>;

export function senderPolicies({ senderGroups, mailFlowPolicies }: Inbound): SenderPolicies {
  const policies = new Map(mailFlowPolicies.map((policy) => [policy.name, policy]));
  // The document refuses a group without its policy; whoever had one all the same would be let in by nobody.
  const named = (name: string): MailFlowPolicy => policies.get(name) ?? newMailFlowPolicy(name, 'reject');
  const groups = senderGroups.map((group) => ({ ...group, entries: entriesOf(group.senders) }));
  const of = (listener: Listener) =>
    groups.filter((group) => group.listener === null || group.listener === listener.name);
  return {
    needsNames: (listener) => of(listener).some(({ entries }) => entries.some(({ entry }) => entry.kind === 'name')),
    judge: (listener, address, names) => {
      for (const { name, policy, entries } of of(listener)) {
        const fitting = entries.find(({ entry }) => matchesSender(entry, address, names));
        if (fitting !== undefined) return { senderGroup: name, match: fitting.text, policy: named(policy) };
      }
      return { senderGroup: ALL_SENDERS, match: ALL_SENDERS, policy: named(listener.defaultPolicy) };
    },
    mostPerAddress: Math.max(1, ...mailFlowPolicies.map(({ maxConnectionsPerAddress }) => maxConnectionsPerAddress)),
  };
}

function entriesOf(senders: readonly string[]): readonly { readonly text: string; readonly entry: SenderEntry }[] {
  return senders.flatMap((sender) => {
    const parsed = parseSenderEntry(sender);
    return parsed.ok ? [parsed.value] : [];
  });
}
