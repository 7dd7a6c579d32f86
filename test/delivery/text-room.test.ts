/** Texts in memory are bounded, whatever their number and size. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { CROWDED_OCTETS, TextRoom } from '../../src/delivery/text-room.ts';

/** Lets workers in as long as there is room, each with a claim of so many octets; answers how many are in, and their octets. */
function fill(room: TextRoom, octets: number, workers: number): number {
  let carried = 0;
  for (;;) {
    const seats = [];
    while (room.fits && seats.length + carried < workers) seats.push(room.enter());
    if (seats.length === 0) return carried;
    for (const seat of seats) seat.carry(octets);
    carried += seats.length;
  }
}

test('of small messages all workers may have some, of large ones a few', () => {
  assert.equal(fill(new TextRoom(), 10_000, 500), 500);
  const large = 24 * 1024 * 1024;
  const few = fill(new TextRoom(), large, 500);
  assert.ok(few >= 8 && few * large <= CROWDED_OCTETS, `${few} of them`);
});

test('before anything is known, a few begin; large claims are forgotten step by step', () => {
  const room = new TextRoom();
  let begun = 0;
  while (room.fits) {
    room.enter();
    begun += 1;
  }
  assert.equal(begun, 8);
});

test('room is given back once by a claim and once by a worker', () => {
  const room = new TextRoom();
  const seat = room.enter();
  const letGo = seat.carry(CROWDED_OCTETS);
  assert.deepEqual([room.fits, room.roomy, room.crowded], [false, false, true]);
  letGo();
  seat.leave();
  seat.leave();
  assert.deepEqual([room.roomy, room.crowded], [true, false]);
  assert.equal(room.fits, true, 'one that is as large as the last one fits');
});
