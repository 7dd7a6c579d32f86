/** The shape of a rating profile: data alone, so that a profile can be read, compared and replaced as a whole. */
import type { ScanVersion } from '../../policy/scan-evidence.ts';

/** Best first. */
export type Rating = 'good' | 'sufficient' | 'phase-out' | 'insufficient';

export interface Judgement {
  readonly rating: Rating;
  readonly why: string;
  /** Clause or section. */
  readonly reference: string;
}

/** The first rule counts whose pattern the name fits. */
export interface NameRule extends Judgement {
  readonly name: RegExp;
}

/** The first rule counts whose pattern the name fits, and whose bound the key reaches. */
export interface KeyRule extends NameRule {
  readonly atLeastBits?: number;
}

/** The first rule counts whose bound is reached. */
export interface SizeRule extends Judgement {
  readonly atLeastBits: number;
}

/** Yes-or-no findings that a profile has an opinion about. */
export type FactName =
  | 'extendedMasterSecret'
  | 'secureRenegotiation'
  | 'compression'
  | 'fallbackScsv'
  | 'ocspStaple'
  | 'postQuantum'
  | 'commandInjection'
  | 'largeHello';

export interface Profile {
  readonly id: string;
  readonly title: string;
  /** Where it is published, and as of when. */
  readonly source: string;
  readonly versions: Readonly<Record<ScanVersion, Judgement>>;
  /** By the names of IANA. */
  readonly suites: readonly NameRule[];
  /** By our names of groups. */
  readonly groups: readonly NameRule[];
  /** Finite-field Diffie-Hellman up to TLS 1.2. */
  readonly dhe: readonly SizeRule[];
  /** By the names of TLS signature schemes. */
  readonly signatures: readonly NameRule[];
  /** Key of the certificate, as `RSA 2048`, `ECDSA P-256`. */
  readonly keys: readonly KeyRule[];
  /** Signature on the certificate, as `sha256WithRSAEncryption`. */
  readonly certificateSignatures: readonly NameRule[];
  readonly facts: Partial<Readonly<Record<FactName, { readonly yes?: Judgement; readonly no?: Judgement }>>>;
  /** Whose preference should count; null: no matter. */
  readonly order: { readonly server: Judgement; readonly client: Judgement } | null;
}
