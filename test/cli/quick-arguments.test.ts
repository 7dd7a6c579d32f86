import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { World } from '../../src/app/world.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { isNegated, optionName, takesValue } from '../../src/cli/option-specs.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { quickArguments } from '../../src/cli/quick-arguments.ts';

const silent = {
  write: async () => true,
  finished: async () => null,
  isTerminal: false,
  columns: () => 80,
  rows: () => 24,
};
const world = { stdout: silent, stderr: silent } as unknown as World;
const services = {
  createApp: () => assert.fail(),
  createDeliverer: () => assert.fail(),
  openLab: () => assert.fail(),
  openConfiguration: () => assert.fail(),
  openQueue: () => assert.fail(),
  openMonitors: () => assert.fail(),
  openAccounts: () => assert.fail(),
  openInstallation: () => assert.fail(),
  openLookups: () => assert.fail(),
  routeOf: () => assert.fail(),
  openPassingPlace: () => assert.fail(),
};

/** What commander makes of the same arguments; null where it refuses them. */
function full(argv: readonly string[]): unknown {
  const program = buildProgram(world, services, () => {});
  const probe = program.commands.find((command) => command.name() === 'probe') ?? assert.fail('no probe');
  let seen: unknown = null;
  probe.action((words: string[]) => {
    const flags = Object.entries(probe.opts()).filter(([key]) => probe.getOptionValueSource(key) === 'cli');
    seen = { words, flags: Object.fromEntries(flags) };
  });
  try {
    program.parse(['probe', ...argv], { from: 'user' });
  } catch {
    return null;
  }
  return seen;
}

const spellings = COMMANDS.probe.specs.map((spec) => ({
  long: `--${isNegated(spec) ? 'no-' : ''}${optionName(spec)}`,
  value: takesValue(spec),
}));
const word = fc.constantFrom(
  'ann@example.com',
  'example.com',
  '-',
  '25',
  'json',
  '-4',
  '-6',
  '--nonsense',
  '-x',
  '--',
  '--port=3',
  '--quick=1',
  '--port',
);
const option = fc
  .constantFrom(...spellings)
  .chain(({ long, value }) => (value ? word.map((text): string[] => [long, text]) : fc.constant<string[]>([long])));

test('the quick reader and the full parser agree on whatever the quick one accepts', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          option,
          word.map((text): string[] => [text]),
        ),
        { maxLength: 6 },
      ),
      (parts) => {
        const argv = parts.flat();
        const quick = quickArguments(argv, COMMANDS.probe.specs);
        if (quick !== null) assert.deepEqual(quick, full(argv), argv.join(' '));
      },
    ),
    { numRuns: 400 },
  );
});

test('the usual command lines are read quickly, the unusual ones are left to the full parser', () => {
  const read = (...argv: readonly string[]): unknown => quickArguments(argv, COMMANDS.probe.specs);
  assert.deepEqual(read('ann@example.com', '--format', 'json', '--expect', 'no', '--expect=dane', '-4', '--no-dane'), {
    words: ['ann@example.com'],
    flags: { format: 'json', expect: ['no', 'dane'], ipv4: true, dane: false },
  });
  for (const argv of [['--help'], ['--prot', '3'], ['--port'], ['--'], ['-46'], ['--quick=yes']])
    assert.equal(read(...argv), null);
});
