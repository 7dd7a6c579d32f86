/** Findings about what the domain publishes, in Dutch. */
import type { POLICY_FINDINGS } from '../../../probe/findings-of-policies.ts';
import type { FindingWords } from '../words.ts';

export const NL_POLICY_FINDINGS = {
  'mta-sts-failed': {
    title: 'het MTA-STS-beleid is niet te krijgen',
    explain:
      'Het domein kondigt een MTA-STS-beleid aan, maar dat is niet op te halen of niet te lezen, of niemand weet of er een is. Afzenders die een eerder beleid hebben bewaard, blijven dat toepassen; nieuwe zien er geen, dus voor hen is de bescherming er niet.',
    advice:
      'Bied het beleid aan op https://mta-sts.{domain}/.well-known/mta-sts.txt met een certificaat voor precies die naam, zonder doorverwijzingen, en zet een nieuwe id in het record.',
  },
  'mta-sts-not-covered': {
    title: 'het MTA-STS-beleid noemt deze host niet',
    explain:
      'Het beleid noemt de hosts die de mail van het domein mogen aannemen, en deze MX-host staat er niet bij. Zolang het beleid wordt afgedwongen, bezorgen afzenders met MTA-STS daar niet. Een jokerteken staat voor precies één label.',
    advice:
      'Voeg "mx: {host}" toe aan het beleid van {domain} en zet een nieuwe id in het record, of verwijder het MX-record.',
  },
  'mta-sts-testing': {
    title: 'het MTA-STS-beleid staat in de testmodus',
    explain:
      'In de testmodus melden afzenders fouten en bezorgen zij toch; het beleid beschermt dus nog niemand. De modus is bedoeld als eerste stap.',
    advice:
      'Zodra de TLS-rapporten geen fouten meer tonen, zet u de modus op "enforce" en een nieuwe id in het record.',
  },
  'mta-sts-warning': {
    title: 'iets aan het MTA-STS-beleid is niet zoals het hoort',
    explain:
      'Het beleid is gevonden en wordt toegepast, maar iets eraan is ongewoon, verzwakt het, of brengt sommige afzenders ertoe het af te wijzen.',
    advice: 'Verbeter het op de beleidshost van {domain}, en zet een nieuwe id in het record als het beleid verandert.',
  },
  'dane-mismatch': {
    title: 'geen TLSA-record past bij het certificaat',
    explain:
      'De host heeft TLSA-records, en geen ervan past bij het certificaat dat hij toont. Afzenders met DANE bezorgen daar helemaal niet. Gewoonlijk is er een nieuwe sleutel zonder nieuw record.',
    advice:
      'Publiceer het record van de sleutel die in gebruik is voordat de sleutel wisselt, en haal het oude pas daarna weg.',
  },
  'dane-unusable': {
    title: 'TLSA-records die niemand kan gebruiken',
    explain:
      'Er zijn TLSA-records, maar geen van een soort die mailservers gebruiken: usage 2 of 3, selector 0 of 1, matching type 0 tot 2, en een digest van de juiste lengte. Afzenders met DANE hebben dan TLS nodig, maar controleren geen certificaat.',
    advice: 'Publiceer "3 1 1" met de SHA-256-digest van de publieke sleutel van {host}.',
  },
  'dane-failed': {
    title: 'de TLSA-records zijn niet op te zoeken',
    explain:
      'De vraag naar de TLSA-records, of naar het adres waar zij bij horen, werd niet beantwoord of doorstond de validatie niet. Een afzender met DANE mag dat niet opvatten als "geen records": hij houdt de mail vast en probeert het opnieuw.',
    advice:
      'Stel de nameservers van {host} de vraag naar de TLSA-records en kijk wat zij doen; ook tussenliggende apparatuur die onbekende typen weggooit, geeft dit beeld.',
  },
  'dane-note': {
    title: 'goed om te weten over de TLSA-records',
    explain:
      'Iets aan de TLSA-records of aan het certificaat erachter is ongewoon, zonder voor afzenders met DANE een fout te zijn.',
    advice: 'Haal records weg die nergens meer bij passen, zodra hun TTL is verstreken.',
  },
  'tlsrpt-faulty': {
    title: 'het TLSRPT-record is niet geldig',
    explain:
      'Het record dat zegt waar rapporten over TLS-fouten heen gaan, is onbruikbaar; er worden dus geen rapporten gestuurd.',
    advice: 'Publiceer één TXT-record op _smtp._tls.{domain}: "v=TLSRPTv1; rua=mailto:tls-reports@{domain}".',
  },
} as const satisfies Readonly<Record<keyof typeof POLICY_FINDINGS, FindingWords>>;
