/** One destination: what holds for it and where that is said, and what another TLS mode would do to its mail. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseDomain, showDomain } from '../base/domain.ts';
import type { Snapshot } from '../config/configuration.ts';
import { parseDestinationName } from '../config/destination-name.ts';
import { controlsFor, type DestinationControls, type DestinationEntry, entryFor } from '../policy/destination.ts';
import { showTlsMode, TLS_MODES, type TlsMode } from '../policy/mode.ts';
import { EVERYTHING } from '../report/log-search.ts';
import { simulateSwitch } from '../report/switch-simulation.ts';
import { type Desk, queryOf, shownTime } from './desk.ts';
import { FIELD_WORDS, MODE_WORDS, showControl, shownName, showRecipients } from './destination-form.ts';
import { outlookOf } from './destination-outlook.ts';
import type { Say } from './languages.ts';
import { configurationProblem } from './operator.ts';
import { problemOf } from './problem.ts';

/** Sessions of the log that a simulation looks at. */
const MAX_SESSIONS = 1_000;

export function destinationPages(desk: Desk): void {
  const { appliance, house } = desk;

  const newest = async (request: FastifyRequest, reply: FastifyReply): Promise<Snapshot | null> => {
    const read = await appliance.configuration.newest();
    if (read.ok) return read.value;
    await desk.problem(request, reply, configurationProblem(read.failure));
    return null;
  };

  const noDomain = (request: FastifyRequest, reply: FastifyReply) =>
    desk.problem(request, reply, problemOf('bad-request', 'This is no domain.'));

  desk.get('/destinations/show', async (request, reply) => {
    const snapshot = await newest(request, reply);
    if (snapshot === null) return reply;
    const say = desk.say(request);
    const name = parseDestinationName(queryOf(request)['domain'] ?? '');
    if (!name.ok) return noDomain(request, reply);
    const { entries, default: preset } = snapshot.document.destinations;
    const own = entries.find(({ domain }) => domain === name.value) ?? null;
    const entry = own ?? entryFor(entries, name.value);
    const domain = parseDomain(name.value);
    const outlook = domain.ok ? await outlookOf(house.jobs, domain.value, say) : null;
    const mode = (entry === null || entry.tls === 'default' ? preset.tls : entry.tls) as TlsMode;
    const page = {
      domain: name.value,
      shown: shownName(name.value),
      hasOwn: own !== null,
      entry: own === null && entry !== null ? { domain: entry.domain, shown: shownName(entry.domain) } : null,
      rows: rowsOf(entry, preset, say),
      testable: domain.ok ? domain.value : null,
      mode: showTlsMode(mode),
      words: say(MODE_WORDS[mode]),
      outlook:
        outlook === null
          ? null
          : {
              id: outlook.id,
              time: `${shownTime(outlook.testedAt).slice(0, 16)} UTC`,
              would: outlook.outcomes[mode] ?? '–',
            },
    };
    return desk.page(request, reply, 'destination', page, { title: page.shown });
  });

  desk.get('/destinations/simulate', async (request, reply) => {
    const snapshot = await newest(request, reply);
    if (snapshot === null) return reply;
    const say = desk.say(request);
    const parsed = parseDomain(queryOf(request)['domain'] ?? '');
    if (!parsed.ok) return noDomain(request, reply);
    const domain = parsed.value;
    const outlook = await outlookOf(house.jobs, domain, say);
    const answer = await appliance.logs.search({ ...EVERYTHING, destination: domain }, MAX_SESSIONS);
    const sessions = (answer?.events ?? []).filter(
      ({ kind, fields }) => kind === 'session-judged' && fields['destination'] === domain,
    );
    const inForce = controlsFor(snapshot.document.destinations, domain).tls;
    const now = simulateSwitch(sessions, inForce);
    const modes = TLS_MODES.map((mode: TlsMode) => {
      const counts = simulateSwitch(sessions, mode);
      const test = outlook?.outcomes[mode] ?? '–';
      return {
        value: mode,
        name: showTlsMode(mode),
        words: say(MODE_WORDS[mode]),
        test,
        sameTest: outlook !== null && test === outlook.outcomes[inForce],
        log: sessions.length === 0 ? '–' : say('smLogCounts', { ...counts }),
        change: sessions.length === 0 ? null : changeOf(counts.go - now.go, say),
        inForce: mode === inForce,
        proposed: outlook?.proposed === mode,
      };
    });
    const page = {
      domain,
      shownDomain: showDomain(domain),
      modes,
      sessions: sessions.length,
      outlook: outlook === null ? null : { ...outlook, time: `${shownTime(outlook.testedAt).slice(0, 16)} UTC` },
    };
    return desk.page(request, reply, 'simulate', page, { title: say('smTitle', { domain: showDomain(domain) }) });
  });
}

/** Against the mode in force: how many more sessions, or fewer, would have carried mail. */
function changeOf(more: number, say: Say): { readonly tone: string; readonly words: string } {
  if (more === 0) return { tone: 'same', words: say('smSame') };
  return more > 0
    ? { tone: 'good', words: say('smMore', { count: more }) }
    : { tone: 'bad', words: say('smFewer', { count: -more }) };
}

/** Every field in the order of the form: its value, and which entry says it. */
function rowsOf(entry: DestinationEntry | null, preset: DestinationControls, say: Say) {
  return FIELD_WORDS.map(([field, label]) => {
    const said = entry === null ? 'default' : entry[field];
    const inherited = said === 'default';
    const value = inherited ? preset[field] : said;
    const minutes =
      entry === null || entry.recipientMinutes === 'default' ? preset.recipientMinutes : entry.recipientMinutes;
    return {
      label: say(label),
      text: field === 'recipientLimit' ? showRecipients(value, minutes, say) : showControl(field, value, say),
      inherited,
      from: inherited || entry === null ? say('dsDefaultEntry') : shownName(entry.domain),
    };
  });
}
