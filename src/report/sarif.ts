/**
 * The format `sarif`: the findings as SARIF 2.1.0 (OASIS) for systems that collect what analysers find. A finding lies at
 * a host of a target, which is a logical location; there is no file. `partialFingerprints` keep a finding the same one
 * from run to run, whatever its words.
 */
import type { Finding, ProbeResult } from '../probe/result.ts';
import { cleanResult } from './clean.ts';
import { toJson } from './json.ts';
import type { Rendering } from './rendering.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const LEVELS: Readonly<Record<Finding['severity'], 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

interface Rule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly help: { readonly text: string };
  readonly properties: { readonly reference: string };
}

export function sarifRendering(version: string): Rendering {
  // Rules come behind the results, when it is known which of them there are.
  const rules = new Map<string, Rule>();
  let first = true;
  const written = (target: string, finding: Finding): string => {
    if (!rules.has(finding.code)) rules.set(finding.code, ruleOf(finding));
    const before = first ? '\n' : ',\n';
    first = false;
    return before + toJson(resultOf(target, finding, [...rules.keys()].indexOf(finding.code)));
  };
  return {
    begin: () => `{"$schema":"${SCHEMA}","version":"2.1.0","runs":[{"results":[`,
    each: (unclean) => {
      const { target, findings }: ProbeResult = cleanResult(unclean);
      return findings.map((finding) => written(target, finding)).join('');
    },
    end: () => {
      const driver = { name: 'tlsreach', semanticVersion: version, rules: [...rules.values()] };
      return `],\n"columnKind":"utf16CodeUnits","tool":${toJson({ driver })}}]}\n`;
    },
  };
}

function ruleOf({ code, title, advice, reference }: Finding): Rule {
  return {
    id: code,
    shortDescription: { text: title },
    help: { text: advice === '' ? title : advice },
    properties: { reference },
  };
}

function resultOf(target: string, { code, severity, host, address, title, detail }: Finding, ruleIndex: number) {
  const place = [target, host, address].filter((part) => part !== undefined);
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: detail === '' ? title : detail },
    locations: [
      { logicalLocations: [{ name: host ?? target, fullyQualifiedName: place.join('/'), kind: 'resource' }] },
    ],
    partialFingerprints: { 'tlsreach/v1': [...place, code].join('/') },
  };
}
