/** Findings that tell whose doing it is, in Dutch. */
import type { BLAME_FINDINGS } from '../../../probe/findings-of-blame.ts';
import type { FindingWords } from '../words.ts';

export const NL_BLAME_FINDINGS = {
  greylisted: {
    title: 'de host laat onbekende afzenders eerst wachten (greylisting)',
    explain:
      'De eerste poging van een onbekende afzender krijgt "later" als antwoord, en wie na een paar minuten terugkomt, mag binnen. Echte mailservers komen vanzelf terug; de mail komt dus met vertraging aan. Er is niets mis met de host, en niemand hoeft iets te doen.',
    advice: 'Wacht zo lang als het antwoord zegt, of vijf minuten, en test opnieuw vanaf hetzelfde adres.',
  },
  'rate-limited': {
    title: 'de host begrenst hoe vaak men mag komen',
    explain:
      'De host telt de verbindingen of berichten van één adres, en dit adres kwam te vaak, of met te veel tegelijk. Over de TLS van de host zegt dat niets; een test die doorging, zou alleen nog langer op afstand worden gehouden.',
    advice:
      'Wacht, en test {host} daarna opnieuw met minder verbindingen tegelijk (op de opdrachtregel: --concurrency, --quick).',
  },
  blocklisted: {
    title: 'het adres van deze test staat op een blocklist',
    explain:
      'De host weigert het adres waar deze test vandaan kwam, omdat een blocklist het noemt of omdat het bij hem slecht bekendstaat. Inbeladressen, cloudadressen en thuisadressen staan vaak in hun geheel op zo’n lijst. Het is geen fout van de host, en mail vanaf een ander adres is misschien welkom.',
    advice:
      'Test vanaf het adres dat de mail werkelijk verstuurt; staat ook dat erop, vraag dan de genoemde lijst om verwijdering.',
  },
  'reverse-dns-wanted': {
    title: 'de host wil een omgekeerde naam van de afzender (reverse DNS)',
    explain:
      'De host neemt alleen mail aan van adressen met een PTR-record waarvan de naam naar het adres terugleidt. Het adres van deze test heeft er geen, of een dat ergens anders heen leidt.',
    advice:
      'Geef het verzendende adres een PTR-record, en de naam daarin een adresrecord dat terugleidt; of test vanaf de echte afzender.',
  },
  'helo-refused': {
    title: 'de host weigert de naam in EHLO',
    explain:
      'De naam die deze test in EHLO gaf, beviel de host niet: het moet een volledige hostnaam zijn, en veel hosts willen ook dat die in de DNS bestaat.',
    advice: 'Geef de hostnaam van de verzendende server op (op de opdrachtregel: --helo).',
  },
  'sender-not-verified': {
    title: 'de host kon het afzenderadres niet verifiëren',
    explain:
      'De host controleerde de envelopafzender en was niet tevreden: het domein ervan bestaat niet, een terugvraag (callback) mislukte, of SPF staat deze machine niet toe het te gebruiken. Het gaat om de afzender van deze test, niet om de host.',
    advice:
      'Geef een adres op waarvoor deze machine mag versturen (op de opdrachtregel: --mail-from), of test vanaf de echte afzender.',
  },
  'mailbox-full': {
    title: 'de postbus is vol',
    explain: 'De ontvanger bestaat, maar heeft geen ruimte voor meer mail. Het gaat alleen om de postbus.',
    advice: 'Laat het de eigenaar van de postbus langs een andere weg weten, of test een andere ontvanger.',
  },
  'tls-wanted': {
    title: 'de host neemt alleen binnen TLS mail aan',
    explain:
      'De host weigerde een onversleutelde opdracht en vroeg eerst om STARTTLS. Dat is mooi: niemand kan er onversleuteld heen sturen.',
    advice: 'Er hoeft niets te gebeuren, zolang STARTTLS op {host} werkt.',
  },
  'greet-pause': {
    title: 'de host wacht voordat hij begroet',
    explain:
      'De begroeting kwam laat, en elk antwoord daarna kwam meteen: een pauze die met opzet wordt gemaakt. Programma’s die spam sturen wachten niet en verraden zich zo; mailservers wachten minutenlang en vinden dat niet erg.',
    advice:
      'Er hoeft niets te gebeuren; geef tests van {host} ruim meer tijd dan de pauze (op de opdrachtregel: --timeout).',
  },
  tarpit: {
    title: 'de host beantwoordt elke opdracht traag (tarpit)',
    explain:
      'Verscheidene antwoorden na elkaar duurden lang, hoewel de verbinding zelf snel is. Sommige hosts remmen vreemden met opzet af; een overbelaste host ziet er net zo uit.',
    advice:
      'Test opnieuw vanaf een adres dat {host} kent; is het daar ook traag, kijk dan naar de belasting van de host en naar wat hij allemaal opzoekt.',
  },
  'large-flights-stall': {
    title: 'de handshake stokt waar grote pakketten aan de beurt zijn',
    explain:
      'De kleine pakketten van de dialoog kwamen door, en daarna viel de TLS-handshake stil precies toen er veel tegelijk onderweg was: onze ClientHello, die met postkwantumsleutels meer dan één pakket vult, of de certificaten van de host. Zo ziet een weg met een kleinere MTU eruit als een firewall de ICMP-berichten weggooit die dat zouden melden.',
    advice:
      'Laat ICMP "fragmentation needed" en "packet too big" op de weg naar {host} door, of begrens de MSS bij de tunnel of firewall; vergelijk met een test vanaf een ander netwerk.',
  },
  'canary-answered': {
    title: 'de stilte komt van hen: een kanarie antwoordt',
    explain:
      'Geen host van het doel antwoordde, maar een host waarvan bekend is dat hij antwoordt wel (de kanarie). De poort is dus niet geblokkeerd op de weg naar buiten van deze machine; de hosts liggen plat, of zij houden dit adres buiten.',
    advice: 'Kijk naar de hosts en naar de firewall ervoor; test vanaf een ander adres om de twee te onderscheiden.',
  },
  inconsistent: {
    title: 'dezelfde host toont verschillende TLS',
    explain:
      'Adressen van één host, of één adres op verschillende momenten, verschillen in of STARTTLS wordt aangeboden, in de TLS-versie, of in de namen op het certificaat. Welke van hen een bericht treft, is toeval, en dus is ook de bescherming ervan toeval.',
    advice: 'Geef alle machines achter {host} dezelfde configuratie en dezelfde namen in het certificaat.',
  },
  'inconsistent-identity': {
    title: 'de machines achter de host zijn van elkaar te onderscheiden',
    explain:
      'Adressen van één host, of één adres op verschillende momenten, tonen verschillende certificaten voor dezelfde namen, of begroeten met verschillende namen. Achter een load balancer en tijdens een vernieuwing is dat gewoon; zijn er TLSA-records, dan moet elk certificaat bij een ervan passen.',
    advice: 'Er hoeft niets te gebeuren, tenzij een van de certificaten op {host} een oud is dat werd vergeten.',
  },
  'ptr-missing': {
    title: 'het adres heeft geen omgekeerde naam die terugleidt (reverse DNS)',
    explain:
      'Het adres van de host heeft geen PTR-record, of de naam daarin leidt er niet naar terug. Voor het ontvangen van mail is dat niet nodig; waar dezelfde machine ook verstuurt, zullen veel ontvangers haar weigeren.',
    advice: 'Geef het adres van {host} een PTR-record, en de naam daarin een adresrecord dat terugleidt.',
  },
  'caa-forbids-issuer': {
    title: 'de CAA-records staan de autoriteit van dit certificaat niet toe',
    explain:
      'CAA-records zeggen welke certificaatautoriteiten voor een naam mogen uitgeven. Het certificaat dat in gebruik is, komt van een andere. Het blijft geldig, want CAA telt alleen op het moment van uitgeven, maar de volgende vernieuwing zal worden geweigerd.',
    advice:
      'Voeg de autoriteit die in gebruik is toe aan de CAA-records van {host}, of vernieuw bij een van de genoemde.',
  },
  'name-servers-disagree': {
    title: 'de nameservers van de zone geven verschillende antwoorden',
    explain:
      'De gezaghebbende nameservers zijn een voor een gevraagd en zeggen niet hetzelfde. Welk antwoord een afzender krijgt, is toeval; gaat het om TLSA-records, dan houden afzenders met DANE door een oud antwoord hun mail vast. Meestal loopt een secundaire server achter, of wordt een wijziging juist verspreid.',
    advice:
      'Vergelijk de serienummers van de zone op haar nameservers, en herstel de overdracht naar de servers die achterblijven.',
  },
} as const satisfies Readonly<Record<keyof typeof BLAME_FINDINGS, FindingWords>>;
