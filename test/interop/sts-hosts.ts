/**
 * What real nginx serves as the MTA-STS policies of the interop rig, each domain with one thing right or wrong, and
 * what is to be said of it. Data alone.
 */
import { SIGNED_ZONE } from './policy-servers.ts';

export interface StsCase {
  /** The domain is `<key>.dane.example`, its policy host `mta-sts.<key>.dane.example`. */
  readonly key: string;
  readonly what: string;
  readonly certificate?: 'wrong-name' | 'expired' | 'self-signed' | 'without-intermediate';
  /** Directives of the location instead of those that serve the policy as text/plain. */
  readonly serving?: readonly string[];
  /** Instead of a good policy. */
  readonly policy?: string;
  /** It takes so long that others are better tested meanwhile. */
  readonly slow?: true;
  readonly mode: 'enforce' | 'testing' | 'none' | 'failed';
  readonly status: 'covered' | 'not-covered' | 'none';
  /** In the detail of the finding that goes with it. */
  readonly says?: RegExp;
}

const MAX_AGE = 604_800;

export function policyText(key: string, mode = 'enforce', mx = `mx.${key}.${SIGNED_ZONE}`): string {
  return `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: ${MAX_AGE}\r\n`;
}

const failed = { mode: 'failed', status: 'none' } as const;
const good = { mode: 'enforce', status: 'covered' } as const;

export const STS_CASES: readonly StsCase[] = [
  { ...good, key: 'sts-good', what: 'a good policy' },
  {
    key: 'sts-testing',
    what: 'a policy in testing',
    policy: policyText('sts-testing', 'testing'),
    mode: 'testing',
    status: 'covered',
    says: /testing/,
  },
  {
    key: 'sts-none',
    what: 'a policy of mode none',
    policy: `version: STSv1\nmode: none\nmax_age: ${MAX_AGE}\n`,
    mode: 'none',
    status: 'none',
  },
  {
    key: 'sts-elsewhere',
    what: 'a policy that names another host',
    policy: policyText('sts-elsewhere', 'enforce', '*.elsewhere.test'),
    mode: 'enforce',
    status: 'not-covered',
    says: /does not name mx\.sts-elsewhere\./,
  },
  {
    ...failed,
    key: 'sts-wrong-name',
    what: "another host's certificate",
    certificate: 'wrong-name',
    says: /is for www\.elsewhere\.test, not for mta-sts\.sts-wrong-name\./,
  },
  { ...failed, key: 'sts-expired', what: 'an expired certificate', certificate: 'expired', says: /expired/ },
  {
    ...failed,
    key: 'sts-self-signed',
    what: 'a self-signed certificate',
    certificate: 'self-signed',
    says: /self-signed/,
  },
  {
    ...failed,
    key: 'sts-incomplete',
    what: 'a chain without its intermediate',
    certificate: 'without-intermediate',
    says: /Policy Intermediate.* was not sent/,
  },
  {
    ...failed,
    key: 'sts-redirect',
    what: 'a redirect',
    serving: ['return 301 https://mta-sts.sts-good.dane.example/.well-known/mta-sts.txt;'],
    says: /redirects \(301\)/,
  },
  { ...failed, key: 'sts-missing', what: 'a 404', serving: ['return 404;'], says: /status 404/ },
  { ...failed, key: 'sts-broken', what: 'a 503', serving: ['return 503;'], says: /status 503/ },
  {
    ...failed,
    key: 'sts-huge',
    what: 'a policy of a megabyte',
    policy: `${policyText('sts-huge')}${'x: padding\r\n'.repeat(90_000)}`,
    says: /larger than 65536 octets/,
  },
  {
    ...failed,
    key: 'sts-page',
    what: 'a policy sent as a web page',
    serving: ['types { }', 'default_type text/html;'],
    says: /sent text\/html instead of text\/plain/,
  },
  {
    ...good,
    key: 'sts-octets',
    what: 'a policy sent as application/octet-stream',
    serving: ['types { }', 'default_type application/octet-stream;'],
    says: /application\/octet-stream instead of text\/plain/,
  },
  {
    ...failed,
    key: 'sts-no-mx',
    what: 'a policy without mx',
    policy: `version: STSv1\nmode: enforce\nmax_age: ${MAX_AGE}\n`,
    says: /mx/,
  },
  {
    ...failed,
    key: 'sts-no-policy',
    what: 'a web page in place of the policy',
    policy: '<html><body>It works!</body></html>\n',
    says: /no "key: value"/,
  },
  {
    ...failed,
    key: 'sts-hangs-up',
    what: 'a host that hangs up',
    serving: ['return 444;'],
    says: /HTTP exchange broke/,
  },
  {
    ...good,
    key: 'sts-slow',
    slow: true,
    what: 'a policy that takes its seconds',
    serving: ['types { }', 'default_type text/plain;', 'limit_rate 40;'],
  },
  {
    ...failed,
    key: 'sts-drip',
    slow: true,
    what: 'a policy of an octet a second',
    serving: ['types { }', 'default_type text/plain;', 'limit_rate 1;'],
    says: /longer than 60 s/,
  },
];

/** One mail host for all of these domains, with a certificate for each of its names. */
export const STS_MAIL = 'sts-mail';
export const STS_MAIL_ADDRESS = '127.0.2.8';
