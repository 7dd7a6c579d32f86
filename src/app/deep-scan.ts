/** The deep scan as a probe uses it: one scanner for all targets of a process, and every profile asked of its report. */
import { parseIpAddress } from '../base/ip-address.ts';
import type { Net } from '../net/net.ts';
import type { HostScan, ScanReport } from '../policy/scan-evidence.ts';
import type { SessionRequest } from '../probe/probe.ts';
import { DEFAULT_TIME_LIMIT_MS } from '../scan/scan.ts';
import { createScanner } from '../scan/scanner.ts';
import { rated } from './ratings.ts';
import type { AppSettings, ScanSettings } from './settings.ts';
import type { Essentials } from './world.ts';

export type DeepScan = (request: SessionRequest) => Promise<HostScan>;

export interface DeepScanOptions {
  readonly settings: AppSettings;
  readonly wanted: ScanSettings;
  readonly net: Net;
  readonly world: Essentials;
  readonly heloName: string | null;
}

export function createDeepScan({ settings, wanted, net, world, heloName }: DeepScanOptions): DeepScan {
  const scanner = createScanner({ net, ...world });
  return async ({ host, address, port, signal }) => {
    const report: ScanReport = await scanner.scan({
      address,
      port,
      serverName: parseIpAddress(host.exchange) === null ? host.exchange : null,
      heloName,
      implicitTls: settings.implicitTls,
      ...wanted,
      stageTimeoutMs: settings.timeoutMs,
      timeLimitMs: settings.deadlineMs ?? DEFAULT_TIME_LIMIT_MS,
      signal,
    });
    return rated(report);
  };
}
