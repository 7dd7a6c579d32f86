/**
 * What the command line uses of the rest of the house, as one record: the real ones are loaded when a command asks for
 * them, and a test may hand over others.
 */
import type { OpenAccounts } from '../app/account-desk.ts';
import type { DataPlace, OpenConfiguration, PassingPlace } from '../app/configuration.ts';
import type { Deliverer } from '../app/deliver.ts';
import type { Installation, InstallationWishes } from '../app/installation.ts';
import type { OpenMonitors } from '../app/monitor-desk.ts';
import type { OwnedLookups } from '../app/open-lookups.ts';
import type { OpenQueue } from '../app/queue.ts';
import type { AppSettings } from '../app/settings.ts';
import type { DestinationControls } from '../policy/destination.ts';
import type { ProbeHooks, ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { RouteSummary } from '../report/host-status.ts';

export interface ProbeApp {
  probe(request: ProbeRequest, hooks?: ProbeHooks): Promise<ProbeResult>;
  close(): Promise<void>;
}

/** What a command wants of the test bed. */
export interface LabWishes {
  /** Mail servers for these domains alone; all where left out. */
  readonly domains?: readonly string[] | undefined;
  readonly dnsPort?: number | undefined;
  readonly smtpPort?: number | undefined;
}

/** The built-in test bed while it runs: what a probe must be told to see it. */
export interface OpenLab {
  readonly settings: Partial<AppSettings>;
  /** The root certificate of the lab. */
  readonly rootPem: string;
  /** What to try, and what it shows. */
  readonly examples?: readonly { readonly target: string; readonly shows: string }[];
  /** Lines for people: the domains and the commands to try. */
  guide(rootFile: string | null): readonly string[];
  close(): Promise<void>;
}

export interface Services {
  createApp(settings: AppSettings): Promise<ProbeApp>;
  createDeliverer(settings: AppSettings): Promise<Deliverer>;
  /** The destination controls of the configuration of an installation; left out or null: there is none. */
  readonly configuredControls?:
    | ((place: DataPlace) => Promise<((destination: string) => DestinationControls) | null>)
    | undefined;
  openLab(wishes: LabWishes): Promise<OpenLab>;
  openConfiguration(place: DataPlace): Promise<OpenConfiguration>;
  /** Rejects with `StoreTrouble`. */
  openQueue(place: DataPlace): Promise<OpenQueue>;
  /** Rejects with `StoreTrouble`. */
  openMonitors(place: DataPlace): Promise<OpenMonitors>;
  /** Rejects with `StoreTrouble`. */
  openAccounts(place: DataPlace): Promise<OpenAccounts>;
  /** Rejects with `StoreTrouble`. */
  openInstallation(place: DataPlace, settings: AppSettings, wishes: InstallationWishes): Promise<Installation>;
  openPassingPlace(): Promise<PassingPlace>;
  /** Lookups of names as these settings have them. */
  openLookups(settings: AppSettings): Promise<OwnedLookups>;
  /** Where mail to a destination would go now. */
  routeOf(destination: string, settings: AppSettings): Promise<RouteSummary>;
}
