/** The tester's pages in a real browser, over the lab: first visit to finished test, with everything a person may bring. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
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
let demo: Demo;
before(async () => {
  if (skip === false) demo = await startDemo();
});
after(async () => {
  await demo?.stop();
});

async function probe(page: Page, target: string): Promise<void> {
  await page.goto('/');
  await page.fill('#target', target);
  await page.press('#target', 'Enter');
  await page.waitForSelector('.verdict', { timeout: 30_000 });
}

test('a first visit leads to a finished test that fills in while one looks', { skip }, async () => {
  await onPage(demo, DESKTOP, async (page) => {
    await page.goto('/');
    await page.fill('#target', 'you@slow.lab.test');
    await page.click('button[type=submit] >> nth=0');
    await page.waitForSelector('[data-events]');
    assert.match((await page.textContent('[role=status]')) ?? '', /Testing now|Waiting/);
    await page.waitForSelector('table[data-live] tbody tr', { timeout: 20_000 });
    await picture(page, 'running-desktop');
    assert.deepEqual(await axeFindings(page), []);
    await page.waitForSelector('.verdict', { timeout: 30_000 });
    assert.match(await page.title(), /^you@slow\.lab\.test: Secure/);
    const address = page.url();
    await page.goto('/');
    assert.match((await page.textContent('main')) ?? '', /you@slow\.lab\.test/, 'the form remembers it');
    await page.goto(address);
    await page.waitForSelector('.verdict');
  });
});

test('without a script the same form leads to the same result', { skip }, async () => {
  await onPage(demo, { ...DESKTOP, javaScriptEnabled: false }, async (page) => {
    await page.goto('/');
    await page.fill('#target', 'you@tarpit.lab.test');
    await page.click('button[type=submit] >> nth=0');
    await page.waitForSelector('.verdict', { timeout: 60_000 });
    assert.match((await page.textContent('.matrix')) ?? '', /mx\.tarpit\.lab\.test/);
  });
});

test('with the keyboard alone, from the address to the finding that is explained', { skip }, async () => {
  await onPage(demo, DESKTOP, async (page) => {
    await page.goto('/');
    await page.keyboard.press('Tab');
    assert.equal(
      await page.evaluate('document.activeElement.className'),
      'skip',
      'the first stop leads past the navigation',
    );
    await page.keyboard.press('Enter');
    for (let steps = 0; steps < 12 && (await page.evaluate('document.activeElement.id')) !== 'target'; steps += 1)
      await page.keyboard.press('Tab');
    await page.keyboard.type('you@wrong-name.lab.test');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict', { timeout: 30_000 });
    for (let steps = 0; steps < 60; steps += 1) {
      await page.keyboard.press('Tab');
      if (
        ((await page.evaluate('document.activeElement.getAttribute("href")')) as string | null)?.startsWith(
          '/explain/certificate-name',
        ) === true
      )
        break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/explain\/certificate-name$/);
    assert.match((await page.textContent('h1')) ?? '', /certificate/i);
  });
});

test('in the language of the browser, and in the one that was chosen', { skip }, async () => {
  await onPage(demo, { ...PHONE, locale: 'ja-JP' }, async (page) => {
    await page.goto('/');
    assert.equal(await page.getAttribute('html', 'lang'), 'ja');
    await picture(page, 'form-phone-ja');
    await page.click('text=Nederlands');
    assert.equal(await page.getAttribute('html', 'lang'), 'nl');
    await probe(page, 'you@good.lab.test');
    assert.equal(await page.getAttribute('html', 'lang'), 'nl', 'the choice stays');
    assert.match((await page.textContent('main')) ?? '', /Wat een afzender zou doen/);
    assert.match(
      (await page.textContent('.matrix')) ?? '',
      /Answer.*Connect.*HELO.*TLS.*Cert.*Secure.*From/s,
      'technical tokens stay',
    );
  });
});

test('what is to be copied is copied, and the transcript is filtered', { skip }, async () => {
  await onPage(demo, { ...DESKTOP, permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    await probe(page, 'you@wrong-name.lab.test');
    await page.click('.findings button.copy >> nth=0');
    await page.waitForSelector('text=Copied');
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), await page.textContent('#remedy-1'));
    const lines = () => page.locator('.transcript li:visible').count();
    const all = await lines();
    await page.check('.transcript input[value=sent]');
    const sent = await lines();
    assert.ok(sent > 0 && sent < all, `${sent} of ${all}`);
  });
});

test('a test made again can be compared with the one before', { skip }, async () => {
  await onPage(demo, DESKTOP, async (page) => {
    await probe(page, 'you@several.lab.test');
    const first = page.url();
    await page.click('text=Test again');
    await page.waitForURL((url) => url.href !== first);
    await page.waitForSelector('.verdict', { timeout: 30_000 });
    await page.click('text=Compare with this one');
    await page.waitForSelector('table.compare');
    assert.deepEqual(await axeFindings(page), []);
    await picture(page, 'comparison-desktop');
  });
});

for (const [look, options] of [
  ['desktop-light', { ...DESKTOP, colorScheme: 'light' }],
  ['desktop-dark', { ...DESKTOP, colorScheme: 'dark' }],
  ['phone-light', { ...PHONE, colorScheme: 'light' }],
  ['phone-dark', { ...PHONE, colorScheme: 'dark' }],
] as const) {
  test(`${look}: axe finds nothing on any page in any state, and nothing has to be scrolled sideways`, {
    skip,
  }, async () => {
    await onPage(demo, { ...options, reducedMotion: 'reduce' }, async (page) => {
      const look = async (name: string): Promise<void> => {
        await page.evaluate('for (const folded of document.querySelectorAll("details")) folded.open = true');
        assert.deepEqual(await axeFindings(page), [], name);
        const wider = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.equal(wider, 0, `${name} is ${wider} px too wide`);
        await picture(page, name);
      };
      const named = (name: string): string =>
        `${name}-${options.viewport?.width === 390 ? 'phone' : 'desktop'}-${options.colorScheme}`;
      await page.goto('/');
      await picture(page, named('form'));
      await look(named('form-open'));
      await page.fill('#target', 'not an address');
      await page.press('#target', 'Enter');
      await page.waitForSelector('[role=alert]');
      await look(named('form-fault'));
      for (const domain of [
        'best',
        'several',
        'wrong-name',
        'no-starttls',
        'null-mx',
        'dane-mismatch',
        'sts-not-covered',
      ]) {
        await probe(page, `you@${domain}.lab.test`);
        await picture(page, named(`result-${domain}`));
        await look(named(`result-open-${domain}`));
      }
      for (const [name, path] of [
        ['history-empty', '/domains/nobody.example'],
        ['explain', '/explain/certificate-name'],
        ['explain-all', '/explain'],
        ['missing', '/nothing/here'],
        ['sign-in', '/sign-in'],
      ] as const) {
        await page.goto(path);
        await look(named(name));
      }
    });
  });
}

test("signing in leads through a password of one's own to tokens, users and the record", { skip }, async () => {
  await onPage(demo, DESKTOP, async (page) => {
    await page.goto('/sign-in');
    await page.fill('[name=name]', 'admin');
    await page.fill('[name=password]', 'surely wrong');
    await page.click('main button');
    await page.waitForSelector('[role=alert]');
    assert.deepEqual(await axeFindings(page), []);
    await page.fill('[name=password]', demo.password);
    await page.click('main button');
    await page.waitForURL(/\/account$/);
    await page.fill('[name=old]', demo.password);
    await page.fill('[name=chosen]', 'a long one of my own');
    await page.click('main button');
    await page.waitForURL(/\/overview$/);
    await page.goto('/account');
    await page.waitForSelector('text=Tokens for scripts');
    await page.fill('[name=title]', 'nightly');
    await page.click('text=Create');
    assert.match((await page.textContent('#secret')) ?? '', /^tlsr_/);
    assert.deepEqual(await axeFindings(page), []);
    await picture(page, 'account-desktop');
    await page.click('text=Sign out');
    await page.waitForSelector('text=Sign in');
  });
});
