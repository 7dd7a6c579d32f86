/** What a capture may hold at most. No probe of ours comes near; a file of somebody else might. */
import { fraction, type Shape, whole } from '../base/shape.ts';

/** Octets of the file. */
export const MAX_CAPTURE_OCTETS = 64 * 1024 * 1024;
/** Characters of one text: a certificate's subject is the longest that is honest. */
export const MAX_TEXT = 256 * 1024;
/** DNS answers: 32 hosts, each with its addresses, TLSA records and reverse names, several times over. */
export const MAX_ANSWERS = 20_000;
/** Sessions: 32 hosts with 32 addresses, in clear and with TLS. */
export const MAX_SESSIONS = 2048;
/** Lines of one transcript. */
export const MAX_TRANSCRIPT_LINES = 20_000;
/** Certificates of all the sets of anchors that bear a name of some chain. */
export const MAX_ANCHORS = 10_000;
/** Octets of one certificate or staple. */
export const MAX_DER_OCTETS = 256 * 1024;
/** Short lists: resolvers, sources, MX patterns, remarks. */
export const MAX_SHORT_LIST = 4096;
/** The end of the year 9999, ms since the epoch: later dates have no common notation. */
export const LATEST_TIME = 253_402_300_799_999;

/** ms since the epoch. */
export const time: Shape<number> = whole(0, LATEST_TIME);
/** A duration, ms; clocks may be set back. */
export const milliseconds: Shape<number> = fraction(-LATEST_TIME, LATEST_TIME);
