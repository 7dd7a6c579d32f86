/** The built-in test bed as the commands use it: what a run must be told to see it, and a guide for people. */
import type { World } from '../app/world.ts';
import { LAB_ZONE } from '../lab/catalogue.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import { hanging, padEnd } from '../report/layout.ts';
import type { LabWishes, OpenLab } from './services.ts';

export async function openLab(
  { clock, stdout }: Pick<World, 'clock' | 'stdout'>,
  { domains, dnsPort, smtpPort }: LabWishes,
): Promise<OpenLab> {
  const only = domains?.map((domain) => domain.slice(0, -LAB_ZONE.length - 1));
  const lab = await startLab({ clock, only, dnsPort, smtpPort });
  return {
    settings: {
      resolvers: [lab.resolver],
      port: lab.port,
      httpsPort: lab.httpsPort,
      caFile: { name: 'the root of the lab', pem: lab.rootPem },
      systemCa: false,
      privateAddresses: 'allowed',
      redirect: lab.redirect,
    },
    rootPem: lab.rootPem,
    examples: examplesOf(lab),
    guide: (rootFile) => guideOf(lab, rootFile, Math.max(72, stdout.columns())),
    close: () => lab.stop(),
  };
}

function guideOf(lab: Lab, rootFile: string | null, columns: number): readonly string[] {
  const address = (label: string): string => `you@${label}.${LAB_ZONE}`;
  const width = Math.max(...lab.domains.map(({ label }) => address(label).length)) + 2;
  const root = rootFile === null ? [] : ['--ca-file', rootFile, '--no-system-ca'];
  const options = [
    '--resolver',
    `'${lab.resolver}'`,
    '--port',
    String(lab.port),
    '--https-port',
    String(lab.httpsPort),
    ...root,
  ].join(' ');
  return [
    'The lab is open: a name server and mail servers on this machine, one domain',
    'per fault.',
    '',
    ...lab.domains.flatMap(({ label, shows }) => hanging(`  ${padEnd(address(label), width)}`, shows, columns)),
    '',
    'In another terminal:',
    `  tlsreach probe ${address('good')} ${options}`,
    ...(rootFile === null
      ? ['  (--root-file FILE writes the root certificate of the lab, to be given as --ca-file)']
      : []),
    '',
    'Without another terminal, the lab being opened for one run:',
    `  tlsreach probe --lab ${address('good')}`,
    '',
    'Ctrl-C closes the lab.',
  ];
}

/** Those that tell most at a glance come first. */
const FIRST = ['good', 'best', 'wrong-name', 'expired', 'no-starttls', 'breaks', 'several', 'dane', 'sts'];

function examplesOf({ domains }: Lab): readonly { readonly target: string; readonly shows: string }[] {
  const rank = (label: string): number => (FIRST.includes(label) ? FIRST.indexOf(label) : FIRST.length);
  return [...domains]
    .sort((one, other) => rank(one.label) - rank(other.label))
    .map(({ label, shows }) => ({ target: `you@${label}.${LAB_ZONE}`, shows }));
}
