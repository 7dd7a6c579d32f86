/**
 * Which CAA domains stand for which authority, by the organisation in its certificates. A small table of the ones most
 * used for mail, from their certification practice statements; an authority that is not in it is never judged.
 */
const CAA_DOMAINS: readonly (readonly [organisation: RegExp, domains: readonly string[]])[] = [
  [/^let's encrypt$/i, ['letsencrypt.org']],
  [/^google trust services( llc)?$/i, ['pki.goog']],
  [
    /^digicert,? inc\.?$/i,
    [
      'digicert.com',
      'www.digicert.com',
      'digicert.ne.jp',
      'symantec.com',
      'geotrust.com',
      'rapidssl.com',
      'thawte.com',
      'volusion.digitalcertvalidation.com',
      'stratossl.digitalcertvalidation.com',
      'amazon.com',
    ],
  ],
  [
    /^(sectigo|comodo ca) (limited|ltd)$/i,
    [
      'sectigo.com',
      'comodoca.com',
      'comodo.com',
      'usertrust.com',
      'trust-provider.com',
      'entrust.net',
      'affirmtrust.com',
    ],
  ],
  [/^zerossl( gmbh)?$/i, ['sectigo.com', 'zerossl.com']],
  [/^globalsign nv-sa$/i, ['globalsign.com']],
  [/^amazon$/i, ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com']],
  [/^(godaddy\.com|starfield technologies), inc\.$/i, ['godaddy.com', 'starfieldtech.com']],
  [/^buypass as/i, ['buypass.com', 'buypass.no']],
  [/^actalis s\.p\.a\.$/i, ['actalis.it']],
  [/^swisssign ag$/i, ['swisssign.com']],
  [/^ssl corp(oration)?$/i, ['ssl.com']],
];

/** The domains of the authority that an issuer name belongs to; null where it is not known. */
export function caaDomainsOf(issuer: string): readonly string[] | null {
  const organisation = /(?:^|, )O=((?:[^,\\]|\\.|,(?! [A-Z]{1,5}=))+)/
    .exec(issuer)?.[1]
    ?.replace(/\\(.)/g, '$1')
    .trim();
  if (organisation === undefined) return null;
  return CAA_DOMAINS.find(([pattern]) => pattern.test(organisation))?.[1] ?? null;
}
