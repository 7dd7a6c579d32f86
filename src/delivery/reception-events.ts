/**
 * What a listener tells while it receives, for the mail log (specification 2.f, inbound). Once a message is in, delivery
 * tells the rest (`message-queued` in events.ts, with the same ICID).
 *
 * ICID: an incoming connection. Times are wall-clock ms.
 */
export type ReceptionEvent = { readonly at: number; readonly icid: number } & (
  | {
      readonly kind: 'connection-received';
      /** Name of the listener's interface and its address. */
      readonly interface: string;
      readonly localAddress: string;
      readonly address: string;
      /** What the reverse look-up says; null where nothing was found. */
      readonly reverseName: string | null;
      /** The reverse name leads back to the address. */
      readonly reverseVerified: boolean;
    }
  /** The policy that applies. `match`: the entry of the sender group that matched. */
  | {
      readonly kind: 'sender-judged';
      readonly action: 'ACCEPT' | 'RELAY' | 'REJECT' | 'TCPREFUSE';
      readonly senderGroup: string;
      readonly match: string;
    }
  | { readonly kind: 'tls-established'; readonly protocol: string; readonly cipher: string }
  | { readonly kind: 'tls-failed'; readonly code: string; readonly detail: string }
  | { readonly kind: 'message-started'; readonly mid: number }
  | { readonly kind: 'message-aborted'; readonly mid: number; readonly why: string }
  /** The recipient of a bounce carries no valid tag (R112). */
  | { readonly kind: 'bounce-refused'; readonly mid: number; readonly recipient: string }
  /** The peer went away without QUIT. */
  | { readonly kind: 'connection-lost' }
  | { readonly kind: 'connection-ended' }
);

export type OnReceptionEvent = (event: ReceptionEvent) => void;
