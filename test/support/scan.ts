/** One scan of a scripted peer, as the command would run it. */

import { systemClock } from '../../src/app/world.ts';
import { seededRandom } from '../../src/base/random.ts';
import { DEFAULT_BUDGET, DEFAULT_TIME_LIMIT_MS, type ScanDependencies, type ScanRequest } from '../../src/scan/scan.ts';
import { net } from './session.ts';

export function scanDependencies(changes: Partial<ScanDependencies> = {}): ScanDependencies {
  return { net, clock: systemClock, random: seededRandom(7), ...changes };
}

export function scanRequest(port: number, changes: Partial<ScanRequest> = {}): ScanRequest {
  return {
    address: { family: 4, text: '127.0.0.1' },
    port,
    serverName: 'mx.example.com',
    heloName: 'tester.example.net',
    implicitTls: false,
    budget: DEFAULT_BUDGET,
    injectionTest: false,
    stageTimeoutMs: 2_000,
    timeLimitMs: DEFAULT_TIME_LIMIT_MS,
    signal: new AbortController().signal,
    ...changes,
  };
}
