/** The TLS modes of a destination (specification 2.b.1), with the tokens used everywhere: CLI, JSON, configuration. */
export const TLS_MODES = [
  'no',
  'preferred',
  'required',
  'preferred-verify',
  'required-verify',
  'required-verify-hosted',
] as const;

export type TlsMode = (typeof TLS_MODES)[number];

export function isTlsMode(text: string): text is TlsMode {
  return (TLS_MODES as readonly string[]).includes(text);
}

/** As people read it: `Required-Verify-Hosted`. */
export function showTlsMode(mode: TlsMode): string {
  return mode.replace(/(^|-)([a-z])/g, (_, hyphen: string, letter: string) => hyphen + letter.toUpperCase());
}
