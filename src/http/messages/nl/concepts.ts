/** What `explain` says of things that are no findings, in Dutch. */
import { SECURE_FROM } from '../../../probe/confidence.ts';
import type { ConceptCatalogue } from '../words.ts';

export const NL_CONCEPTS: ConceptCatalogue = {
  no: ['De afzender gebruikt nooit TLS: mail gaat onversleuteld. Een server die op TLS staat, weigert de mail (530).'],
  preferred: [
    'De afzender gebruikt TLS waar het wordt aangeboden en kijkt niet naar het certificaat. Mislukt TLS voordat de server er met 220 mee instemde, dan gaat de mail onversleuteld; mislukt het daarna, dan wordt nooit op onversleuteld teruggevallen en komt de volgende host aan de beurt.',
  ],
  required: [
    'De afzender gebruikt TLS of bezorgt niet. Naar het certificaat kijkt hij niet; de mail is dus versleuteld, maar misschien voor een ander.',
  ],
  'preferred-verify': [
    'Als preferred, en er wordt naar het certificaat gekeken. Een certificaat dat niet te verifiëren is, komt in het logboek; de mail gaat toch versleuteld. Zonder TLS gaat zij onversleuteld.',
  ],
  'required-verify': [
    'De afzender bezorgt alleen over TLS en alleen als de keten vertrouwd is en het certificaat het domein van de ontvanger bewijst: V1 een SAN is het domein, V2 de CN is het domein, V3 de CN is de omgekeerde naam van het adres, die er ook naar terugleidt. De naam van de MX-host geldt nooit: die komt uit de DNS en kan vervalst zijn.',
  ],
  'required-verify-hosted': [
    'Als required-verify, maar voor mail die elders is ondergebracht: H1 een naam van het certificaat is het domein van de ontvanger, H2 het is de host van een uitdrukkelijke route, H3 zonder zo’n route is het de naam van de MX-host waarmee is verbonden. Waar SAN’s zijn, telt de CN niet. H3 is zwak, tenzij het DNS-antwoord beveiligd was.',
  ],
  verify: [
    'Het algoritme Verify vraagt of een certificaat het domein van de ontvanger bewijst: V1 een SAN is het domein, V2 de CN is het domein (een jokerteken staat voor één label), V3 de CN is de omgekeerde naam van het adres, als die naam naar het adres terugleidt. De naam van de MX-host geldt nooit. Het wordt gebruikt door preferred-verify, required-verify en de opdracht tlsverify.',
  ],
  hosted: [
    'Het algoritme Hosted vraagt of een certificaat het domein van de ontvanger bewijst (H1), de host van een uitdrukkelijke SMTP-route (H2), of zonder zo’n route de MX-host waarmee is verbonden (H3). Waar SAN’s zijn, tellen alleen die; anders telt de CN.',
  ],
  'mta-sts': [
    'Met MTA-STS (RFC 8461) kan een domein over HTTPS zeggen welke MX-hosts het heeft en dat die over geverifieerde TLS bereikt moeten worden. "enforce": afzenders die het beleid kennen, bezorgen anders niet; "testing": zij bezorgen en melden; "none": het beleid is ingetrokken.',
  ],
  dane: [
    'Met DANE (RFC 7672) publiceert de eigenaar van een host in een ondertekende zone welk certificaat die heeft (TLSA). Afzenders met DANE bezorgen dan alleen aan dat ene, welke autoriteit het ook heeft uitgegeven. Er is onderweg DNSSEC voor nodig.',
  ],
  answer: ['De TCP-verbinding met adres en poort wordt aangenomen. De tijd is die van de verbinding.'],
  connect: ['De begroeting 220 komt aan. Wachten is hier vaak opzet, of komt van traag opzoeken bij de ontvanger.'],
  helo: [
    'EHLO wordt aangenomen, of HELO waar EHLO onbekend is. In het antwoord op EHLO staan de extensies, zoals STARTTLS.',
  ],
  tls: ['STARTTLS wordt aangeboden, en de opdracht wordt met 220 beantwoord.'],
  cert: [
    'De TLS-handshake, de keten van certificaten tot een vertrouwde root, en de naam van de MX-host in het certificaat. Een fout hier houdt de versleuteling niet tegen, en de latere stappen volgen nog.',
  ],
  secure: ['De tweede EHLO, binnen de versleutelde sessie, wordt beantwoord.'],
  from: ['MAIL FROM wordt aangenomen. Op de score heeft dit geen invloed.'],
  to: [
    'RCPT TO wordt aangenomen. Dit wordt alleen getest waar een volledig adres is opgegeven, en heeft geen invloed op de score. Er wordt nooit een bericht verstuurd.',
  ],
  encrypted: [
    'Er kwam een TLS-sessie tot stand en SMTP ging daarbinnen verder. Met wie, is een andere vraag: zie het certificaat.',
  ],
  clear: ['SMTP werkt, maar TLS niet: het wordt niet aangeboden of werd geweigerd. Score 0.'],
  'broken-tls': [
    'De host stemde met 220 in met TLS, en daarna mislukte het. Afzenders mogen hier niet op onversleuteld terugvallen, dus de mail wacht. Score 0.',
  ],
  unreachable: [
    'Geen TCP-verbinding, of geen begroeting. Het kan veilig zijn of niet: score 50, met het halve gewicht.',
  ],
  inconclusive: [
    'De host is er, maar hield ons af voordat TLS te beoordelen was. Hij telt niet mee in de score, die dan voorlopig is.',
  ],
  skipped: [
    'Niet getest vanwege deze machine: zij heeft geen adres van die familie, of het adres is niet toegestaan. Het kost niets.',
  ],
  expired: ['Op elk mogelijk pad ligt een certificaat dat over zijn einddatum heen is.'],
  'not-yet-valid': ['Op elk mogelijk pad ligt een certificaat waarvan de geldigheid in de toekomst begint.'],
  'self-signed': ['Het certificaat is met zijn eigen sleutel ondertekend en wordt zelf niet vertrouwd.'],
  'untrusted-root': ['De keten is compleet, maar de root aan het einde hoort niet bij de vertrouwensankers.'],
  'missing-intermediate': [
    'De keten houdt op voor een root, en het certificaat dat verder zou leiden, is niet meegestuurd.',
  ],
  'not-a-ca': ['Een certificaat dat geen certificaten mag ondertekenen, heeft er een van de keten ondertekend.'],
  'path-too-long': ['Een certificaat begrenst hoeveel erop mogen volgen, en het zijn er meer.'],
  'key-usage': ['Een sleutel is gebruikt voor iets dat zijn certificaat niet toestaat.'],
  'extended-key-usage': ['Het certificaat is niet bedoeld voor TLS-servers.'],
  'name-constraints': ['Een autoriteit mag alleen voor bepaalde namen uitgeven, en deze hoort daar niet bij.'],
  'unknown-critical-extension': ['Een certificaat eist dat een extensie wordt begrepen, en dat wordt zij niet.'],
  'weak-key': ['Een sleutel in de keten is kort genoeg om te kraken.'],
  'weak-signature': ['Een handtekening in de keten gebruikt MD5 of SHA-1.'],
  'bad-signature': [
    'Een handtekening klopt niet: het certificaat is veranderd, of met een andere sleutel ondertekend.',
  ],
  revoked: ['De autoriteit heeft het certificaat ingetrokken.'],
  malformed: ['Een certificaat is niet te lezen.'],
  'too-many-certificates': ['De keten is langer dan welke eerlijke ook en is niet bekeken.'],
  'search-limit': ['Het zoeken naar een pad is opgegeven: de certificaten laten te veel combinaties toe.'],
  confidence: [
    `De Confidence Factor CF-1 (het vertrouwen) is een getal van 0 tot 121; vanaf ${SECURE_FROM} is het woord "veilig". Elke host krijgt een score: 0 onversleuteld of stuk, 50 onbereikbaar, anders naar TLS-versie (1.0 70, 1.1 80, 1.2 100, 1.3 107), min 10 voor een fout in het certificaat, min hoogstens 9 voor cipher en sleutel, nooit onder 51, plus elk 7 voor MTA-STS en DANE. Over de hosts wordt gemiddeld, elke mindere voorkeur met het halve gewicht.`,
    'De formule is van dit project zelf, afgestemd op de gepubliceerde uitkomsten van een bekende tester. Een getal van 90 met een fout in het certificaat betekent "versleuteld, voor iemand": lees de redenen ernaast. Op de opdrachtregel toont "tlsreach probe --format detail" elke term.',
  ],
};
