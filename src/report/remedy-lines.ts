/** Words around remedies and around what mending would give, the same in every format for people. */
import { showDomain } from '../base/domain.ts';
import type { ProbeResult, Remedy } from '../probe/result.ts';

/** `In the zone: publish the record of the key in use`. */
export function remedyTitle({ for: place, title }: Remedy): string {
  return `${PLACES[place]}${title}`;
}

const PLACES: Readonly<Record<Remedy['for'], string>> = {
  zone: 'In the zone: ',
  'mta-sts-host': 'At the policy host: ',
  postfix: 'Postfix: ',
  exim: 'Exim: ',
  opensmtpd: 'OpenSMTPD: ',
  any: '',
};

/** `+10  114 with dane-mismatch at mx.example.com mended`; the sum where there is more than one. */
export function whatIfLines({ whatIf = [], allMended = null }: ProbeResult): readonly string[] {
  const worth = whatIf.filter(({ gain }) => gain !== 0);
  const lines = worth.map(({ code, host, value, gain }) => {
    const what = code.endsWith('-absent') ? `${code} supplied` : `${code} mended`;
    return `${signed(gain)}: ${value} with ${what}${host === null ? '' : ` at ${showDomain(host)}`}`;
  });
  if (allMended === null || worth.length < 2) return lines;
  return [...lines, `${signed(allMended.gain)}: ${allMended.value} with all of them`];
}

function signed(points: number): string {
  return points < 0 ? `−${-points}` : `+${points}`;
}
