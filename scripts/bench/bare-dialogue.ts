/**
 * The dialogue of a probe with nothing around it: node:net and node:tls, one handler, no limits, no deadlines, no
 * certificate looked at, nothing remembered. What a probe costs is measured against this.
 */
import { connect } from 'node:net';
import { createSecureContext, connect as startTls } from 'node:tls';

export interface BarePeer {
  readonly address: string;
  readonly port: number;
  readonly exchange: string;
  /** Null: no RCPT is sent. */
  readonly rcptTo: string | null;
}

/** The same offer as the probe's, and no roots. */
const secureContext = createSecureContext({ ca: [], ciphers: 'ALL:!aNULL:@SECLEVEL=0', minVersion: 'TLSv1' });

/** Resolves when the 221 has come and the connection is being closed. */
export function bareDialogue({ address, port, exchange, rcptTo }: BarePeer): Promise<void> {
  return new Promise((resolve, reject) => {
    const inClear = ['EHLO bench.test', 'STARTTLS'];
    const underTls = ['EHLO bench.test', 'MAIL FROM:<>', ...(rcptTo === null ? [] : [`RCPT TO:<${rcptTo}>`]), 'QUIT'];
    const raw = connect({ host: address, port, noDelay: true });
    let text = '';
    raw.on('error', reject);
    raw.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!isComplete(text)) return;
      text = '';
      const next = inClear.shift();
      if (next === undefined) encrypt();
      else raw.write(`${next}\r\n`);
    });
    const encrypt = (): void => {
      raw.removeAllListeners('data');
      const tls = startTls({
        socket: raw,
        secureContext,
        servername: exchange,
        rejectUnauthorized: false,
        requestOCSP: true,
      });
      tls.on('error', reject);
      tls.on('secureConnect', () => tls.write(`${underTls.shift() ?? 'QUIT'}\r\n`));
      tls.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (!isComplete(text)) return;
        text = '';
        const next = underTls.shift();
        if (next !== undefined) tls.write(`${next}\r\n`);
        else {
          tls.destroySoon();
          resolve();
        }
      });
    };
  });
}

/** The last line has a space behind its code. */
function isComplete(text: string): boolean {
  if (!text.endsWith('\r\n')) return false;
  const start = text.lastIndexOf('\r\n', text.length - 3) + 2;
  return text[start === 1 ? 3 : start + 3] === ' ';
}
