/** Findings about certificates, in Dutch. */
import type { CERTIFICATE_FINDINGS } from '../../../probe/findings-of-certificates.ts';
import type { FindingWords } from '../words.ts';

export const NL_CERTIFICATE_FINDINGS = {
  'certificate-name': {
    title: 'het certificaat staat op een andere naam',
    explain:
      'De naam van de MX-host staat niet in het certificaat. Mail wordt versleuteld, maar niets toont aan dat aan de andere kant de juiste host zit. Dit is de meest voorkomende fout, vooral bij mail die elders is ondergebracht: een jokerteken staat voor precies één label, en *.example.net dekt a.b.example.net niet.',
    advice: 'Voeg DNS:{host} toe aan het certificaat, of publiceer de MX als {presented}.',
  },
  'certificate-expired': {
    title: 'het certificaat is verlopen',
    explain:
      'Een certificaat van de keten is over zijn einddatum heen. Afzenders die alleen versleuteling willen, bezorgen nog; wie verifieert niet.',
    advice: 'Vernieuw het certificaat van {host}, en zoek uit waarom de vernieuwing is gemist.',
  },
  'certificate-not-yet-valid': {
    title: 'het certificaat is nog niet geldig',
    explain: 'De geldigheid van een certificaat van de keten begint in de toekomst, volgens de klok van deze machine.',
    advice: 'Controleer de klokken van beide machines; installeer anders op {host} een certificaat dat nu geldig is.',
  },
  'certificate-self-signed': {
    title: 'het certificaat is zelfondertekend',
    explain:
      'De host heeft zijn certificaat zelf ondertekend. Om te versleutelen is het goed genoeg, maar iedereen kan er zo een maken; het bewijst dus niet wie er aan de andere kant zit, tenzij een DANE-record ervoor instaat.',
    advice:
      'Vraag voor {host} een certificaat aan bij een openbare autoriteit, of publiceer er een TLSA-record voor in een ondertekende zone.',
  },
  'certificate-untrusted-root': {
    title: 'de keten eindigt bij een root die hier niemand vertrouwt',
    explain:
      'De keten is compleet, maar de autoriteit aan het einde hoort niet bij de vertrouwde. Voor de eigen autoriteit van een bedrijf is dat gewoon; tegenover vreemden heeft men er niets aan.',
    advice:
      'Vraag voor {host} een certificaat aan bij een openbare autoriteit; is de autoriteit van uzelf, voeg haar dan toe (op de opdrachtregel: --ca-file).',
  },
  'certificate-missing-intermediate': {
    title: 'een tussencertificaat ontbreekt',
    explain:
      'De host stuurt zijn eigen certificaat, maar niet het certificaat dat het met een vertrouwde root verbindt. Browsers halen het ontbrekende stuk vaak zelf op, mailservers niet: voor hen is het certificaat waardeloos.',
    advice: 'Installeer op {host} de volledige keten: eerst het certificaat, dan de tussencertificaten op volgorde.',
  },
  'certificate-revoked': {
    title: 'het certificaat is ingetrokken',
    explain: 'De autoriteit heeft het certificaat ingetrokken, zoals na diefstal van een sleutel gebeurt.',
    advice: 'Maak op {host} een nieuwe sleutel en vraag daar een nieuw certificaat voor aan.',
  },
  'certificate-weak-key': {
    title: 'een sleutel in de keten is te kort',
    explain:
      'Een certificaat van de keten heeft een sleutel die kort genoeg is om te kraken; de keten wordt daarom niet vertrouwd.',
    advice: 'Maak op {host} een nieuwe sleutel: RSA met 2048 bits of meer, of ECDSA P-256.',
  },
  'certificate-weak-signature': {
    title: 'een handtekening in de keten is te zwak',
    explain: 'Een certificaat van de keten is ondertekend met MD5 of SHA-1, waarmee handtekeningen te vervalsen zijn.',
    advice: 'Vraag voor {host} een certificaat aan dat met SHA-256 of beter is ondertekend.',
  },
  'certificate-invalid': {
    title: 'de keten overtreedt een regel',
    explain:
      'De certificaten passen bij elkaar, maar het pad overtreedt een regel: een certificaat dat geen andere mag ondertekenen deed dat toch, een grens aan lengte, doel of namen is overschreden, of er is iets niet te lezen.',
    advice:
      'Lees het detail, en laat de autoriteit die het certificaat van {host} heeft uitgegeven een juist certificaat uitgeven.',
  },
  'certificate-near-expiry': {
    title: 'het certificaat verloopt binnenkort',
    explain:
      'Van de levensduur van het certificaat is weinig over. Een vernieuwing die vanzelf loopt, had al moeten gebeuren; blijft zij uit, dan stopt op de laatste dag de mail van afzenders die verifiëren.',
    advice: 'Vernieuw het certificaat van {host} nu, en controleer de automatische vernieuwing.',
  },
  'chain-duplicate': {
    title: 'een certificaat wordt twee keer gestuurd',
    explain:
      'Hetzelfde certificaat staat meer dan eens in de keten. De meeste software kan ermee overweg, sommige wijst de keten af; het ontstaat vaak na een vernieuwing.',
    advice: 'Verwijder het herhaalde certificaat uit het ketenbestand van {host}.',
  },
  'chain-misordered': {
    title: 'de keten staat in de verkeerde volgorde',
    explain:
      'Op elk certificaat hoort dat te volgen waarmee het is ondertekend. De meeste software zoekt het zelf uit, oudere software struikelt erover.',
    advice:
      'Zet het ketenbestand van {host} op volgorde: eerst het eigen certificaat, dan telkens dat van de uitgever.',
  },
  'chain-foreign': {
    title: 'een certificaat in de keten hoort daar niet',
    explain:
      'De host stuurt een certificaat dat geen deel is van enig pad van het zijne naar een root. Het kost bytes en brengt lezers in verwarring.',
    advice: 'Verwijder het certificaat dat er niet hoort uit het ketenbestand van {host}.',
  },
  'chain-root-sent': {
    title: 'het rootcertificaat wordt meegestuurd',
    explain:
      'De host stuurt ook de root zelf. Het kan geen kwaad: wie de root vertrouwt, heeft die al, en wie die niet heeft, gaat er hierdoor niet op vertrouwen.',
    advice: 'De root kan uit het ketenbestand van {host} weg, behalve waar een DANE-TA-record die nodig heeft.',
  },
  'staple-missing': {
    title: 'een meegestuurd OCSP-antwoord ontbreekt (stapling)',
    explain:
      'Het certificaat zegt dat zijn server altijd een vers bericht van de autoriteit meestuurt dat het niet is ingetrokken (must-staple). De host stuurt er geen. Mailservers nemen daar vandaag genoegen mee; clients die het certificaat aan zijn woord houden, verbinden niet.',
    advice: 'Zet OCSP-stapling aan op {host}, of neem een certificaat zonder de extensie must-staple.',
  },
  'revocation-not-known': {
    title: 'of het certificaat is ingetrokken, was niet te achterhalen',
    explain:
      'De plaatsen die het certificaat noemt, zijn gevraagd, en geen ervan gaf een antwoord dat telt. Afzenders die er al naar vragen, gaan in zo’n geval verder, en deze test ook: het certificaat wordt geloofd.',
    advice:
      'Probeer het later opnieuw; blijft het zo, vraag het dan na bij de autoriteit die het certificaat van {host} heeft uitgegeven.',
  },
} as const satisfies Readonly<Record<keyof typeof CERTIFICATE_FINDINGS, FindingWords>>;
