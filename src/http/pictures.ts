/** Pictures made here, as SVG: the scale of the score, the waterfall of a host, lifetimes, the badge. No style attributes: the policy of the pages forbids them. */
import { SECURE_FROM } from '../probe/confidence.ts';
import type { Finding } from '../probe/result.ts';
import { type HostResult, STAGES } from '../probe/result.ts';
import { NEW_HEADINGS } from '../report/headings.ts';
import { type Markup, markup } from '../report/markup.ts';
import { showSpan } from './dates.ts';
import type { Language } from './languages.ts';

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

export interface DateMark {
  readonly number: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly severity: Finding['severity'];
}

const LINE_WIDTH = 720;
const LINE_MARGIN = 34;
/** So near to each other, marks stand one above the other. */
const MARK_ROOM = 24;
/** Minutes and years have to fit on one line: what is near gets more room than what is far. */
const NEAR_MS = 6 * 3_600_000;
const TICKS = [
  [1, 'day', 86_400_000],
  [1, 'week', 7 * 86_400_000],
  [1, 'month', 30 * 86_400_000],
  [3, 'month', 91 * 86_400_000],
  [1, 'year', 365 * 86_400_000],
  [10, 'year', 3_650 * 86_400_000],
] as const;

/** The dates to know by their numbers, today marked; empty where there is nothing to draw. `now` in ms. */
export function timeLinePicture(
  marks: readonly DateMark[],
  now: number,
  language: Language,
  words: { readonly label: string; readonly today: string },
): string {
  if (marks.length === 0) return '';
  const bent = (at: number): number => Math.sign(at - now) * Math.log2(1 + Math.abs(at - now) / NEAR_MS);
  const places = marks.map(({ at }) => bent(at));
  const from = Math.min(0, ...places);
  const to = Math.max(bent(now + 86_400_000), ...places);
  const x = (place: number): number => LINE_MARGIN + ((place - from) / (to - from)) * (LINE_WIDTH - 2 * LINE_MARGIN);
  const levels = stacked(places.map(x));
  const base = 30 + Math.max(...levels) * MARK_ROOM;
  const ticks = TICKS.filter(([, , ms]) => bent(now + ms) <= to).map(([count, unit, ms]): Markup => {
    const at = x(bent(now + ms)).toFixed(1);
    return markup`<line class="tick" x1="${at}" x2="${at}" y1="${base - 4}" y2="${base + 4}"/><text class="mark" x="${at}" y="${base + 20}" text-anchor="middle">${showSpan(count, unit, language)}</text>`;
  });
  const today = x(0).toFixed(1);
  const dots = marks.map(({ number, severity }, index): Markup => {
    const at = x(places[index] ?? 0);
    const y = base - 15 - (levels[index] ?? 0) * MARK_ROOM;
    return markup`<line class="stem" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${base}" y2="${y}"/>${markShape(severity, at, y)}<text class="number ${severity}" x="${at.toFixed(1)}" y="${y + 4}" text-anchor="middle">${number}</text>`;
  });
  return markup`<svg class="timeline" viewBox="0 0 ${LINE_WIDTH} ${base + 28}" role="img" aria-label="${words.label}"><line class="axis" x1="8" x2="${LINE_WIDTH - 8}" y1="${base}" y2="${base}"/>${ticks}<line class="today" x1="${today}" x2="${today}" y1="${base - 10}" y2="${base + 8}"/><text class="mark now" x="${today}" y="${base + 20}" text-anchor="middle">${words.today}</text>${dots}</svg>`
    .markup;
}

/** What presses has a shape of its own, too: a diamond that is near, a square that is overdue. */
function markShape(severity: DateMark['severity'], x: number, y: number): Markup {
  const [at, down] = [x.toFixed(1), y.toFixed(1)];
  if (severity === 'info') return markup`<circle class="date info" cx="${at}" cy="${down}" r="10"/>`;
  const square = markup`<rect class="date ${severity}" x="${(x - 10).toFixed(1)}" y="${(y - 10).toFixed(1)}" width="20" height="20" rx="3"`;
  return severity === 'error' ? markup`${square}/>` : markup`${square} transform="rotate(45 ${at} ${down})"/>`;
}

/** How high each mark stands, so that none covers another. */
function stacked(places: readonly number[]): readonly number[] {
  const taken: { readonly x: number; readonly level: number }[] = [];
  return places.map((x) => {
    let level = 0;
    while (taken.some((other) => other.level === level && Math.abs(other.x - x) < MARK_ROOM)) level += 1;
    taken.push({ x, level });
    return level;
  });
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
