/**
 * The XML family (R51): `xml` and `xml-score` as the published batch formats have them, `xml-matrix` and `xml-detail`
 * with the names that readers of the older API ask for: `/CheckTLS/eMailAddress`, `/CheckTLS/ConfidenceFactor`,
 * `/CheckTLS/MX[@exchange]`, `MX/SSL/SSLVersion`. No declaration, no white space between elements.
 *
 * `xml` and `xml-score` are always a batch. The other two are one document for one result, and a batch of `Result`
 * elements, which hold the same children, for several. Where nothing could be judged the score's element is empty.
 */
import { type HostResult, type ProbeResult, STAGES } from '../probe/result.ts';
import { cleanResult } from './clean.ts';
import { NEW_HEADINGS } from './headings.ts';
import { type Markup, markup, NOTHING } from './markup.ts';
import type { Rendering, RenderOptions } from './rendering.ts';

export type XmlLevel = 'xml' | 'xml-score' | 'xml-matrix' | 'xml-detail';

export function xmlRendering(level: XmlLevel, { many }: Pick<RenderOptions, 'many'>): Rendering {
  const alone = !many && (level === 'xml-matrix' || level === 'xml-detail');
  return {
    begin: () => (alone ? '<CheckTLS test="TestReceiver">' : '<CheckTLS test="BatchTestReceiver"><Results>'),
    each: (unclean) => {
      const inner = contentOf(cleanResult(unclean), level);
      return (alone ? inner : markup`<Result>${inner}</Result>`).markup;
    },
    end: () => (alone ? '</CheckTLS>\n' : '</Results></CheckTLS>\n'),
  };
}

function contentOf(result: ProbeResult, level: XmlLevel): Markup {
  const { confidence, hosts, target } = result;
  const score = confidence.value ?? '';
  if (level === 'xml') return markup`<Score>${score}</Score><Target>${target}</Target>`;
  const summary = markup`<eMailAddress>${target}</eMailAddress><ConfidenceFactor>${score}</ConfidenceFactor><MXConfidenceFactor>${meanOfHosts(hosts)}</MXConfidenceFactor><MXCount>${new Set(hosts.map(({ exchange }) => exchange)).size}</MXCount>`;
  if (level === 'xml-score') return summary;
  const detailed = level === 'xml-detail';
  const average = STAGES.map((stage) => markup`<${tag(stage)}>${result.average[stage] ?? ''}</${tag(stage)}>`);
  return markup`${summary}${hosts.map((host) => hostElement(host, detailed))}<Average>${average}</Average>${detailed ? findingsOf(result) : NOTHING}`;
}

/** Unweighted, of the hosts that could be judged; `ConfidenceFactor` weighs them by their rank. */
function meanOfHosts(hosts: readonly HostResult[]): number | '' {
  const scores = hosts.flatMap(({ score }) => (score === null ? [] : [score]));
  return scores.length === 0 ? '' : Math.round(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

/** The column's heading is the element's name. */
function tag(stage: (typeof STAGES)[number]): Markup {
  return { markup: NEW_HEADINGS[stage] };
}

function hostElement(host: HostResult, detailed: boolean): Markup {
  const stages = STAGES.map((stage) => {
    const { result, ms, code } = host.stages[stage];
    const time = ms === undefined ? NOTHING : markup` ms="${ms}"`;
    const why = code === undefined ? NOTHING : markup` code="${code}"`;
    return markup`<${tag(stage)}${time}${why}>${result}</${tag(stage)}>`;
  });
  return markup`<MX exchange="${host.exchange}" preference="${host.preference}" address="${host.address ?? ''}" port="${host.port}"><Verdict>${host.verdict}</Verdict><Score>${host.score ?? ''}</Score><Matrix>${stages}</Matrix>${detailed ? detailOf(host) : NOTHING}</MX>`;
}

function detailOf({ tls, chain, identity, dane, mtaSts, transcript }: HostResult): Markup {
  const certificates = (chain?.sent ?? []).map(
    ({ subject, issuer, serial, notBefore, notAfter, key, signature, names, fingerprint }) =>
      markup`<Cert><Subject>${subject}</Subject><Issuer>${issuer}</Issuer><Serial>${serial}</Serial><NotBefore>${notBefore}</NotBefore><NotAfter>${notAfter}</NotAfter><Key>${key}</Key><Signature>${signature}</Signature>${names.map((name) => markup`<Name>${name}</Name>`)}<Fingerprint>${fingerprint}</Fingerprint></Cert>`,
  );
  const ssl =
    tls === null
      ? NOTHING
      : markup`<SSL><SSLVersion>${tls.protocol}</SSLVersion><Cipher bits="${tls.bits}">${tls.cipher}</Cipher><Group>${tls.group ?? ''}</Group><Trusted>${yesNo(chain?.trusted ?? false)}</Trusted><Problem>${chain?.problem ?? ''}</Problem><NameMatched>${yesNo(identity?.matched ?? false)}</NameMatched>${certificates}</SSL>`;
  const lines = transcript.map(
    ({ at, kind, tls: inside, text }) =>
      markup`<Line at="${Math.round(at)}" kind="${kind}" tls="${yesNo(inside)}">${text}</Line>`,
  );
  return markup`${ssl}<DANE>${dane.status}</DANE><MTASTS>${mtaSts.status}</MTASTS><Transcript>${lines}</Transcript>`;
}

function findingsOf({ findings }: ProbeResult): Markup {
  const each = findings.map(
    ({ code, severity, host, title, detail, advice, reference }) =>
      markup`<Finding code="${code}" severity="${severity}" host="${host ?? ''}"><Title>${title}</Title><Detail>${detail}</Detail><Advice>${advice}</Advice><Reference>${reference}</Reference></Finding>`,
  );
  return markup`<Findings>${each}</Findings>`;
}

function yesNo(holds: boolean): string {
  return holds ? 'yes' : 'no';
}
