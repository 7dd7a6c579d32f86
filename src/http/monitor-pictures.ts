/** The history of a monitor as SVG: a line of its last values for a list, and a larger picture with states and changes. */
import type { StoredRun } from '../monitor/monitor-store.ts';
import type { MonitorState } from '../monitor/state.ts';
import { showValue } from '../monitor/status.ts';
import { type Markup, markup } from '../report/markup.ts';
import type { Say } from './languages.ts';

const BEST = 121;

export const TONES: Readonly<Record<MonitorState, 'good' | 'caution' | 'bad' | 'unknown'>> = {
  ok: 'good',
  degraded: 'caution',
  failing: 'bad',
  inconclusive: 'unknown',
  stale: 'unknown',
};

/** What both pictures say to those who do not see them. */
export function pictureWords(runs: readonly StoredRun[], say: Say): string {
  const values = runs.flatMap(({ total }) => (total === null ? [] : [total]));
  if (values.length === 0) return say('moNoPicture');
  const [least, most] = [Math.min(...values), Math.max(...values)].map(showValue) as [string, string];
  return say('moPicture', { count: runs.length, least, most });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Lines between neighbours that both have a value; a run that could not tell leaves a gap. */
function linesOf(points: readonly (Point | null)[]): readonly Markup[] {
  const lines: Markup[] = [];
  let part: Point[] = [];
  for (const point of [...points, null]) {
    if (point !== null) {
      part.push(point);
      continue;
    }
    if (part.length > 1) {
      const path = part.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
      lines.push(markup`<polyline class="values" points="${path}"/>`);
    }
    part = [];
  }
  return lines;
}

/** `runs`: the oldest first. */
export function sparkPicture(runs: readonly StoredRun[], min: number, say: Say): string {
  const step = 112 / Math.max(1, runs.length - 1);
  const y = (value: number): number => 24 - (Math.min(value, BEST) / BEST) * 20;
  const points = runs.map(({ total }, index) => (total === null ? null : { x: 4 + index * step, y: y(total) }));
  const last = points.at(-1) ?? null;
  const end = runs.at(-1);
  const here =
    last === null || end === undefined
      ? []
      : [markup`<circle class="${TONES[end.state]}" cx="${last.x.toFixed(1)}" cy="${last.y.toFixed(1)}" r="3"/>`];
  return markup`<svg class="spark" viewBox="0 0 120 28" role="img" aria-label="${pictureWords(runs, say)}"><line class="gate" x1="0" x2="120" y1="${y(min).toFixed(1)}" y2="${y(min).toFixed(1)}"/>${linesOf(points)}${here}</svg>`
    .markup;
}

const WIDTH = 720;
const LEFT = 52;
const TOP = 10;
const FLOOR = 130;

export function historyPicture(runs: readonly StoredRun[], min: number, say: Say): string {
  const room = WIDTH - LEFT - 10;
  const step = room / Math.max(1, runs.length - 1);
  const x = (index: number): number => LEFT + (runs.length === 1 ? room / 2 : index * step);
  const y = (value: number): number => FLOOR - (Math.min(value, BEST) / BEST) * (FLOOR - TOP);
  const points = runs.map(({ total }, index) => (total === null ? null : { x: x(index), y: y(total) }));
  const wide = Math.max(2, Math.min(14, step * 0.8));
  const band = runs.map(
    ({ state }, index) =>
      markup`<rect class="${TONES[state]}" x="${(x(index) - wide / 2).toFixed(1)}" y="${FLOOR + 8}" width="${wide.toFixed(1)}" height="10"/>`,
  );
  const dots = runs.map(({ items }, index): Markup => {
    const point = points[index];
    const changed = items.some(({ changes }) => changes.length > 0);
    if (point == null || (!changed && runs.length > 60)) return markup``;
    return markup`<circle class="${changed ? 'changed' : 'dot'}" cx="${point.x.toFixed(1)}" cy="${point.y.toFixed(1)}" r="${changed ? 5 : 2.5}"/>`;
  });
  const marks = [0, 50, 100].map(
    (mark) =>
      markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - 10}" y1="${y(mark).toFixed(1)}" y2="${y(mark).toFixed(1)}"/><text class="mark" x="${LEFT - 6}" y="${(y(mark) + 4).toFixed(1)}" text-anchor="end">${mark}</text>`,
  );
  const times = [runs[0], runs.at(-1)].map((run, index) =>
    run === undefined || (index === 1 && runs.length === 1)
      ? markup``
      : markup`<text class="mark" x="${index === 0 ? LEFT : WIDTH - 10}" y="${FLOOR + 42}" text-anchor="${index === 0 ? 'start' : 'end'}">${shortTime(run.finishedAt)}</text>`,
  );
  return markup`<svg class="course" viewBox="0 0 ${WIDTH} ${FLOOR + 50}" role="img" aria-label="${pictureWords(runs, say)}">${marks}<line class="gate" x1="${LEFT}" x2="${WIDTH - 10}" y1="${y(min).toFixed(1)}" y2="${y(min).toFixed(1)}"/>${linesOf(points)}${dots}${band}${times}</svg>`
    .markup;
}

function shortTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
