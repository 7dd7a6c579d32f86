/**
 * Lays `docs/requirements.md` beside the test titles and names what differs; with `--write` it also writes the files
 * that carry each number into the page's last column. The sentences are written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { provenNumbers, REGISTER, rowsOf } from '../test/support/requirements.ts';

const proven = provenNumbers();
const page = readFileSync(REGISTER, 'utf8');
const rows = rowsOf(page);
const listed = new Set(rows.map((row) => row.number));

for (const [number, files] of proven) {
  if (!listed.has(number)) console.log(`${number} is proven but not listed: ${files.join(', ')}`);
}
for (const row of rows) {
  const files = proven.get(row.number) ?? [];
  if (files.length === 0) console.log(`${row.number} is listed but not proven`);
  else if (files.join() !== row.tests.join())
    console.log(`${row.number} is proven by other files: ${files.join(', ')}`);
}
console.log(`${rows.length} listed, ${proven.size} proven`);

if (process.argv.includes('--write')) {
  const refreshed = rows.reduce((text, row) => {
    const line = `| ${row.number} | ${row.sentence} |`;
    const from = text.indexOf(line);
    const to = text.indexOf('\n', from);
    return `${text.slice(0, from)}${line} ${(proven.get(row.number) ?? []).join(', ')} |${text.slice(to)}`;
  }, page);
  writeFileSync(REGISTER, refreshed);
}
