/**
 * An expected failure is a value. `Error` is kept for configuration faults and bugs; what a peer, a network or a
 * person may do wrong comes back as the `failure` of an `Outcome`, a union discriminated by `kind`.
 */
export type Outcome<Value, Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure };

export function succeeded<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function failed<Failure>(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}

/** Ends every exhaustive `switch` on a `kind`: a member the compiler let through is a bug of ours. */
export function assertNever(value: never): never {
  throw new Error(`unhandled member of a union: ${JSON.stringify(value)}`);
}
