/** The operator's pages in a real browser, over the lab: from the one-time password to a committed destination and its mail. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../support/installation.ts';
import {
  axeFindings,
  DESKTOP,
  type Demo,
  onPage,
  PHONE,
  picture,
  skipUnlessBrowser,
  startDemo,
} from './web-browser.ts';

const skip = skipUnlessBrowser();
const PASSWORD = 'a password of my own';
let demo: Demo;
let cookies: NonNullable<Exclude<BrowserContextOptions['storageState'], string>>['cookies'] = [];

before(async () => {
  if (skip === false) demo = await startDemo();
});
after(async () => {
  await demo?.stop();
});

/** As somebody who signed in before. */
const signedIn = (options: BrowserContextOptions): BrowserContextOptions => ({
  ...options,
  storageState: { cookies, origins: [] },
});

async function looksWell(page: Page, name: string): Promise<void> {
  await picture(page, `appliance-${name}`);
  assert.deepEqual(await axeFindings(page), [], name);
  const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  assert.ok((wider as number) <= 0, `${name} is ${String(wider)} px too wide`);
}

const RESULT = { id: '' };

test('the whole story without a script: password, test, proposal, review, commit, roll back (R75, R127)', {
  skip,
}, async () => {
  await onPage(demo, { ...DESKTOP, javaScriptEnabled: false }, async (page) => {
    await page.goto('/sign-in');
    await page.fill('[name=name]', 'admin');
    await page.fill('[name=password]', demo.password);
    await page.click('main button[type=submit]');
    await page.fill('[name=old]', demo.password);
    await page.fill('[name=chosen]', PASSWORD);
    await page.click('form[action="/account/password"] button');
    await page.waitForSelector('text=First steps');
    assert.match((await page.textContent('.steps .next')) ?? '', /Test a domain you write to/);
    await page.goto('/?target=you@good.lab.test');
    await page.fill('#target', 'you@good.lab.test');
    await page.click('main button[type=submit] >> nth=0');
    await page.waitForSelector('.verdict', { timeout: 60_000 });
    RESULT.id = new URL(page.url()).pathname;
    await page.click('a:has-text("Make a destination entry")');
    assert.equal(await page.inputValue('#domain'), 'good.lab.test');
    assert.match((await page.textContent('.mode:has(:checked)')) ?? '', /would work here[\s\S]*go encrypted/);
    await page.fill('[name=maxConcurrency]', '2000');
    await page.check('[name=maxConcurrency-use][value=own]');
    await page.click('button:has-text("Submit")');
    assert.match((await page.textContent('#fault-maxConcurrency')) ?? '', /from 1 to 1,000/);
    await page.fill('[name=maxConcurrency]', '20');
    await page.click('button:has-text("Submit")');
    await page.waitForSelector('text=Saved as a change');
    await page.click('.pending a');
    await page.waitForSelector('.diff >> text=good.lab.test');
    await page.fill('[name=comment]', 'They prove who they are');
    await page.click('button:has-text("Commit changes")');
    await page.waitForSelector('text=Committed as revision 2');
    assert.equal(await page.locator('.pending').count(), 0);
    // The monitors of the demonstration are revision 1.
    await page.goto('/changes/history/1');
    await page.click('button:has-text("Roll back")');
    await page.waitForSelector('text=Committed as revision 3');
    ({ cookies } = await page.context().storageState());
  });
});

test('a file is chosen, looked at, mended and submitted; signing in leads back to where one was (R72)', {
  skip,
}, async () => {
  await onPage(demo, signedIn({ ...DESKTOP, javaScriptEnabled: false }), async (page) => {
    await page.goto('/destinations/import');
    const file = (text: string) => ({ name: 'destinations.ini', mimeType: 'text/plain', buffer: Buffer.from(text) });
    const table = await (await page.request.get('/destinations/export')).text();
    await page.setInputFiles('[name=upload]', file(`${table}\n[partner.example]\ntable_tls = 9\n`));
    await page.click('button[name=look]');
    assert.match((await page.textContent('.faults')) ?? '', /\[partner\.example\] table_tls/);
    await page.fill('[name=table]', `${table}\n[partner.example]\ntable_tls = required\n`);
    await page.click('button[name=look]');
    await page.waitForSelector('.looked .diff >> text=partner.example');
    assert.equal(await page.locator('.pending').count(), 0, 'looking changes nothing');
    await page.click('button:has-text("Submit")');
    await page.waitForSelector('.diff >> text=partner.example');
    await page.click('text=Discard all');
    await page.click('button.danger');
    await page.waitForSelector('text=The pending changes were thrown away');
  });
  await onPage(demo, DESKTOP, async (page) => {
    await page.goto('/log?recipient=nobody');
    await page.fill('[name=name]', 'admin');
    await page.fill('[name=password]', PASSWORD);
    await page.click('main button[type=submit]');
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, '/log?recipient=nobody');
  });
});

/** Pages that have something to say where there is nothing yet. */
const EMPTY = [
  ['overview', '/overview'],
  ['destinations', '/destinations'],
  ['queue', '/queue'],
  ['held', '/queue/held'],
  ['log', '/log'],
  ['changes', '/changes'],
  ['routes', '/settings/smtp-routes'],
] as const;

test('an installation with nothing in it yet says what to do first', { skip }, async () => {
  await onPage(demo, signedIn({ ...PHONE, locale: 'nl-NL' }), async (page) => {
    for (const [name, url] of EMPTY) {
      await page.goto(url);
      await looksWell(page, `empty-${name}-nl`);
    }
  });
});

test('a message by hand goes into the queue, and its page tells what becomes of it', { skip }, async () => {
  await onPage(demo, signedIn({ ...DESKTOP, javaScriptEnabled: false }), async (page) => {
    await page.goto('/queue');
    await page.click('text=Send a message');
    await page.fill('[name=from]', 'ann@example.com');
    await page.fill('[name=to]', 'nobody');
    await page.click('button:has-text("Send")');
    assert.match((await page.textContent('#fault-to')) ?? '', /no mail address/);
    await page.fill('[name=to]', 'you@good.lab.test');
    await page.click('button:has-text("Send")');
    await page.waitForSelector('text=It is in the queue');
    const told = async (): Promise<boolean> => {
      await page.goto(new URL(page.url()).pathname);
      return (await page.locator('.timeline >> text=Delivered').count()) > 0;
    };
    assert.ok(await until(told, 30_000), 'its story ends well');
  });
});

test('mail in the queue, in every language, on every page: no fault that axe finds, nothing too wide', {
  skip,
}, async () => {
  const token = await tokenOf();
  const api = async (method: string, path: string, body: unknown): Promise<number> => {
    const answer = await fetch(`${demo.base}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.status;
  };
  const entries = [
    ['good.lab.test', { tls: 'required-verify', maxConcurrency: 20 }],
    ['wrong-name.lab.test', { tls: 'required-verify' }],
    ['.partner.example', { tls: 'required', recipientLimit: 300, recipientMinutes: 60 }],
    ['bücher.example', { tls: 'required-verify-hosted', bounceProfile: 'Patient' }],
  ] as const;
  assert.equal(await api('PUT', 'bounce-profiles/Patient', { maxRetries: 200 }), 201);
  assert.equal(
    await api('PUT', 'smtp-routes/.partner.example', { targets: [{ kind: 'host', host: '192.0.2.7', port: 26 }] }),
    201,
  );
  assert.equal(await api('PUT', 'alert-recipients/ops@example.com', {}), 201);
  for (const [name, body] of entries)
    assert.equal(await api('PUT', `destinations/${encodeURIComponent(name)}`, body), 201);
  assert.equal(await api('POST', 'config/commit', { comment: 'Partners want TLS' }), 200);
  assert.equal(await api('PUT', 'destinations/new.example', { tls: 'preferred' }), 201);
  assert.equal(await api('PUT', 'config/default-destination', { tls: 'preferred' }), 200);
  for (const to of ['you@good.lab.test', 'you@wrong-name.lab.test', 'you@no-such.lab.test', 'you@null-mx.lab.test'])
    assert.equal(
      await api('POST', 'messages', {
        from: 'ann@example.com',
        to: [to],
        message: 'Subject: The figures for November\n\nHello\n',
      }),
      202,
    );
  await new Promise((resolve) => setTimeout(resolve, 4_000));

  const pages = [
    ['overview', '/overview'],
    ['destinations', '/destinations'],
    ['destination-new', '/destinations/new?domain=good.lab.test&tls=required'],
    ['default-entry', '/destinations/default'],
    ['global', '/destinations/global'],
    ['import', '/destinations/import'],
    ['destination', '/destinations/show?domain=good.lab.test'],
    ['destination-below', '/destinations?filter=mail.partner.example'],
    ['delete', '/destinations/delete?domain=new.example'],
    ['simulate', '/destinations/simulate?domain=good.lab.test'],
    ['changes', '/changes'],
    ['history', '/changes/history'],
    ['revision', '/changes/history/1'],
    ['certificates', '/certificates'],
    ['certificate-new', '/certificates/new'],
    ['queue', '/queue'],
    ['queue-destination', '/queue/destination?name=wrong-name.lab.test'],
    ['message', '/queue/messages/1?body=shown'],
    ['queue-filtered', '/queue?filter=nobody'],
    ['queue-held', '/queue/held'],
    ['send', '/queue/new'],
    ['log', '/log?text=DCID'],
    ['log-nothing', '/log?text=nothing-like-this'],
    ['monitors', '/monitors'],
    ['monitor', '/monitors/view?name=old-gateway'],
    ['monitor-new', '/monitors/new?target=you@good.lab.test'],
    ['monitor-edit', '/monitors/edit?name=partners'],
    ['monitor-delete', '/monitors/delete?name=partners'],
    ['settings', '/settings'],
    ['profiles', '/settings/bounce-profiles'],
    ['profile', '/settings/bounce-profiles/edit?name=Patient'],
    ['routes', '/settings/smtp-routes'],
    ['routes-import', '/settings/smtp-routes/import'],
    ['alerts', '/settings/alerts'],
    ['account', '/account'],
    ['delivery', '/settings/delivery'],
    ['alert-recipient', '/settings/alert-recipients/edit?name=ops@example.com'],
    ['file', '/settings/file'],
    ['audit', '/settings/audit'],
    ['missing', '/queue/messages/99999'],
  ] as const;
  const looks: readonly (readonly [string, BrowserContextOptions])[] = [
    ['desktop', DESKTOP],
    ['phone-dark', { ...PHONE, colorScheme: 'dark' }],
  ];
  for (const [look, options] of looks) {
    await onPage(demo, signedIn(options), async (page) => {
      for (const [name, url] of pages) {
        await page.goto(url);
        await looksWell(page, `${name}-${look}`);
      }
    });
  }
  await onPage(demo, signedIn({ ...DESKTOP, colorScheme: 'dark', locale: 'ja-JP' }), async (page) => {
    for (const [name, url] of pages.slice(0, 3)) {
      await page.goto(url);
      assert.equal(await page.getAttribute('html', 'lang'), 'ja');
      await looksWell(page, `${name}-ja`);
    }
  });
});

/** Made on the account page, as a person does. */
async function tokenOf(): Promise<string> {
  let token = '';
  await onPage(demo, signedIn(DESKTOP), async (page) => {
    await page.goto('/account');
    await page.fill('form[action="/account/tokens"] [name=title]', 'script');
    for (const scope of ['config', 'send']) await page.check(`[name=scope-${scope}]`);
    await page.click('form[action="/account/tokens"] button[type=submit]');
    token = (await page.textContent('#secret')) ?? '';
  });
  return token;
}
