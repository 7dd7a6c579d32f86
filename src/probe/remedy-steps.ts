/** What is to be done with the text of a remedy, by a name that pages in other languages have words of their own for. */
export const REMEDY_STEPS = {
  'tlsa-in-use': 'Publish the record of the key in use',
  'tlsa-issuer': 'Beside it, the record of the authority: new keys that it certifies then match',
  'tlsa-old': 'Then take away what matches nothing, unless it is of a key to come',
  'tlsa-next-key':
    'Before the next key: make it, publish its record beside the others, wait {seconds} s, change the key, then remove the old record',
  'policy-serve': 'Serve as {url}, type text/plain, without a redirect',
  'policy-certificate': 'A certificate of a public authority for exactly this name',
  'policy-announce': 'Then announce it under a new id',
  'reports-one': 'One record in place of these',
  'reports-new': 'Say where the reports go',
  'null-mx-remove': 'Remove the null MX, which must stand alone',
  'mx-new': 'Name the host that takes the mail',
  'mx-itself': 'Name the host itself in the MX record',
  'mx-addresses': 'Give the MX name addresses of its own, for the certificate is for this name',
  'mx-literal-remove': 'Remove the address; {owner} has it and is an MX already',
  'mx-literal-name': 'Give the address a name, and name that',
  'mx-nowhere': 'Remove the MX record that leads nowhere',
  'mx-best': 'Keep the record of the best preference alone',
  'certificate-name': 'Add this name to the certificate',
  'request-same-key': 'Let an authority sign this request; the key in use stays',
  'request-new-key':
    'Let an authority sign this request for a new key; with TLSA records, publish that of the new key first',
  'chain-append': 'Append the certificate of this subject to the chain file',
  'chain-order': 'Certificates of the chain file by subject, in this order, each once and no others',
  'chain-whole': 'Send the whole chain',
  'starttls-offer': 'Offer STARTTLS with key and chain',
  'versions-current': 'Speak TLS 1.2 and 1.3 alone',
  'ciphers-strong': 'Leave weak cipher suites out',
  'no-client-certificate': 'Demand no certificate of those who bring mail',
  'firewall-smtp': 'Where a Cisco ASA stands before the host: leave SMTP alone',
} as const;

export type RemedyStep = keyof typeof REMEDY_STEPS;

export function isRemedyStep(text: string | undefined): text is RemedyStep {
  return text !== undefined && Object.hasOwn(REMEDY_STEPS, text);
}

/** In English, its places filled in. */
export function stepTitle(step: RemedyStep, places: Readonly<Record<string, string | number>> = {}): string {
  return REMEDY_STEPS[step].replace(/\{(\w+)\}/g, (whole, place: string) => String(places[place] ?? whole));
}
