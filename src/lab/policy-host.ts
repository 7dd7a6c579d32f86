/**
 * The HTTPS server behind every `mta-sts.` name of the lab: one policy a domain, chosen by the server name, and each way
 * in which serving one goes wrong.
 */
import { createServer, type Server } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { LAB_ZONE, type LabDomain, type LabPolicy } from './catalogue.ts';
import type { LabAuthority } from './lab-certificates.ts';

export interface PolicyHost {
  readonly port: number;
  stop(): Promise<void>;
}

export interface PolicyHostOptions {
  readonly domains: readonly LabDomain[];
  readonly authority: LabAuthority;
  readonly host: string;
  /** 0: the kernel's choice. */
  readonly port: number;
}

/** Seconds: a week, as long as policies should at least be kept. */
const MAX_AGE = 604_800;

/** The name that serves the policy of a domain of the lab (RFC 8461 3.3). */
export function policyHostOf({ label }: LabDomain): string {
  return `mta-sts.${label}.${LAB_ZONE}`;
}

export async function startPolicyHost({ domains, authority, host, port }: PolicyHostOptions): Promise<PolicyHost> {
  const policies = new Map(
    domains.flatMap((domain) => (domain.policy === undefined ? [] : [[policyHostOf(domain), domain.policy] as const])),
  );
  const contexts = new Map<string, SecureContext>();
  const contextOf = (name: string): SecureContext => {
    const known = contexts.get(name);
    if (known !== undefined) return known;
    const names = policies.get(name)?.fault === 'wrong-certificate' ? ['www.elsewhere.test'] : [name];
    const { key, certificates } = authority.issue({ names });
    const context = createSecureContext({ key, cert: certificates });
    contexts.set(name, context);
    return context;
  };
  const server = createServer({ SNICallback: (name, answer) => answer(null, contextOf(name)) }, (request, response) => {
    const policy = policies.get((request.headers.host ?? '').replace(/:\d+$/, ''));
    if (policy === undefined || policy.fault === 'not-found' || request.url !== '/.well-known/mta-sts.txt') {
      response.writeHead(404).end('not here\n');
    } else if (policy.fault === 'redirect') {
      response.writeHead(301, { location: 'https://www.elsewhere.test/' }).end();
    } else {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(textOf(policy));
    }
  });
  await listen(server, host, port);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function textOf({ mode, mx }: LabPolicy): string {
  return ['version: STSv1', `mode: ${mode}`, ...mx.map((pattern) => `mx: ${pattern}`), `max_age: ${MAX_AGE}`, ''].join(
    '\r\n',
  );
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
