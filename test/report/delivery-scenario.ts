/** Delivery events as the engine tells them, with the happy path as default; each test overrides what it is about. */
import type { ConnectionFacts, DeliveryEvent, PublishedFacts } from '../../src/delivery/events.ts';
import { decide, type HostHistory, type PolicyEvent } from '../../src/policy/decide.ts';
import { DEFAULT_DESTINATION } from '../../src/policy/destination.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence } from '../../src/policy/example-evidence.ts';
import type { TlsMode } from '../../src/policy/mode.ts';
import { requirementOf } from '../../src/policy/requirement.ts';

/** Tue Apr 17 00:57:53 2018. */
export const AT = Date.UTC(2018, 3, 17, 0, 57, 53);
export const STAMP = 'Tue Apr 17 00:57:53 2018';

export const FACTS: ConnectionFacts = {
  dcid: 5,
  destination: 'example.com',
  exchange: 'mx.example.com',
  address: '192.0.2.1',
  port: 25,
  localAddress: '192.0.2.99',
  gateway: null,
};

export const NOTHING_PUBLISHED: PublishedFacts = { mtaSts: null, dane: null };

export interface JudgedScenario {
  readonly event: PolicyEvent;
  readonly mode: TlsMode;
  readonly facts?: Partial<ConnectionFacts> | undefined;
  readonly evidence?: Partial<Evidence> | undefined;
  readonly history?: HostHistory | undefined;
  readonly overridden?: boolean | undefined;
  readonly published?: PublishedFacts | undefined;
  readonly at?: number | undefined;
}

/** A session as it would be judged in that mode: the decision is `decide`'s own. */
export function judged(scenario: JudgedScenario): Extract<DeliveryEvent, { kind: 'session-judged' }> {
  const { event, mode, facts = {}, overridden = false, published = NOTHING_PUBLISHED, at = AT } = scenario;
  const evidence: Evidence = { ...exampleEvidence(event), ...scenario.evidence };
  const requirement =
    event === 'E13'
      ? {
          ...requirementOf(mode),
          host: 'avoid' as const,
          because: ['MTA-STS: the policy does not name mx.example.com'],
        }
      : requirementOf(mode);
  return {
    kind: 'session-judged',
    at,
    ...FACTS,
    ...facts,
    evidence,
    decision: decide(requirement, evidence, scenario.history),
    controls: { ...DEFAULT_DESTINATION, tls: mode },
    published,
    overridden,
  };
}
