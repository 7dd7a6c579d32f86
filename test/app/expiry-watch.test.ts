/** Certificates that run out, over a clock wound by hand and a real database that is closed and opened again. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EXPIRY_DAYS, LOOK_EVERY_MS, startExpiryWatch, thresholdOf } from '../../src/app/expiry-watch.ts';
import { type ConfigurationDocument, INITIAL_DOCUMENT } from '../../src/config/document.ts';
import type { Alert } from '../../src/delivery/alerts.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { createCertificateStore } from '../../src/store/certificate-store.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { until } from '../support/installation.ts';
import { newFile } from '../support/store-world.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 28);
const END = new Date(START + 100 * DAY_MS + 3_600_000);
const pair = issueCertificate({ subject: { CN: 'mx.example.com' }, notBefore: new Date(START), notAfter: END });
const root = issueCertificate({
  subject: { CN: 'Partner Root' },
  ca: true,
  notBefore: new Date(START),
  notAfter: new Date(START + 3 * DAY_MS),
});

const withCertificate: ConfigurationDocument = {
  ...INITIAL_DOCUMENT,
  certificates: [{ name: 'mx', certificate: pair.certificate, chain: '', key: pair.keyPem }],
};
const heard = {
  from: null,
  initialIntervalSeconds: 300,
  maxIntervalSeconds: 3_600,
  recipients: [
    {
      address: 'ops@example.com',
      classes: ['certificate' as const],
      severities: ['critical' as const, 'warning' as const],
    },
  ],
};

test('it is told once at 90, 60, 30, 15, 5, 4, 3, 2, 1 days and at the end, whoever looks and however often (R104)', async (context) => {
  const open = await newFile(context);
  const clock = handWoundClock(START);
  const told: Alert[] = [];
  let document = withCertificate;
  const begin = async () =>
    startExpiryWatch({
      clock,
      log: () => {},
      document: () => document,
      notices: createCertificateStore(await open()),
      alerts: () => heard,
      raise: (alert) => void told.push(alert),
    });
  let watches = [await begin(), await begin()];
  const daysTold: number[] = [];
  for (let day = 0; day <= 110; day += 1) {
    for (const watch of watches) await watch.look();
    if (told.length > 0) daysTold.push(day);
    assert.ok(told.length <= 1, `day ${day}: ${told.length} alerts`);
    if (day === 50) {
      for (const watch of watches) watch.close();
      watches = [await begin()];
    }
    for (const alert of told.splice(0)) {
      assert.equal(alert.class, 'certificate');
      assert.match(alert.message, day >= 101 ? /has expired/ : /expires in less than/);
      assert.equal(alert.severity, day >= 96 ? 'critical' : 'warning');
      assert.doesNotMatch(alert.lines.join('\n'), /PRIVATE/);
    }
    clock.wind(LOOK_EVERY_MS);
  }
  assert.deepEqual(daysTold, [11, 41, 71, 86, 96, 97, 98, 99, 100, 101]);
  assert.equal(EXPIRY_DAYS.length, daysTold.length);
  for (const watch of watches) watch.close();

  document = {
    ...INITIAL_DOCUMENT,
    certificateAuthorities: { system: true, custom: true, list: [{ name: 'Partner', certificate: root.certificate }] },
  };
  const later = await begin();
  await later.look();
  assert.match(told[0]?.message ?? '', /authority “Partner” of the custom list has expired/);
  later.close();
});

test('it looks by itself every day, and what nobody would hear is told when somebody does (R104)', async (context) => {
  const open = await newFile(context);
  const clock = handWoundClock(END.getTime() - 20 * DAY_MS);
  const told: Alert[] = [];
  let recipients: typeof heard.recipients = [];
  const watch = startExpiryWatch({
    clock,
    log: () => {},
    document: () => withCertificate,
    notices: createCertificateStore(await open()),
    alerts: () => ({ ...heard, recipients }),
    raise: (alert) => void told.push(alert),
  });
  await watch.look();
  assert.equal(told.length, 0);
  recipients = heard.recipients;
  clock.wind(LOOK_EVERY_MS);
  // What is told is on the disk before, however long that takes here.
  await until(() => told.length > 0, 10_000);
  assert.match(told[0]?.message ?? '', /expires in less than 30 days/);
  watch.close();
});

test('a number of days is over at its end, and not before', () => {
  assert.equal(thresholdOf(90 * DAY_MS + 1), null);
  assert.equal(thresholdOf(90 * DAY_MS), 90);
  assert.equal(thresholdOf(60 * DAY_MS + 1), 90);
  assert.equal(thresholdOf(DAY_MS), 1);
  assert.equal(thresholdOf(1), 1);
  assert.equal(thresholdOf(0), 0);
  assert.equal(thresholdOf(-1), 0);
});
