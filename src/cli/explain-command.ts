/** `tlsreach explain [CODE]`: a page of plain text for every finding, TLS mode, stage, verdict and chain problem. */
import type { World } from '../app/world.ts';
import { adviceFor, FINDING_CODES, findingEntry, isFindingCode } from '../probe/finding-catalogue.ts';
import { CONCEPTS } from '../report/explain-concepts.ts';
import { wrap } from '../report/layout.ts';
import { closest } from './closest.ts';
import { UsageError } from './usage-error.ts';

const MOST_COLUMNS = 90;

export async function explainCommand(code: string | undefined, world: World): Promise<number> {
  const width = Math.min(MOST_COLUMNS, world.stdout.columns());
  await world.stdout.write(code === undefined ? listing(width) : page(code.toLowerCase(), width));
  return 0;
}

/** The page of one code; a `UsageError` with the nearest one where there is none. */
export function page(code: string, width: number): string {
  const concept = CONCEPTS.find(({ name, aliases }) => name === code || aliases.includes(code));
  if (isFindingCode(code)) {
    const { severity, title, explain, reference } = findingEntry(code);
    return paragraphs(
      [`${code}: ${title} (${severity})`, explain, `What to do: ${adviceFor(code)}`, `See ${reference}.`],
      width,
    );
  }
  if (concept !== undefined) return paragraphs([`${concept.name} (${concept.kind})`, ...concept.text], width);
  const near = closest(code, [...FINDING_CODES, ...CONCEPTS.map(({ name }) => name)]);
  throw new UsageError(
    `there is nothing called "${code.slice(0, 80)}" to explain; ${near === null ? '' : `did you mean ${near}? `}"tlsreach explain" lists everything`,
  );
}

function paragraphs(texts: readonly string[], width: number): string {
  return `${texts.map((text) => wrap(text, width).join('\n')).join('\n\n')}\n`;
}

function listing(width: number): string {
  const kinds = [...Map.groupBy(CONCEPTS, ({ kind }) => kind)];
  const groups: readonly (readonly [string, readonly string[]])[] = [
    ...kinds.map(([kind, concepts]): readonly [string, readonly string[]] => [
      `${kind}:`,
      concepts.map(({ name }) => name),
    ]),
    ['finding:', FINDING_CODES],
  ];
  return `${groups
    .map(
      ([title, names]) =>
        `${title}\n${wrap(names.join(', '), width - 2)
          .map((line) => `  ${line}`)
          .join('\n')}`,
    )
    .join('\n\n')}\n\ntlsreach explain CODE tells more about each.\n`;
}
