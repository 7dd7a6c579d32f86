/** The matrix of mail servers, from a result that is done or from the steps of one that is not. */
import type { JobEvent } from '../app/event-trail.ts';
import { type HostResult, type ProbeResult, STAGES, type StageName, type StageResult } from '../probe/result.ts';
import { averageCell, matrixCell, NEW_HEADINGS, shownStages, socketOf } from '../report/headings.ts';
import { hostAnchor, hostName } from './host-view.ts';
import type { Say } from './languages.ts';
import { waterfallPicture } from './pictures.ts';

export interface MatrixRow {
  readonly key: string;
  readonly server: string;
  readonly preference: string;
  readonly cells: readonly {
    readonly heading: string;
    readonly stage: StageName;
    readonly text: string;
    readonly tone: StageResult['result'];
    readonly why: string;
  }[];
  /** Where the time went, as SVG; empty where nothing was timed, and while the test runs. */
  readonly waterfall: string;
  /** The part of the page that tells more of it; empty while the test runs. */
  readonly more: string;
}

export interface Matrix {
  readonly stages: readonly { readonly stage: StageName; readonly heading: string }[];
  readonly rows: readonly MatrixRow[];
  /** Null while the test runs. */
  readonly averages: readonly { readonly heading: string; readonly text: string }[] | null;
}

export function matrixOf({ hosts, average }: ProbeResult, say: Say): Matrix {
  const stages = shownStages(hosts);
  return {
    stages: stages.map((stage) => ({ stage, heading: NEW_HEADINGS[stage] })),
    rows: hosts.map((host, index) => rowOf(host, index, stages, say)),
    averages: stages.map((stage) => ({ heading: NEW_HEADINGS[stage], text: averageCell(average[stage]) })),
  };
}

interface Step {
  readonly host: string;
  readonly address: string;
  readonly stage: StageName;
  readonly result: StageResult['result'];
  readonly ms: number;
}

interface RouteStep {
  readonly hosts: readonly {
    readonly exchange: string;
    readonly preference: number;
    readonly addresses: readonly string[];
  }[];
}

/** What is known so far. */
export function matrixSoFar(events: readonly JobEvent[], port: number, toAsked: boolean): Matrix {
  const stages = STAGES.filter((stage) => stage !== 'to' || toAsked);
  const route = events.find(({ kind }) => kind === 'route');
  if (route === undefined)
    return { stages: stages.map((stage) => ({ stage, heading: NEW_HEADINGS[stage] })), rows: [], averages: null };
  const seen = new Map<string, StageResult>();
  for (const { kind, data } of events) {
    if (kind !== 'stage') continue;
    const { host, address, stage, result, ms } = JSON.parse(data) as Step;
    seen.set(`${host} ${address} ${stage}`, { result, ms });
  }
  const { hosts } = JSON.parse(route.data) as RouteStep;
  const rows = hosts.flatMap(({ exchange, preference, addresses }) =>
    (addresses.length === 0 ? [null] : addresses).map(
      (address): MatrixRow => ({
        key: `${exchange} ${address ?? ''}`,
        server: address === null ? exchange : `${exchange} [${socketOf(address, port)}]`,
        preference: String(preference),
        cells: stages.map((stage) =>
          cellOf(stage, seen.get(`${exchange} ${address} ${stage}`) ?? { result: 'not-run' }),
        ),
        waterfall: '',
        more: '',
      }),
    ),
  );
  return { stages: stages.map((stage) => ({ stage, heading: NEW_HEADINGS[stage] })), rows, averages: null };
}

function rowOf(host: HostResult, index: number, stages: readonly StageName[], say: Say): MatrixRow {
  return {
    key: `${host.exchange} ${host.address ?? ''}`,
    server: hostName(host, say),
    preference: String(host.preference),
    cells: stages.map((stage) => cellOf(stage, host.stages[stage])),
    waterfall: waterfallPicture(host, say('times')),
    more: hostAnchor(index),
  };
}

function cellOf(stage: StageName, result: StageResult): MatrixRow['cells'][number] {
  return {
    heading: NEW_HEADINGS[stage],
    stage,
    text: matrixCell(result),
    tone: result.result,
    why: result.detail ?? '',
  };
}
