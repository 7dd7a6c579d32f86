/** The columns of the matrix, in both generations of headings (R28, R34). */
import { type HostResult, STAGES, type StageName, type StageResult } from '../probe/result.ts';

export const NEW_HEADINGS: Readonly<Record<StageName, string>> = {
  answer: 'Answer',
  connect: 'Connect',
  helo: 'HELO',
  tls: 'TLS',
  cert: 'Cert',
  secure: 'Secure',
  from: 'From',
  to: 'To',
};

export const OLD_HEADINGS: Readonly<Record<StageName, string>> = {
  answer: 'Connect',
  connect: 'Allowed',
  helo: 'Can Use',
  tls: 'TLS Adv',
  cert: 'Cert OK',
  secure: 'TLS Neg',
  from: 'Sndr OK',
  to: 'Rcvr OK',
};

/** The stages that get a column: To only where some host was asked for it (R28). */
export function shownStages(hosts: readonly Pick<HostResult, 'stages'>[]): readonly StageName[] {
  const toAsked = hosts.some(({ stages }) => stages.to.result !== 'not-tested');
  return STAGES.filter((stage) => stage !== 'to' || toAsked);
}

export function headingOf(stage: StageName, old: boolean): string {
  return (old ? OLD_HEADINGS : NEW_HEADINGS)[stage];
}

/** `OK (41ms)`, `FAIL`, or empty (R30). */
export function matrixCell({ result, ms }: StageResult): string {
  if (result === 'fail') return 'FAIL';
  if (result !== 'ok') return '';
  return ms === undefined ? 'OK' : `OK (${ms}ms)`;
}

export function averageCell(percent: number | null): string {
  return percent === null ? '' : `${percent}%`;
}

/** `host [ip:port]` (R29); an IPv6 address keeps brackets of its own. */
export function serverCell({ exchange, address, port }: Pick<HostResult, 'exchange' | 'address' | 'port'>): string {
  return address === null ? `${exchange} [no address]` : `${exchange} [${socketOf(address, port)}]`;
}

export function socketOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
