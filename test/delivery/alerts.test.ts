import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  type Alert,
  AlertThrottle,
  alertRecipients,
  alertSubject,
  DEFAULT_ALERT_SETTINGS,
  MAX_ALERT_KEYS,
  requiredTlsAlert,
} from '../../src/delivery/alerts.ts';

const ALERT = requiredTlsAlert({
  kind: 'tls-alert',
  at: 0,
  dcid: 7,
  destination: 'example.com',
  mode: 'required',
  host: 'mx.example.com',
  address: '192.0.2.1',
  event: 'E3',
  detail: 'STARTTLS: the server said 454 TLS not available\r\nBcc: x',
});
const MINUTE = 60_000;

function at(ms: number, key = ALERT.key): Alert {
  return { ...ALERT, at: ms, key };
}

test('the alert of a failed required TLS is a System warning that names the domain and what happened (R122, R124)', () => {
  assert.equal(
    alertSubject(ALERT, 'mail.example.org'),
    'Warning-mail.example.org: (System) TLS required delivery to example.com failed',
  );
  const text = ALERT.lines.join('\n');
  for (const fact of [
    'example.com',
    'required',
    'mx.example.com',
    '192.0.2.1',
    'E3',
    '454',
    'DCID:     7',
    '1970-01-01',
  ]) {
    assert.ok(text.includes(fact), fact);
  }
  for (const line of ALERT.lines) assert.doesNotMatch(line, /[\r\n]/);
});

test('alerts go to those who asked for their class and severity', () => {
  const settings = {
    ...DEFAULT_ALERT_SETTINGS,
    recipients: [
      { address: 'all@example.org', classes: ['system', 'delivery'], severities: ['critical', 'warning'] },
      { address: 'critical@example.org', classes: ['system'], severities: ['critical'] },
      { address: 'monitor@example.org', classes: ['monitor'], severities: ['warning'] },
    ],
  } as const;
  assert.deepEqual(alertRecipients(ALERT, settings), ['all@example.org']);
});

test('the first goes at once, then one per interval of 5, 10, 20, 40, 60, 60 minutes with the count of the others (R123)', () => {
  const throttle = new AlertThrottle();
  const sent: [number, number][] = [];
  for (let now = 0; now <= 5 * 60 * MINUTE; now += MINUTE) {
    for (const { suppressed } of throttle.due(now, DEFAULT_ALERT_SETTINGS)) sent.push([now / MINUTE, suppressed]);
    const admitted = throttle.admit(at(now), DEFAULT_ALERT_SETTINGS);
    if (admitted !== null) sent.push([now / MINUTE, admitted.suppressed]);
  }
  assert.deepEqual(
    sent.map(([minute]) => minute),
    [0, 5, 15, 35, 75, 135, 195, 255],
  );
  const told = sent.length + sent.reduce((sum, [, suppressed]) => sum + suppressed, 0);
  const left = throttle.due(Infinity, DEFAULT_ALERT_SETTINGS);
  assert.equal(told + left.length + (left[0]?.suppressed ?? 0), 301, 'each alert is sent or counted');
});

test('after two quiet intervals it begins anew (R123)', () => {
  const throttle = new AlertThrottle();
  assert.ok(throttle.admit(at(0), DEFAULT_ALERT_SETTINGS));
  assert.equal(throttle.nextDueAt(), 10 * MINUTE);
  assert.deepEqual(throttle.due(10 * MINUTE, DEFAULT_ALERT_SETTINGS), []);
  assert.equal(throttle.nextDueAt(), null);
  assert.ok(throttle.admit(at(11 * MINUTE), DEFAULT_ALERT_SETTINGS));
  assert.equal(throttle.admit(at(15 * MINUTE), DEFAULT_ALERT_SETTINGS), null);
  assert.equal(throttle.nextDueAt(), 16 * MINUTE, 'the interval is the first one again');
});

test('whatever happens when, of one domain and event no two go out within the shortest interval, and none is lost (R123)', () => {
  const steps = fc.array(
    fc.record({ after: fc.integer({ min: 0, max: 20 * MINUTE }), key: fc.constantFrom('a E2', 'a E3', 'b E2') }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const throttle = new AlertThrottle();
      const last = new Map<string, number>();
      let now = 0;
      let told = 0;
      const go = ({ alert, suppressed }: { alert: Alert; suppressed: number }): void => {
        assert.ok(now - (last.get(alert.key) ?? -Infinity) >= 5 * MINUTE);
        last.set(alert.key, now);
        told += 1 + suppressed;
      };
      for (const { after, key } of list) {
        now += after;
        for (const admitted of throttle.due(now, DEFAULT_ALERT_SETTINGS)) go(admitted);
        const admitted = throttle.admit(at(now, key), DEFAULT_ALERT_SETTINGS);
        if (admitted !== null) go(admitted);
      }
      now += 24 * 60 * MINUTE;
      for (const admitted of throttle.due(now, DEFAULT_ALERT_SETTINGS)) go(admitted);
      assert.equal(told, list.length);
    }),
  );
});

test('more matters than can be kept apart share one interval', () => {
  const throttle = new AlertThrottle();
  for (let number = 0; number < MAX_ALERT_KEYS; number++) {
    assert.ok(throttle.admit(at(0, `k${number}`), DEFAULT_ALERT_SETTINGS));
  }
  assert.ok(throttle.admit(at(0, 'one more'), DEFAULT_ALERT_SETTINGS));
  assert.equal(throttle.admit(at(0, 'and another'), DEFAULT_ALERT_SETTINGS), null);
});
