/** The files that the web is made of, read once at the start: templates, the style sheet, the script, the JSON schemas. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface WebFiles {
  /** By name without `.ejs`; those of the operator's side begin with `appliance/`. */
  readonly templates: ReadonlyMap<string, string>;
  readonly style: string;
  readonly script: string;
  /** By file name. */
  readonly schemas: ReadonlyMap<string, string>;
}

/** `src/app` and `dist/app` alike stand two folders below what is installed. */
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export async function readWebFiles(): Promise<WebFiles> {
  const views = join(ROOT, 'views');
  const [templates, operator, schemas, style, operatorStyle, monitorStyle, script] = await Promise.all([
    textsIn(views, '.ejs'),
    textsIn(join(views, 'appliance'), '.ejs'),
    textsIn(join(ROOT, 'docs', 'schemas'), '.json'),
    readFile(join(views, 'style.css'), 'utf8'),
    readFile(join(views, 'appliance', 'style.css'), 'utf8'),
    readFile(join(views, 'appliance', 'monitors.css'), 'utf8'),
    readFile(join(views, 'page.js'), 'utf8'),
  ]);
  return {
    templates: new Map([
      ...[...templates].map(([name, text]) => [name.slice(0, -'.ejs'.length), text] as const),
      ...[...operator].map(([name, text]) => [`appliance/${name.slice(0, -'.ejs'.length)}`, text] as const),
    ]),
    schemas,
    style: `${style}${operatorStyle}${monitorStyle}`,
    script,
  };
}

async function textsIn(folder: string, ending: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}
