/** `tlsreach monitor add|edit|delete`: changes of the configuration, pending until a commit. The document judges them. */
import { printable } from '../base/printable.ts';
import { addMonitor, deleteMonitor, editMonitor, type GivenMonitor, withKeptSecrets } from '../config/monitor-edits.ts';
import { MonitorOptionsSchema } from '../config/monitor-schema.ts';
import { type Channel, DEFAULT_TELL, type Monitor, type NoticeKind } from '../monitor/monitor.ts';
import { type ConfigInvocation, type ConfigSession, fileGiven, inConfiguration } from './config-session.ts';
import { UsageError } from './usage-error.ts';

export type MonitorOperation = 'add' | 'edit' | 'delete';

export function monitorEditCommand(operation: MonitorOperation, invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, async (session) => {
    const name = session.words[0] ?? '';
    if (operation === 'delete') return session.change(deleteMonitor(name), `Removed ${name}.`);
    const secret = await secretOf(session);
    const settings = listOf(invocation.flags['set']);
    if (operation === 'add') {
      if (session.flag('targets') === undefined) throw new UsageError('--targets is missing: what is to be tested');
      return session.change(addMonitor(fieldsOf(session, { name }, secret, settings)), `Added ${name}.`);
    }
    const edit = editMonitor(name, (before) => fieldsOf(session, before, secret, settings));
    return session.change(edit, `Changed ${name}.`);
  });
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

async function secretOf(session: ConfigSession): Promise<string | undefined> {
  const file = session.flag('webhookSecretFile');
  if (file === undefined) return undefined;
  return (await fileGiven({ ...session, words: [file] }, '--webhook-secret-file')).trim();
}

/** The monitor with what was said; what a value may be is for the document to say. */
function fieldsOf(
  session: ConfigSession,
  before: GivenMonitor,
  secret: string | undefined,
  settings: readonly string[],
): GivenMonitor {
  const text = (key: string) => session.flag(key);
  const whole = (key: string, flag: string): number | undefined => {
    const given = text(key);
    if (given === undefined) return undefined;
    if (!/^\d{1,9}$/.test(given))
      throw new UsageError(`--${flag} "${printable(given, 40)}": a whole number is expected`);
    return Number(given);
  };
  const onOff = (key: string, flag: string): boolean | undefined => {
    const given = text(key);
    return given === undefined ? undefined : switchOf(given, `--${flag}`);
  };
  const words = (key: string): readonly string[] | undefined => {
    const given = text(key);
    if (given === undefined) return undefined;
    return given === 'none' ? [] : given.split(/[\s,]+/).filter((word) => word !== '');
  };
  const stale = text('staleMinutes');
  const staleMinutes = stale === 'none' ? null : whole('staleMinutes', 'stale-minutes');
  const warnDays = words('warnDays')?.map((word) => {
    if (!/^\d{1,3}$/.test(word)) throw new UsageError(`--warn-days "${printable(word, 40)}": numbers are expected`);
    return Number(word);
  });
  const gates = {
    ...before.gates,
    ...without({ min: whole('min', 'min'), expect: words('expect') as Monitor['gates']['expect'] | undefined }),
  };
  const channels = channelsOf(before.channels ?? [], {
    mail: words('mail'),
    url: text('webhook'),
    secret,
    allowPrivate: onOff('webhookPrivate', 'webhook-private'),
    tell: words('tell') as readonly NoticeKind[] | undefined,
  });
  return {
    ...before,
    ...without({
      targets: words('targets'),
      schedule: text('schedule'),
      description: text('description'),
      confirmRuns: whole('confirmRuns', 'confirm-runs'),
      staleMinutes,
      warnDays,
      paused: onOff('paused', 'paused'),
    }),
    gates: gates as Monitor['gates'],
    channels,
    options: { ...before.options, ...optionsOf(settings) },
  };
}

/** Only what was said. */
function without<Fields extends object>(
  fields: Fields,
): { readonly [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [Key in keyof Fields]?: Exclude<Fields[Key], undefined>;
  };
}

interface GivenChannels {
  readonly mail: readonly string[] | undefined;
  readonly url: string | undefined;
  readonly secret: string | undefined;
  readonly allowPrivate: boolean | undefined;
  readonly tell: readonly NoticeKind[] | undefined;
}

/** One mail channel and one webhook are what the command line speaks of; the API and pages know more of them. */
function channelsOf(before: readonly Channel[], given: GivenChannels): readonly Channel[] {
  const mails = before.filter((channel) => channel.kind === 'mail');
  const hooks = before.filter((channel) => channel.kind === 'webhook');
  const tell = given.tell ?? before[0]?.tell ?? DEFAULT_TELL;
  const mail: readonly Channel[] =
    given.mail === undefined ? mails : given.mail.length === 0 ? [] : [{ kind: 'mail', to: given.mail, tell }];
  const hook = (): readonly unknown[] => {
    const { url, secret, allowPrivate } = given;
    if (url === undefined && secret === undefined && allowPrivate === undefined) return hooks;
    if (url === 'none') return [];
    const [old] = hooks;
    const address = url ?? old?.url;
    if (address === undefined) throw new UsageError('--webhook is missing: there is none yet');
    const next = {
      kind: 'webhook',
      url: address,
      secret: secret ?? '',
      allowPrivate: allowPrivate ?? old?.allowPrivate ?? false,
      tell,
    };
    const [kept] = withKeptSecrets([next], hooks) as readonly { readonly secret: string }[];
    if (kept?.secret === '')
      throw new UsageError('--webhook-secret-file is missing: posts to a new URL are signed, too');
    return kept === undefined ? [] : [kept];
  };
  const all = [...mail, ...(hook() as readonly Channel[])];
  return given.tell === undefined ? all : all.map((channel) => ({ ...channel, tell }));
}

function optionsOf(settings: readonly string[]): Readonly<Record<string, unknown>> {
  const known = MonitorOptionsSchema.properties as Readonly<Record<string, { readonly type?: unknown }>>;
  return Object.fromEntries(
    settings.map((setting) => {
      const [key = '', ...rest] = setting.split('=');
      const value = rest.join('=');
      const refuse = (why: string) => new UsageError(`--set "${printable(setting, 80)}": ${why}`);
      if (!Object.hasOwn(known, key)) throw refuse(`choose one of ${Object.keys(known).join(', ')}`);
      if (known[key]?.type === 'boolean') return [key, switchOf(value, `--set ${key}`)];
      if (key === 'family') return [key, value];
      if (!/^\d{1,5}$/.test(value)) throw refuse('a whole number is expected');
      return [key, Number(value)];
    }),
  );
}

function switchOf(text: string, flag: string): boolean {
  if (/^(on|yes|true)$/i.test(text)) return true;
  if (/^(off|no|false)$/i.test(text)) return false;
  throw new UsageError(`${flag} "${printable(text, 40)}": on or off is expected`);
}
