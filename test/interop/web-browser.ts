/** The program as `tlsreach serve --demo` runs it, and Debian's Chromium in front of it. Pictures go to `artefacts/web`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CHROMIUM = '/usr/bin/chromium';
const PICTURES = join(PROJECT, 'artefacts', 'web');
const START_MS = 60_000;

/** As for the mail servers: skipped where it is not installed, an error where everything is meant to be there. */
export function skipUnlessBrowser(): string | false {
  if (existsSync(CHROMIUM)) return false;
  const sentence = 'the pages need Chromium (scripts/interop-setup.sh brings it)';
  if (process.env['CI'] === 'true') throw new Error(sentence);
  return sentence;
}

export interface Demo {
  readonly base: string;
  readonly password: string;
  readonly browser: Browser;
  stop(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  mkdirSync(PICTURES, { recursive: true });
  const child = spawn(
    process.execPath,
    [join(PROJECT, 'src', 'tlsreach.js'), 'serve', '--demo', '--http', '127.0.0.1:0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const said = await spoken(child);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  return {
    base: /http:\/\/[^/\s]+/.exec(said)?.[0] ?? '',
    password: /password (\S+)/.exec(said)?.[1] ?? '',
    browser,
    stop: async () => {
      await browser.close();
      child.kill('SIGTERM');
      const code = await new Promise((resolve) => child.once('exit', resolve));
      if (code !== 0) throw new Error(`serve ended with ${code} at SIGTERM`);
    },
  };
}

function spoken(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`serve did not start: ${text}`)), START_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes('not shown again')) return;
      clearTimeout(timer);
      resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${text}`)));
  });
}

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 900 }, locale: 'en-GB' };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  locale: 'en-GB',
};

/** A page of its own, closed afterwards; whatever its console complains about is an error. */
export async function onPage(
  { browser, base }: Demo,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ baseURL: base, ...options });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      // A page that says 404 or 403 on purpose is reported by the browser, too.
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(base)) complaints.push(`a request to ${request.url()}`);
    });
    await act(page);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  } finally {
    await context.close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds against WCAG 2.2 AA and its best practices, one line each. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  // Through the debugger, where the page's own policy does not reach.
  await page.evaluate(AXE);
  const found = await page.evaluate<
    { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }[]
  >('axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)');
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
