/** What a deep scan adds to a host: its report, and what every profile says of it. */
import type { HostScan, ScanReport } from '../policy/scan-evidence.ts';
import { overallRating, PROFILES, rate } from '../scan/profiles/rate.ts';

export function rated(report: ScanReport): HostScan {
  const ratings = PROFILES.map((profile) => {
    const rows = rate(report, profile);
    return { profile: profile.id, title: profile.title, overall: overallRating(rows), rows };
  });
  return { report, ratings };
}
