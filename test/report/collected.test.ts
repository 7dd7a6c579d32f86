/** The formats that other systems collect: the XML family, SARIF and OpenMetrics. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ProbeResult } from '../../src/probe/result.ts';
import { openMetricsRendering } from '../../src/report/openmetrics.ts';
import type { Rendering } from '../../src/report/rendering.ts';
import { sarifRendering } from '../../src/report/sarif.ts';
import { xmlRendering } from '../../src/report/xml.ts';
import { HOSTILE, HOSTILE_HOST, host, result, THREE_GOOD_HOSTS, TWO_WRONG_NAMES } from './results.ts';

const SAMPLE = { ...THREE_GOOD_HOSTS, target: 'onetest@checktls.com' };
const NOTHING = result({ more: { status: 'dns-failure', problem: 'no answer' } });
const ALONE = { many: false };

function whole(rendering: Rendering, ...results: readonly ProbeResult[]): string {
  return rendering.begin() + results.map((each) => rendering.each(each)).join('') + rendering.end();
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** A reader of what XML allows at most here: elements, double-quoted attributes, text. Fails on everything else. */
function parseXml(page: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const piece = /<(\/?)([A-Za-z]+)((?: [a-zA-Z]+="[^"<>]*")*)>|([^<>]+)/y;
  while (piece.lastIndex < page.length) {
    const from = piece.lastIndex;
    const [, slash, name, attributes, text] =
      piece.exec(page) ?? assert.fail(`not XML at ${page.slice(from, from + 60)}`);
    const top = open.at(-1);
    assert.ok(top !== undefined);
    if (text !== undefined) top.text += read(text);
    else if (slash === '/') assert.equal(open.pop()?.name, name);
    else {
      const pairs = [...(attributes ?? '').matchAll(/ ([a-zA-Z]+)="([^"]*)"/g)];
      const element = {
        name: name ?? '',
        attributes: Object.fromEntries(pairs.map(([, key, value]) => [key, read(value ?? '')])),
        children: [],
        text: '',
      };
      top.children.push(element);
      open.push(element);
    }
  }
  assert.deepEqual(open, [root], 'everything is closed');
  return root.children[0] ?? assert.fail('no element');
}

function read(text: string): string {
  assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|#39|#96);)/);
  const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };
  return text.replace(/&([^;]+);/g, (_, name: string) => signs[name] ?? '');
}

/** The elements at a path below an element. */
function at(element: Element, path: string): readonly Element[] {
  return path
    .split('/')
    .reduce<readonly Element[]>(
      (found, name) => found.flatMap(({ children }) => children.filter((c) => c.name === name)),
      [element],
    );
}

const texts = (element: Element, path: string): readonly string[] => at(element, path).map(({ text }) => text);

test('xml and xml-score are byte for byte the published shapes (R51)', () => {
  assert.equal(
    whole(xmlRendering('xml', ALONE), SAMPLE, TWO_WRONG_NAMES, NOTHING),
    '<CheckTLS test="BatchTestReceiver"><Results>' +
      '<Result><Score>100</Score><Target>onetest@checktls.com</Target></Result>' +
      '<Result><Score>90</Score><Target>ann@example.com</Target></Result>' +
      '<Result><Score></Score><Target>ann@example.com</Target></Result>' +
      '</Results></CheckTLS>\n',
  );
  assert.equal(
    whole(xmlRendering('xml-score', ALONE), SAMPLE),
    '<CheckTLS test="BatchTestReceiver"><Results><Result><eMailAddress>onetest@checktls.com</eMailAddress>' +
      '<ConfidenceFactor>100</ConfidenceFactor><MXConfidenceFactor>100</MXConfidenceFactor><MXCount>3</MXCount>' +
      '</Result></Results></CheckTLS>\n',
  );
});

test('readers of the older API find address, factor, hosts and version where they look (R51)', () => {
  const page = parseXml(whole(xmlRendering('xml-detail', ALONE), TWO_WRONG_NAMES).trimEnd());
  assert.deepEqual([page.name, page.attributes], ['CheckTLS', { test: 'TestReceiver' }]);
  assert.deepEqual(texts(page, 'eMailAddress'), ['ann@example.com']);
  assert.deepEqual(texts(page, 'ConfidenceFactor'), ['90']);
  assert.deepEqual(
    at(page, 'MX').map(({ attributes }) => attributes['exchange']),
    ['mailc.example.com', 'maild.example.com'],
  );
  assert.deepEqual(texts(page, 'MX/SSL/SSLVersion'), ['TLSv1.2', 'TLSv1.2']);
  assert.deepEqual(texts(page, 'MX/Matrix/Cert'), ['fail', 'fail']);
  assert.equal(texts(page, 'MX/Transcript/Line').length, 24);
  assert.deepEqual(
    at(page, 'Findings/Finding').map(({ attributes }) => attributes['code']),
    ['certificate-name', 'certificate-name'],
  );
});

test('the matrix in XML has the columns of the pager and their average; several results are a batch (R51)', () => {
  const alone = parseXml(whole(xmlRendering('xml-matrix', ALONE), TWO_WRONG_NAMES).trimEnd());
  const columns = ['Ans', 'Con', 'HELO', 'TLS', 'Cert', 'Sec', 'From', 'To'];
  assert.deepEqual(
    at(alone, 'Average')[0]?.children.map(({ name }) => name),
    at(alone, 'MX/Matrix')[0]?.children.map(({ name }) => name),
  );
  assert.equal(at(alone, 'Average')[0]?.children.length, columns.length);
  assert.deepEqual(at(alone, 'MX/SSL'), [], 'that is for the detail');
  const many = parseXml(whole(xmlRendering('xml-matrix', { many: true }), TWO_WRONG_NAMES, SAMPLE).trimEnd());
  assert.deepEqual(texts(many, 'Results/Result/eMailAddress'), ['ann@example.com', 'onetest@checktls.com']);
  assert.equal(at(many, 'Results/Result/MX').length, 5);
});

test('whatever a host says, the XML stays well-formed and gives its words back as text (R54)', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constant(HOSTILE), fc.string({ unit: 'binary' })), (said) => {
      const seen = result({
        target: 'x',
        hosts: [
          host({
            exchange: 'mx1.example.com',
            times: [1, 2, 3, 4, 'FAIL', 6, 7],
            presented: [said],
            more: { transcript: [{ at: 1, kind: 'received', tls: false, text: `>${said}` }] },
          }),
        ],
      });
      const page = parseXml(whole(xmlRendering('xml-detail', ALONE), seen).trimEnd());
      const [line = ''] = texts(page, 'MX/Transcript/Line');
      assert.ok(line.startsWith('>'));
      if (/^[ -~]*$/.test(said)) assert.equal(line, `>${said}`);
    }),
    { numRuns: 200 },
  );
});

interface Sarif {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly { readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[] }[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
    }[];
  }[];
}

test('SARIF has a result for each finding, its rule, its place and a fingerprint that lasts', () => {
  const page = JSON.parse(whole(sarifRendering('1.2.3'), TWO_WRONG_NAMES, THREE_GOOD_HOSTS, HOSTILE_HOST)) as Sarif;
  assert.equal(page.version, '2.1.0');
  const [run] = page.runs;
  assert.ok(run !== undefined && page.runs.length === 1);
  assert.deepEqual(
    run.tool.driver.rules.map(({ id }) => id),
    ['certificate-name'],
  );
  assert.deepEqual(
    run.results.map(({ ruleId, ruleIndex, level }) => `${ruleId} ${run.tool.driver.rules[ruleIndex]?.id} ${level}`),
    Array(3).fill(`certificate-name certificate-name ${run.results[0]?.level}`),
  );
  assert.equal(
    run.results[0]?.locations[0]?.logicalLocations[0]?.fullyQualifiedName,
    'ann@example.com/mailc.example.com',
  );
  const prints = run.results.map(({ partialFingerprints }) => partialFingerprints['tlsreach/v1']);
  assert.equal(new Set(prints).size, 3);
  assert.ok(prints[0]?.endsWith('/certificate-name'));
  assert.deepEqual((JSON.parse(whole(sarifRendering('1.2.3'))) as Sarif).runs[0]?.results, []);
});

test('OpenMetrics: families in one piece, no sample twice, an end; labels hold any text (R54)', () => {
  const lines = whole(openMetricsRendering(), TWO_WRONG_NAMES, SAMPLE, NOTHING, HOSTILE_HOST, SAMPLE).split('\n');
  assert.deepEqual(lines.splice(-2), ['# EOF', '']);
  const seen = new Set<string>();
  let family = '';
  for (const line of lines) {
    const [, declared] = /^# TYPE (\S+) (?:gauge|stateset)$/.exec(line) ?? [];
    if (declared !== undefined) {
      assert.ok(!seen.has(declared), `${declared} is declared once`);
      seen.add(declared);
      family = declared;
    } else if (line.startsWith('#')) assert.match(line, new RegExp(`^# (HELP|UNIT) ${family} \\S`));
    else {
      const [, name, labels] =
        /^(\w+)\{((?:\w+="(?:[^"\\]|\\.)*",?)+)\} -?\d+(?:\.\d+)?$/.exec(line) ?? assert.fail(line);
      assert.equal(name, family);
      assert.ok(!seen.has(`${name}{${labels}}`), line);
      seen.add(`${name}{${labels}}`);
    }
  }
  assert.ok(lines.includes('tlsreach_confidence{target="onetest@checktls.com"} 100'));
  assert.ok(lines.includes('tlsreach_tested{target="ann@example.com"} 0'), 'the later one of two counts');
  const verdict =
    /^tlsreach_host_verdict\{target="ann@example\.com",host="mailc.*tlsreach_host_verdict="encrypted"\} 1$/;
  assert.equal(lines.filter((line) => verdict.test(line)).length, 1);
});
