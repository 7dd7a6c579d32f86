/**
 * A process of its own over the same database. `accept` takes messages in, twenty at a time, and says the number of each
 * that was acknowledged, one a line, until it is ended. `claim` claims one message after another for `a.example`,
 * reports every second one delivered and says which recipients it had, until nothing is left. `deliver` does so with
 * five workers, says what it has claimed, and what is delivered once the report was acknowledged.
 *
 *   node queue-process.ts accept|claim|deliver PATH-OR-URL NAME
 */
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { claimOf, messageTo, reportsOf, START } from './store-world.ts';

const [what, where = '', name = ''] = process.argv.slice(2);
const place = where.startsWith('postgres')
  ? ({ kind: 'postgres', url: where } as const)
  : ({ kind: 'file', path: where } as const);
const store = createQueueStore(await openDatabase(place, { clock: systemClock }));

if (what === 'accept') {
  const submitter = async (submitter: number): Promise<void> => {
    for (let count = 0; ; count++) {
      const id = `${name}-${submitter}-${count}`;
      const bytes = Buffer.from(`Subject: ${id}\r\n\r\n`.padEnd(20_000, 'x'));
      const { mid } = await store.accept(
        messageTo([`x@${name}.example`, 'y@b.example'], { subject: id, bytes }),
        START,
      );
      process.stdout.write(`${mid} ${id}\n`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, number) => submitter(number)));
} else if (what === 'deliver') {
  const worker = async (): Promise<void> => {
    for (;;) {
      const [claimed] = await store.claim(claimOf('a.example', { owner: name, most: 1 }));
      if (claimed === undefined) return;
      for (const { rid } of claimed.recipients) process.stdout.write(`claimed ${claimed.mid} ${rid}\n`);
      await store.report(reportsOf(claimed, { kind: 'delivered' }), START);
      for (const { rid } of claimed.recipients) process.stdout.write(`delivered ${claimed.mid} ${rid}\n`);
    }
  };
  await Promise.all([1, 2, 3, 4, 5].map(worker));
  await store.close();
} else {
  for (let count = 0; ; count++) {
    const [claimed] = await store.claim(claimOf('a.example', { owner: name, most: 1 }));
    if (claimed === undefined) break;
    for (const { rid } of claimed.recipients) process.stdout.write(`${claimed.mid} ${rid}\n`);
    if (count % 2 === 0) await store.report(reportsOf(claimed, { kind: 'delivered' }), START);
  }
  await store.close();
}
