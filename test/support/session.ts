/** One session with a scripted peer: the plan of a probe, of which a test changes what it is about. */

import { systemClock } from '../../src/app/world.ts';
import { createNet } from '../../src/net/net.ts';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { judgeIdentity } from '../../src/pki/identity.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';
import { trustAnchors } from '../../src/pki/trust-anchors.ts';
import { DANE_NOT_TESTED } from '../../src/policy/evidence.ts';
import {
  type CertificateJudge,
  OBSERVE,
  type OpenedSession,
  openSession,
  type SessionDependencies,
  type SessionPlan,
  type SessionTarget,
} from '../../src/session/open.ts';
import { testRoot } from './smtp-peer.ts';

export const net = createNet({ clock: systemClock, privateAddresses: 'allowed', connectionsPerAddress: 10_000 });

const anchors = trustAnchors([{ name: 'test', date: null, certificates: [testRoot.der] }]);

/** Judges by the test root, for the recipient domain example.com. */
export function testJudge(host = 'mx.example.com'): CertificateJudge {
  return {
    judgeChain: (chainAsSent) => judgeChain({ chainAsSent, anchors, at: Date.now() }),
    judgeDane: () => DANE_NOT_TESTED,
    judgeIdentity: ([leaf]) => {
      const parsed = leaf === undefined ? null : parseCertificate(leaf);
      return judgeIdentity({
        leaf: parsed?.ok === true ? parsed.value : null,
        host,
        recipientDomain: 'example.com',
        staticRoute: null,
        ptrNames: [],
        mxNameSecure: false,
        strictCn: false,
      });
    },
  };
}

export interface SessionChanges extends Partial<SessionPlan> {
  readonly port: number;
  readonly exchange?: string;
  readonly dependencies?: Partial<SessionDependencies>;
}

export function testTarget(port: number, exchange = 'mx.example.com'): SessionTarget {
  return { exchange, preference: 10, address: { family: 4, text: '127.0.0.1' }, port };
}

/** Runs a session: the probe's course, MAIL and RCPT, two seconds a stage. */
export function runSession({ port, exchange, dependencies, ...changes }: SessionChanges): Promise<OpenedSession> {
  const target = testTarget(port, exchange);
  const plan: SessionPlan = {
    target,
    heloName: 'tester.example.net',
    steer: OBSERVE,
    implicitTls: false,
    mailFrom: 'sender@example.net',
    rcptTo: 'user@example.com',
    credentials: null,
    clientCertificate: null,
    minTlsVersion: 'TLSv1',
    askForStaple: true,
    stageTimeoutMs: 2_000,
    sessionTimeoutMs: 10_000,
    signal: new AbortController().signal,
    ...changes,
  };
  return openSession(plan, { net, clock: systemClock, judge: testJudge(target.exchange), ...dependencies });
}
