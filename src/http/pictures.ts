/** Pictures made here, as SVG: the scale of the score, the waterfall of a host, lifetimes, the badge. No style attributes: the policy of the pages forbids them. */
import { SECURE_FROM } from '../probe/confidence.ts';
import { type HostResult, STAGES } from '../probe/result.ts';
import { NEW_HEADINGS } from '../report/headings.ts';
import { type Markup, markup } from '../report/markup.ts';

const BEST = 121;
const MARKS = [0, 50, SECURE_FROM, 100, BEST] as const;

/** `label`: what it says for those who do not see it. */
export function scalePicture(value: number | null, label: string): string {
  const x = (points: number): number => 10 + (points / BEST) * 380;
  const marks = MARKS.map(
    (mark) =>
      markup`<line class="tick" x1="${x(mark)}" x2="${x(mark)}" y1="22" y2="30"/><text class="mark" x="${x(mark)}" y="44" text-anchor="middle">${mark}</text>`,
  );
  const here =
    value === null
      ? markup``
      : markup`<rect class="filled" x="10" y="14" width="${x(value) - 10}" height="8" rx="4"/><circle class="here" cx="${x(value)}" cy="18" r="7"/>`;
  return markup`<svg class="scale" viewBox="0 0 400 50" role="img" aria-label="${label}"><rect class="track" x="10" y="14" width="380" height="8" rx="4"/><rect class="safe" x="${x(SECURE_FROM)}" y="14" width="${x(BEST) - x(SECURE_FROM)}" height="8" rx="4"/>${here}${marks}</svg>`
    .markup;
}

const ROW = 22;
const LEFT = 76;
const WIDTH = 620;

/** The stages one behind the other, each as long as it took. */
export function waterfallPicture({ stages }: Pick<HostResult, 'stages'>, label: string): string {
  const timed = STAGES.flatMap((stage) => {
    const { result, ms } = stages[stage];
    return ms === undefined ? [] : [{ stage, result, ms }];
  });
  const total = Math.max(
    1,
    timed.reduce((sum, { ms }) => sum + ms, 0),
  );
  const scale = (WIDTH - LEFT - 90) / total;
  let at = 0;
  const rows = timed.map(({ stage, result, ms }, index): Markup => {
    const x = LEFT + at * scale;
    const width = Math.max(2, ms * scale);
    at += ms;
    const y = index * ROW;
    return markup`<text class="name" x="0" y="${y + 15}">${NEW_HEADINGS[stage]}</text><rect class="bar ${result}" x="${x.toFixed(1)}" y="${y + 4}" width="${width.toFixed(1)}" height="14" rx="3"/><text class="ms" x="${(x + width + 6).toFixed(1)}" y="${y + 15}">${ms} ms${result === 'fail' ? ' ✕' : ''}</text>`;
  });
  if (rows.length === 0) return '';
  return markup`<svg class="waterfall" viewBox="0 0 ${WIDTH} ${rows.length * ROW}" role="img" aria-label="${label}">${rows}</svg>`
    .markup;
}

/** From the first day to the last, with today marked; `at` in ms. */
export function lifetimePicture(notBefore: string, notAfter: string, at: number, label: string): string {
  const from = Date.parse(notBefore);
  const to = Date.parse(notAfter);
  if (!(to > from)) return '';
  const share = Math.min(1, Math.max(0, (at - from) / (to - from)));
  const tone = at > to || at < from ? 'fail' : (to - at) / (to - from) < 0.15 ? 'late' : 'ok';
  const x = 6 + share * 288;
  return markup`<svg class="lifetime" viewBox="0 0 300 16" role="img" aria-label="${label}"><rect class="track" x="6" y="5" width="288" height="6" rx="3"/><rect class="bar ${tone}" x="6" y="5" width="${(share * 288).toFixed(1)}" height="6" rx="3"/><line class="today" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="1" y2="15"/></svg>`
    .markup;
}

const BADGE_TONES = { good: '#136c3a', bad: '#a81d1d', unknown: '#55595f' } as const;

/** Stands alone on other people's pages, so its colours are its own. */
export function badgePicture(words: string, tone: keyof typeof BADGE_TONES): string {
  const left = 'mail TLS';
  const width = (text: string): number => Math.ceil(text.length * 6.6) + 16;
  const all = width(left) + width(words);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${all}" height="20" role="img" aria-label="${left}: ${words}"><title>${left}: ${words}</title><rect width="${all}" height="20" rx="3" fill="#3b3f45"/><rect x="${width(left)}" width="${width(words)}" height="20" rx="3" fill="${BADGE_TONES[tone]}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="8" y="14">${left}</text><text x="${width(left) + 8}" y="14">${words}</text></g></svg>`
    .markup;
}
