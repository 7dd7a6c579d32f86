/**
 * The request that an authority signs (PKCS#10, RFC 2986): subject and names of the certificate that stands in its place
 * until then, signed with its key.
 */
import type { KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { showAddress } from './certificate-facts.ts';
import { writeCount, writeDer, writeOid } from './der-writer.ts';
import { pem } from './issue.ts';
import { encode, extensionBlock, subjectAltName } from './issue-extensions.ts';
import { signerFor } from './issue-key.ts';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** PEM. `key` is the private key of `certificate`. */
export function certificateSigningRequest(certificate: Certificate, key: KeyObject): string {
  const { dnsNames, ipAddresses } = certificate.alternativeNames;
  const names = { dnsNames, ipAddresses: ipAddresses.map(showAddress) };
  const attributes =
    dnsNames.length + ipAddresses.length === 0
      ? Buffer.alloc(0)
      : writeDer(
          0x30,
          writeOid(EXTENSION_REQUEST),
          writeDer(0x31, writeDer(0x30, encode(extensionBlock(subjectAltName(names))))),
        );
  const info = writeDer(0x30, writeCount(0), certificate.subject.der, certificate.spki, writeDer(0xa0, attributes));
  const signer = signerFor(key);
  const signature = writeDer(0x03, Buffer.from([0]), signer.sign(info));
  return pem('CERTIFICATE REQUEST', writeDer(0x30, info, encode(signer.algorithm()), signature));
}
