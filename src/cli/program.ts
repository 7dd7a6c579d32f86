/** The commands and their options as commander knows them: help, suggestions, and every unusual way to write an option. */
import { Command, CommanderError, Help } from 'commander';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { VERSION } from '../base/version.ts';
import { ACCOUNT_COMMANDS } from './account-commands.ts';
import { closest } from './closest.ts';
import { COMMANDS, type CommandEntry, KNOWN_OPTIONS } from './commands.ts';
import { CONFIG_COMMANDS, type ConfigCommand, specsOf } from './config-commands.ts';
import { MONITOR_COMMANDS } from './monitor-commands.ts';
import type { OptionSpec } from './option-specs.ts';
import { QUEUE_COMMANDS } from './queue-commands.ts';
import type { Services } from './services.ts';
import { UsageError } from './usage-error.ts';

const EXIT_CODES = `
Exit codes of probe: 0 all gates met, 1 a gate is not met, 2 usage, 3 could not
be tested, 4 internal error.
Every option has an environment variable (--ca-file: TLSREACH_CA_FILE) and a
key in the --config file (caFile).`;

const EXAMPLES = `
Examples:
  tlsreach probe --lab you@good.lab.test      try it without a network
  tlsreach serve --demo                       the same in a browser
  tlsreach probe you@example.com              who gets your mail, and how
  tlsreach probe example.com --format detail  all that was seen
  tlsreach probe --input list.txt --format csv --output scores.csv
  tlsreach chain fullchain.pem --name mx.example.com
  tlsreach probe example.com --capture today.json
  tlsreach replay today.json --at 2027-06-01
  tlsreach daneverify example.com             as a sender that insists on DANE
  tlsreach deliver --from you@example.net --to ann@example.com message.eml
  tlsreach explain certificate-name
${EXIT_CODES}`;

const PROBE_EXAMPLES = `
Examples:
  tlsreach probe you@example.com              every host, up to RCPT
  tlsreach probe example.com --quick          the host most mail would go to
  tlsreach probe example.com --min 100 --expect required-verify
                                              exit 1 where it is not so
  tlsreach probe you@example.com[192.0.2.1:2525]
                                              this server and no other
  tlsreach probe --input list.txt --format ndjson --concurrency 50
  tlsreach probe --lab you@wrong-name.lab.test
${EXIT_CODES}`;

const LOG_EXAMPLES = `
Examples:
  tlsreach log --mid 5                        the whole story of one message
  tlsreach log --recipient bob@example.com --since 2h
  tlsreach log --destination example.com --tls failed
  tlsreach log --follow --format json         everything from now on
Exit codes: 0 something was found, 1 nothing, 2 usage.`;

const DELIVER_EXAMPLES = `
Examples:
  tlsreach deliver --from you@example.net --to ann@example.com message.eml
  tlsreach deliver --from you@example.net --to ann@example.com \\
    --tls required-verify --json < message.eml
  tlsreach deliver --lab --from you@example.net --to you@good.lab.test message.eml

Exit codes: 0 every recipient delivered, 1 some deferred or failed, 2 usage,
3 no connection was attempted, 4 internal error.`;

/** The exit code of the command that ran, 0 after help or version; null when commander has refused the arguments. */
export async function runProgram(world: World, services: Services): Promise<number | null> {
  let code = 0;
  const program = buildProgram(world, services, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(world.argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : null;
  }
}

/** Commander's tree, with `settle` told the exit code of the command that ran. Completion reads it, too. */
export function buildProgram(world: World, services: Services, settle: (code: number) => void): Command {
  const program = newProgram(world);
  const command = (
    name: string,
    description: string,
    specs: readonly OptionSpec[] = [],
    parent: Command = program,
  ): Command => {
    const added = parent.command(name).description(description).helpOption('-h, --help', 'this help');
    for (const { flags, help, list } of specs) {
      if (list === true) added.option(flags, help, (value: string, all: readonly string[] = []) => [...all, value]);
      else added.option(flags, help);
    }
    return added;
  };
  const start = async (entry: CommandEntry, from: Command, words: readonly string[]): Promise<void> => {
    settle(await entry.run({ words, flags: flagsOf(from), world, services }));
  };

  const probe = command('probe', 'test every mail host of a recipient', COMMANDS.probe.specs)
    .argument('[target...]', 'user@domain, domain, user@domain[host:port] or [ip]:port')
    .addHelpText('after', PROBE_EXAMPLES)
    .action((targets: string[]) => start(COMMANDS.probe, probe, targets));
  const replay = command('replay', 'judge a capture of probe again, offline', COMMANDS.replay.specs)
    .argument('<file>', 'what --capture wrote, - for standard input')
    .action((file: string) => start(COMMANDS.replay, replay, [file]));
  const chain = command('chain', 'judge a chain of PEM certificates offline, leaf first', COMMANDS.chain.specs)
    .argument('<file>', 'PEM file, - for standard input; with --format ndjson one JSON case a line')
    .action((file: string) => start(COMMANDS.chain, chain, [file]));
  const verify = command('tlsverify', 'verify one connection step by step', COMMANDS.tlsverify.specs).action(() =>
    start(COMMANDS.tlsverify, verify, []),
  );
  const dane = command('daneverify', 'verify DANE of every mail host step by step', COMMANDS.daneverify.specs)
    .argument('<domain>', 'the domain whose mail hosts are verified')
    .action((domain: string) => start(COMMANDS.daneverify, dane, [domain]));
  const deliver = command('deliver', 'deliver a message now, without queue', COMMANDS.deliver.specs)
    .argument('[file]', 'the message; - and nothing is standard input')
    .addHelpText('after', DELIVER_EXAMPLES)
    .action((file: string | undefined) => start(COMMANDS.deliver, deliver, file === undefined ? [] : [file]));
  command('explain', 'say in plain words what a finding, mode, stage or verdict means')
    .argument('[code]', 'without it: the list of all')
    .action(async (code: string | undefined) => {
      const { explainCommand } = await import('./explain-command.ts');
      settle(await explainCommand(code, world));
    });
  const log = command(
    'log',
    'find in the mail log: the story of a message, of a connection, of a domain',
    COMMANDS.log.specs,
  )
    .addHelpText('after', LOG_EXAMPLES)
    .action(() => start(COMMANDS.log, log, []));
  const tlsrpt = command('tlsrpt', 'read a TLS report that somebody sent (RFC 8460)', COMMANDS.tlsrpt.specs)
    .argument('<action>', 'show')
    .argument('<file>', 'a message, JSON, or gzipped JSON')
    .action((action: string, file: string) => start(COMMANDS.tlsrpt, tlsrpt, [action, file]));
  const lab = command('lab', 'an offline test bed: one domain per well-known fault', COMMANDS.lab.specs).action(() =>
    start(COMMANDS.lab, lab, []),
  );
  const serve = command(
    'serve',
    'the installation at work: the web, mail that comes in, the delivery of the queue, monitors',
    COMMANDS.serve.specs,
  ).action(() => start(COMMANDS.serve, serve, []));
  const configuring = (entry: ConfigCommand, above: readonly Command[] = []): void => {
    const added = command(entry.name, entry.description, specsOf(entry), above.at(-1));
    const lineage = [...above, added];
    for (const [syntax, help] of entry.words) added.argument(syntax, help);
    const names = entry.operations.map(({ name }) => name);
    // What has options of its own without an operation lists; a dialogue has none.
    const bare = entry.specs.length > 0 ? 'without it: list' : 'without it: the dialogue';
    if (names.length > 0) added.usage('[options] [operation]').argument('[operation]', bare);
    added.action(async () => {
      const words = added.processedArgs.flat().filter((word): word is string => typeof word === 'string');
      if (names.length > 0 && words[0] !== undefined) throw unknownOperation(entry.name, words[0], names);
      const flags = Object.assign({}, ...lineage.map(flagsOf)) as Readonly<Record<string, unknown>>;
      settle(await entry.run({ words, flags, known: KNOWN_OPTIONS, world, services }));
    });
    for (const operation of entry.operations) configuring(operation, lineage);
  };
  for (const entry of [...QUEUE_COMMANDS, ...MONITOR_COMMANDS, ...CONFIG_COMMANDS, ...ACCOUNT_COMMANDS])
    configuring(entry);
  command('completion', 'print a completion script for a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      await world.stdout.write(completionScript(shell, program));
      settle(0);
    });
  return program;
}

function newProgram({ stdout, stderr }: World): Command {
  return new Command('tlsreach')
    .description('If we send mail to this recipient, does it travel encrypted, to whom, and how sure are we?')
    .version(VERSION, '-V, --version', 'the version')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'help for a command')
    .addHelpText('after', EXAMPLES)
    .configureHelp({ subcommandTerm })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) =>
        write(
          `${printable(
            text
              .trimEnd()
              .replace(/^error: /, 'tlsreach: ')
              .replace(/unknown command '(\w+)'(\n.*)?$/, (slip, name: string) => ELSEWHERE.get(name) ?? slip)
              .replace(/\n\(Did/, ' (Did'),
          )}\n`,
        ),
      getOutHelpWidth: () => stdout.columns(),
      getErrHelpWidth: () => stderr.columns(),
    });
}

/** Commands of the appliance whose work is done in another place here, which people look for by their names. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  [
    'userconfig',
    'there is no userconfig: users and tokens are kept with tlsreach user and tlsreach token, or on the pages of tlsreach serve',
  ],
]);

/** What stands in the list of commands: narrow enough that the text beside it has room at 80 columns. */
function subcommandTerm(command: Command): string {
  return command.commands.length > 0
    ? `${command.name()} [operation]`
    : Help.prototype.subcommandTerm.call(new Help(), command);
}

function unknownOperation(command: string, word: string, names: readonly string[]): UsageError {
  const near = closest(word, names);
  const help = near === null ? `choose one of ${names.join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`${command} has no operation "${printable(word, 80)}"; ${help}`);
}

/** Only what stood on the command line; commander's own defaults say nothing. */
function flagsOf(command: Command): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) === 'cli'),
  );
}
