/** The first page behind signing in: what waits, what is wrong, what was done, and what to do first. */
import { statusOf } from '../monitor/status.ts';
import { isDown } from '../report/host-status.ts';
import { type Desk, shownTime } from './desk.ts';

const MOST_HOSTS = 1_000;
const SHOWN = 5;

export function overviewPage(desk: Desk): void {
  const { appliance, house } = desk;
  desk.get('/overview', async (request, reply) => {
    const say = desk.say(request);
    const hosts = await appliance.queue.topHosts(MOST_HOSTS);
    const history = await appliance.configuration.history(SHOWN);
    const newest = await appliance.configuration.newest();
    const tested = await house.jobs.list({ unlisted: true, limit: SHOWN, before: null });
    const down = hosts.filter(isDown);
    const now = house.clock.now();
    const watched = (await appliance.monitors.all()).filter(({ monitor }) => !monitor.paused);
    const ill = watched.filter((each) => ['failing', 'stale'].includes(statusOf(each, now).state));
    const page = {
      waiting: hosts.reduce((sum, { active }) => sum + active, 0),
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
      isNew: newest.ok && newest.value.document.destinations.entries.length === 0,
    };
    return desk.page(request, reply, 'overview', page, { title: say('ovTitle') });
  });
}
