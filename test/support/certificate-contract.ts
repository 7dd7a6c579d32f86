/** What holds of what an installation keeps of certificates, whatever is below it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { demoCertificate } from '../../src/app/demo-certificate.ts';
import { createCertificateStore } from '../../src/store/certificate-store.ts';
import { type NewDatabase, START } from './store-world.ts';

const YEAR_MS = 365 * 86_400_000;

export function certificateContract(name: string, newDatabase: NewDatabase): void {
  test(`${name}: of several processes that begin at one moment all have the same Demo, now and later (R105)`, async (context) => {
    const open = await newDatabase(context);
    const stores = await Promise.all(Array.from({ length: 3 }, async () => createCertificateStore(await open())));
    assert.equal(await stores[0]?.demo(), null);
    const pairs = await Promise.all(stores.map((store) => demoCertificate(store, START)));
    assert.equal(new Set(pairs.map(({ certificate, key }) => certificate + key)).size, 1);
    const again = await demoCertificate(createCertificateStore(await open()), START + YEAR_MS);
    assert.deepEqual(again, pairs[0]);
    const late = await Promise.all(stores.map((store) => demoCertificate(store, START + 10 * YEAR_MS)));
    assert.equal(new Set(late.map(({ certificate }) => certificate)).size, 1);
    assert.notEqual(late[0]?.certificate, pairs[0]?.certificate, 'one that runs out is made anew');
  });

  test(`${name}: a notice is given once, and after it was forgotten once more (R104)`, async (context) => {
    const open = await newDatabase(context);
    const [one, other] = [createCertificateStore(await open()), createCertificateStore(await open())];
    const first = await Promise.all([one, other, one].map((store) => store.firstNotice('ab', 90, START)));
    assert.deepEqual(first.toSorted(), [false, false, true]);
    assert.equal(await one.firstNotice('ab', 60, START + 1), true);
    assert.equal(await one.firstNotice('cd', 90, START + 1), true);
    await other.forgetNotices(START + 1);
    assert.equal(await one.firstNotice('ab', 90, START + 2), true);
    assert.equal(await one.firstNotice('ab', 60, START + 2), false);
  });
}
