/**
 * The format `openmetrics` (OpenMetrics 1.0), for a collector of text files. The samples of a family stand together and a
 * set of labels stands once, so everything is kept until the end: of a target given twice the later result counts.
 */
import { type ProbeResult, STAGES } from '../probe/result.ts';
import { cleanResult } from './clean.ts';
import type { Rendering } from './rendering.ts';

type Labels = readonly (readonly [name: string, value: string])[];

interface Family {
  readonly type: 'gauge' | 'stateset';
  readonly help: string;
  readonly unit?: 'seconds';
}

/** The unit is the end of the name, as the format wants it. */
const FAMILIES = {
  tlsreach_tested: { type: 'gauge', help: 'Whether the target could be tested.' },
  tlsreach_confidence: { type: 'gauge', help: 'Confidence Factor CF-1; absent where nothing could be judged.' },
  tlsreach_confidence_maximum: { type: 'gauge', help: 'What CF-1 could have come to with what was tested.' },
  tlsreach_secure: { type: 'gauge', help: 'Whether the confidence is 90 or more.' },
  tlsreach_probe_start_seconds: { type: 'gauge', unit: 'seconds', help: 'When the probe began, Unix time.' },
  tlsreach_probe_duration_seconds: { type: 'gauge', unit: 'seconds', help: 'How long the probe took.' },
  tlsreach_prediction: { type: 'stateset', help: 'What would become of a message in each TLS mode.' },
  tlsreach_findings: { type: 'gauge', help: 'Findings by severity.' },
  tlsreach_host_verdict: { type: 'stateset', help: 'What was found at each address of each MX host.' },
  tlsreach_host_score: { type: 'gauge', help: 'The part of CF-1 of each address.' },
  tlsreach_stage_duration_seconds: { type: 'gauge', unit: 'seconds', help: 'How long each stage took.' },
  tlsreach_certificate_expiry_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'When the certificate of the host ends, Unix time.',
  },
} as const satisfies Readonly<Record<string, Family>>;

type FamilyName = keyof typeof FAMILIES;

const CHANNELS = ['encrypted', 'clear', 'none'] as const;
const VERDICTS = ['encrypted', 'clear', 'broken-tls', 'unreachable', 'inconclusive', 'skipped'] as const;
const SEVERITIES = ['error', 'warning', 'info'] as const;

export function openMetricsRendering(): Rendering {
  const samples = new Map<FamilyName, Map<string, number>>();
  const add = (family: FamilyName, labels: Labels, value: number): void => {
    const kept = samples.get(family) ?? new Map<string, number>();
    samples.set(family, kept.set(written(labels), value));
  };
  return {
    begin: () => '',
    each: (unclean) => {
      collect(cleanResult(unclean), add);
      return '';
    },
    end: () => {
      const families = (Object.entries(FAMILIES) as [FamilyName, Family][]).map(([name, { type, help, unit }]) => {
        const lines = [...(samples.get(name) ?? [])].map(([labels, value]) => `${name}{${labels}} ${value}\n`);
        const about = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
        return lines.length === 0 ? '' : `# TYPE ${name} ${type}\n${about}# HELP ${name} ${help}\n${lines.join('')}`;
      });
      return `${families.join('')}# EOF\n`;
    },
  };
}

function collect(result: ProbeResult, add: (family: FamilyName, labels: Labels, value: number) => void): void {
  const target = ['target', result.target] as const;
  const { confidence } = result;
  add('tlsreach_tested', [target], Number(result.status === 'tested'));
  if (confidence.value !== null) {
    add('tlsreach_confidence', [target], confidence.value);
    add('tlsreach_secure', [target], Number(confidence.secure));
  }
  add('tlsreach_confidence_maximum', [target], confidence.maximum);
  add('tlsreach_probe_start_seconds', [target], Date.parse(result.startedAt) / 1000);
  add('tlsreach_probe_duration_seconds', [target], result.elapsedMs / 1000);
  for (const [mode, { channel }] of Object.entries(result.predictions)) {
    for (const each of CHANNELS) {
      add('tlsreach_prediction', [target, ['mode', mode], ['tlsreach_prediction', each]], Number(channel === each));
    }
  }
  for (const severity of SEVERITIES) {
    const count = result.findings.filter((finding) => finding.severity === severity).length;
    add('tlsreach_findings', [target, ['severity', severity]], count);
  }
  for (const host of result.hosts) {
    const at: Labels = [target, ['host', host.exchange], ['address', host.address ?? ''], ['port', String(host.port)]];
    for (const verdict of VERDICTS) {
      add('tlsreach_host_verdict', [...at, ['tlsreach_host_verdict', verdict]], Number(host.verdict === verdict));
    }
    if (host.score !== null) add('tlsreach_host_score', at, host.score);
    for (const stage of STAGES) {
      const { ms } = host.stages[stage];
      if (ms !== undefined) add('tlsreach_stage_duration_seconds', [...at, ['stage', stage]], ms / 1000);
    }
    const ends = Date.parse(host.chain?.sent[0]?.notAfter ?? '');
    if (Number.isFinite(ends)) add('tlsreach_certificate_expiry_seconds', at, ends / 1000);
  }
}

/** Label values escape the backslash, the quote and the line feed. */
function written(labels: Labels): string {
  return labels
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',');
}
