/** What is not wrong but could be better, in Dutch. */
import type { IMPROVEMENT_FINDINGS } from '../../../probe/findings-of-improvements.ts';
import type { FindingWords } from '../words.ts';

export const NL_IMPROVEMENT_FINDINGS = {
  'dane-absent': {
    title: 'de host zou TLSA-records kunnen hebben',
    explain:
      'De zone van de host is ondertekend, zodat TLSA-records zouden tellen, en er zijn er geen. Ermee versleutelen afzenders met DANE zonder uitzondering en weten zij met wie zij praten.',
    advice:
      'Publiceer het TLSA-record van de sleutel van {host}, en voor elke wisseling van sleutel eerst dat van de volgende.',
  },
  'mta-sts-absent': {
    title: 'het domein zou een MTA-STS-beleid kunnen hebben',
    explain:
      'Het domein kondigt geen MTA-STS-beleid aan. Met zo’n beleid laten afzenders die het naleven zich de versleuteling niet uit het hoofd praten en kijken zij naar het certificaat.',
    advice:
      'Bied op mta-sts.{domain} een beleid in de testmodus aan, kondig het aan, en dwing het af zodra de rapporten schoon zijn.',
  },
  'tlsrpt-absent': {
    title: 'het domein zou rapporten over TLS-fouten kunnen krijgen',
    explain:
      'Het domein zegt niet waar rapporten over TLS-fouten heen moeten; niemand vertelt de eigenaar er dus over.',
    advice: 'Publiceer een TXT-record op _smtp._tls.{domain} met een adres dat zulke rapporten leest.',
  },
} as const satisfies Readonly<Record<keyof typeof IMPROVEMENT_FINDINGS, FindingWords>>;
