import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitingLine } from '../../src/cli/waiting-line.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';

function stage(columns = 80) {
  const clock = handWoundClock();
  const written: string[] = [];
  const line = waitingLine(
    {
      write: async (text) => {
        written.push(text);
        return true;
      },
      finished: async () => null,
      isTerminal: true,
      columns: () => columns,
      rows: () => 24,
    },
    clock,
    'ann@example.com',
  );
  return { clock, line, written };
}

describe('a person who waits', () => {
  it('for less than a moment sees nothing', () => {
    const { clock, line, written } = stage();
    clock.wind(900);
    line.clear();
    clock.wind(5000);
    assert.deepEqual(written, []);
  });

  it('longer is told every second what for, on one line that goes away', () => {
    const { clock, line, written } = stage();
    clock.wind(1000);
    line.onEvent({ kind: 'route', hosts: [{ exchange: 'mx.example.com', preference: 10, addresses: [] }] });
    clock.wind(1000);
    line.clear();
    clock.wind(5000);
    assert.deepEqual(written, [
      '\r\x1b[Ktlsreach: testing ann@example.com: looking up its mail hosts, 1 s',
      '\r\x1b[Ktlsreach: testing ann@example.com: connecting to mx.example.com, 2 s',
      '\r\x1b[K',
    ]);
  });

  it('never gets more than a line of it, nor what a host would like to do to the terminal (R54)', () => {
    const { clock, line, written } = stage(60);
    const exchange = `\x1b[2J${'x'.repeat(300)}`;
    line.onEvent({ kind: 'route', hosts: [{ exchange, preference: 10, addresses: [] }] });
    clock.wind(1000);
    assert.equal(written[0]?.length, '\r\x1b[K'.length + 59);
    assert.ok(written[0]?.includes('connecting to \\x1b[2Jxxx'));
  });
});
