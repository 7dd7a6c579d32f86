/** The matrix while it grows, on a terminal: drawn anew at each event, and gone before the result is written. */
import type { Output } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import type { ProbeEvent } from '../probe/request.ts';
import { type HostResult, STAGES, type StageName, type StageResult } from '../probe/result.ts';
import { colourPaint, plainPaint } from '../report/layout.ts';
import { LEAST_WIDTH, matrixLines } from '../report/table.ts';

export interface LiveTable {
  onEvent(event: ProbeEvent): void;
  /** Takes the drawing away. */
  clear(): void;
}

export interface LiveTableOptions {
  readonly title: string;
  readonly colour: boolean;
  readonly oldHeadings: boolean;
  readonly port: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

export function liveTable(output: Output, options: LiveTableOptions): LiveTable {
  const rows = new Map<string, HostResult>();
  let drawn = 0;
  let routed = false;
  const erase = (): string => (drawn === 0 ? '' : `\x1b[${drawn}A\x1b[J`);
  const draw = (): void => {
    const width = Math.max(LEAST_WIDTH, output.columns());
    const paint = options.colour ? colourPaint : plainPaint;
    const title = `${printable(options.title, width)}  …${routed ? '' : ' looking up its mail hosts'}`;
    const lines = [
      title,
      '',
      ...matrixLines([...rows.values()], null, {
        width,
        paint,
        oldHeadings: options.oldHeadings,
        startedAt: options.startedAt,
      }),
    ];
    // What has scrolled away cannot be drawn over: only as much as the screen holds.
    const shown = !routed || output.columns() < LEAST_WIDTH ? [title] : lines.slice(0, Math.max(1, output.rows() - 1));
    void output.write(`${erase()}${shown.map((line) => line.trimEnd()).join('\n')}\n`);
    drawn = shown.length;
  };
  draw();
  return {
    onEvent: (event) => {
      switch (event.kind) {
        case 'route':
          routed = true;
          for (const { exchange, preference, addresses } of event.hosts) {
            for (const address of addresses.length === 0 ? [null] : addresses) {
              rows.set(keyOf(exchange, address), pendingHost({ exchange, preference, address, port: options.port }));
            }
          }
          return draw();
        case 'stage': {
          const row = rows.get(keyOf(event.host, event.address));
          if (row === undefined) return;
          rows.set(keyOf(event.host, event.address), {
            ...row,
            stages: { ...row.stages, [event.stage]: { result: event.result, ms: Math.round(event.ms) } },
          });
          return draw();
        }
        case 'host':
          rows.set(keyOf(event.host.exchange, event.host.address), event.host);
          return draw();
        case 'done':
          return;
      }
    },
    clear: () => {
      void output.write(erase());
      drawn = 0;
    },
  };
}

function keyOf(exchange: string, address: string | null): string {
  return `${exchange} ${address ?? ''}`;
}

/** A row of which nothing is known yet. */
function pendingHost(parts: Pick<HostResult, 'exchange' | 'preference' | 'address' | 'port'>): HostResult {
  const stages = Object.fromEntries(
    STAGES.map((stage): [StageName, StageResult] => [stage, { result: stage === 'to' ? 'not-tested' : 'not-run' }]),
  );
  return {
    ...parts,
    verdict: 'inconclusive',
    blame: null,
    score: null,
    terms: { state: 'inconclusive', base: 0, certificate: 0, cipher: 0, bonus: 0, rank: 0, weight: 0 },
    stages: stages as Record<StageName, StageResult>,
    greeting: null,
    extensions: [],
    extensionsUnderTls: [],
    tls: null,
    chain: null,
    identity: null,
    dane: { status: 'not-tested' },
    mtaSts: { status: 'not-tested' },
    findings: [{ code: 'testing', severity: 'info', title: '', detail: 'testing …', advice: '', reference: '' }],
    transcript: [],
  };
}
