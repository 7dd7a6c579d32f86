/** The first page behind signing in: what waits, what is wrong, what was done, and what to do first. */
import type { Snapshot } from '../config/configuration.ts';
import { statusOf } from '../monitor/status.ts';
import { isDown } from '../report/host-status.ts';
import { type Desk, shownTime } from './desk.ts';
import type { MessageKey } from './languages.ts';
import { mayChange } from './operator.ts';

const MOST_HOSTS = 1_000;
const SHOWN = 5;

interface Step {
  readonly key: MessageKey;
  readonly href: string;
  readonly done: boolean;
}

export function overviewPage(desk: Desk): void {
  const { appliance, house } = desk;

  /** The first steps of a new installation, as far as they are gone; empty where nothing is left of them. */
  const stepsOf = async (newest: Snapshot | null, tested: boolean): Promise<readonly Step[]> => {
    if (newest === null) return [];
    const { document, revision, isPending } = newest;
    const [sent] = await appliance.queue.list({ limit: 1 });
    const steps: readonly Step[] = [
      // Nobody gets here with a password that was given.
      { key: 'ovFirstPassword', href: '/account', done: true },
      { key: 'ovFirstTest', href: '/', done: tested },
      { key: 'ovFirstDestination', href: '/destinations/new', done: document.destinations.entries.length > 0 },
      { key: 'ovFirstCommit', href: isPending ? '/changes' : '/changes/history', done: revision > 0 },
      { key: 'ovFirstSend', href: '/queue/new', done: sent !== undefined },
    ];
    return steps.every(({ done }) => done) ? [] : steps;
  };

  desk.get('/overview', async (request, reply) => {
    const say = desk.say(request);
    const hosts = await appliance.queue.topHosts(MOST_HOSTS);
    const history = await appliance.configuration.history(SHOWN);
    const newest = await appliance.configuration.newest();
    const tested = await house.jobs.list({ unlisted: true, limit: SHOWN, before: null });
    const held = await appliance.queue.list({ states: ['held'], limit: 1 });
    const down = hosts.filter(isDown);
    const steps = mayChange(request) ? await stepsOf(newest.ok ? newest.value : null, tested.length > 0) : [];
    const now = house.clock.now();
    const watched = (await appliance.monitors.all()).filter(({ monitor }) => !monitor.paused);
    const ill = watched.filter((each) => ['failing', 'stale'].includes(statusOf(each, now).state));
    const page = {
      waiting: hosts.reduce((sum, { active }) => sum + active, 0),
      isHolding: held.length > 0,
      down: down.length,
      watched: watched.length,
      ill: ill.length,
      downHosts: down.slice(0, SHOWN).map(({ destination, lastFailure }) => ({ destination, why: lastFailure ?? '' })),
      revision: history[0]?.revision ?? 0,
      revisions: history.map((each) => ({ ...each, time: `${shownTime(each.at).slice(0, 16)} UTC` })),
      tested: tested.map(({ id, target, result }) => ({
        id,
        target,
        value: result?.confidence.value ?? null,
        secure: result?.confidence.secure ?? false,
      })),
      steps,
      stepsDone: steps.filter(({ done }) => done).length,
      next: steps.findIndex(({ done }) => !done),
    };
    return desk.page(request, reply, 'overview', page, { title: say('ovTitle') });
  });
}
