/** Findings about the dialogue, in Dutch. */
import type { SESSION_FINDINGS } from '../../../probe/findings-of-sessions.ts';
import type { FindingWords } from '../words.ts';

export const NL_SESSION_FINDINGS = {
  'not-reachable': {
    title: 'de host is niet te bereiken',
    explain:
      'Er kwam geen TCP-verbinding tot stand: zij werd geweigerd, niemand antwoordde op tijd, of het netwerk kende de weg niet. De host kan plat liggen, of een firewall houdt deze machine tegen; welk van de twee is vanaf hier niet te zien. Het telt als fiftyfifty.',
    advice:
      'Ga na of {host} op deze poort luistert, en of geen firewall het adres tegenhoudt waar deze test vandaan kwam.',
  },
  'no-greeting': {
    title: 'de host begroet niet',
    explain:
      'De verbinding werd aangenomen, maar er kwam geen SMTP-begroeting: stilte, een gesloten verbinding, of iets dat geen SMTP is. Een afzender geeft deze host op en gaat naar de volgende.',
    advice:
      'Ga na wat er op {host} luistert; een firewall of proxy voor de mailserver gedraagt zich vaak zo als de server plat ligt.',
  },
  'greeting-refused': {
    title: 'de host weigert al in zijn begroeting',
    explain:
      'In plaats van met 220 begroette de host met een weigering (5xx): hij neemt geen mail aan, of niet van dit adres. Vaak staat het adres van de tester op een blocklist.',
    advice:
      'Lees de tekst van de weigering; noemt die een blocklist, test dan vanaf het adres dat de mail werkelijk verstuurt.',
  },
  'slow-greeting': {
    title: 'de begroeting is traag of houdt niet op',
    explain:
      'De begroeting begon maar was niet op tijd compleet, of kwam pas na lang wachten. Sommige hosts doen dit met opzet, om te zien wie geduld heeft. Een afzender wacht tot vijf minuten, dus de mail komt nog aan.',
    advice:
      'Probeer het opnieuw met meer geduld (op de opdrachtregel: --timeout); is het geen opzet, zoek dan naar trage DNS of trage vragen aan blocklists op {host}.',
  },
  throttled: {
    title: 'de host vroeg om later terug te komen',
    explain:
      'De host antwoordde met een tijdelijke weigering (421 of een andere 4xx) voordat TLS te beoordelen was, zoals bij snelheidsbeperking of greylisting. Hij is er en kan volkomen veilig zijn; de test kon niet kijken. Hij telt niet mee in de score, die als voorlopig wordt gemerkt.',
    advice: 'Test na een paar minuten opnieuw, vanaf een adres met minder verbindingen naar {host}.',
  },
  'ehlo-refused': {
    title: 'EHLO noch HELO wordt aangenomen',
    explain: 'Na de begroeting nam de host EHLO noch HELO aan; er is dus geen manier om er mail langs te sturen.',
    advice:
      'Ga na met welke naam deze test zich meldt (op de opdrachtregel: --helo), en wat {host} van die naam verlangt.',
  },
  'helo-only': {
    title: 'de host kent geen EHLO, en dus geen TLS',
    explain:
      'De host weigerde EHLO en nam HELO aan, de groet uit 1982, die geen extensies kent. Zonder extensies is er geen STARTTLS: mail hierheen gaat onversleuteld, of helemaal niet waar TLS verplicht is.',
    advice: 'Zet ESMTP aan op {host}; een firewall die SMTP "inspecteert" haalt het vaak weg.',
  },
  'starttls-not-offered': {
    title: 'de host biedt geen TLS',
    explain:
      'STARTTLS staat niet bij de extensies die de host aanbood. Mail hierheen reist onversleuteld, leesbaar voor iedereen onderweg, en afzenders die TLS eisen bezorgen hier niet. Het kan ook zijn dat iemand ertussen het woord heeft weggehaald.',
    advice:
      'Geef {host} een certificaat en zet STARTTLS aan; staat het al aan, zoek dan naar een firewall die het weghaalt.',
  },
  'starttls-on-greeting-line': {
    title: 'STARTTLS staat op de begroetingsregel, waar het niets betekent',
    explain:
      'De eerste regel van het antwoord op EHLO is een begroeting en noemt geen extensie. STARTTLS stond alleen daar; afzenders vinden het dus niet en gaan onversleuteld verder.',
    advice: 'Verbeter de ingestelde begroeting van {host}, zodat STARTTLS op een eigen regel staat.',
  },
  'starttls-refused': {
    title: 'STARTTLS wordt aangeboden en dan geweigerd',
    explain:
      'De host noemde STARTTLS, maar beantwoordde de opdracht niet met 220. Afzenders die TLS alleen liever hebben, gaan onversleuteld verder; wie het eist, bezorgt niet.',
    advice: 'Kijk in het logboek van {host}: meestal kan het certificaat of de sleutel ervan niet worden gelezen.',
  },
  'starttls-temporarily-refused': {
    title: 'STARTTLS wordt voorlopig geweigerd',
    explain:
      'De host beantwoordde STARTTLS met een tijdelijke weigering (4xx, zoals 454 "TLS not available"). Of TLS daar werkt, was niet te beoordelen. Hij telt niet mee in de score, die als voorlopig wordt gemerkt; afzenders die TLS alleen liever hebben, gaan intussen onversleuteld verder.',
    advice: 'Test later opnieuw; blijft het zo, zoek dan in het logboek van {host} naar zijn certificaat of sleutel.',
  },
  'injected-after-starttls': {
    title: 'achter de 220 op STARTTLS stonden onversleutelde bytes',
    explain:
      'Meteen na de 220 op STARTTLS, nog onversleuteld, kwamen er meer bytes. Iemand onderweg kan daar antwoorden neerleggen, die een onvoorzichtige afzender aanziet voor antwoorden van binnen TLS. De sessie is meteen beëindigd.',
    advice: 'Werk de mailserver of de proxy op {host} bij; zijn die al bij, dan knoeit er iemand met de verbinding.',
  },
  'broken-after-220': {
    title: 'TLS gaat stuk nadat de host ermee heeft ingestemd',
    explain:
      'De host beantwoordde STARTTLS met 220, en daarna mislukte de TLS-handshake. Dat is erger dan geen TLS bieden: een afzender mag hier niet terugvallen op onversleuteld, dus de mail loopt vertraging op en gaat uiteindelijk terug.',
    advice:
      'Ga met "openssl s_client -starttls smtp" na wat {host} na zijn 220 doet: certificaat, sleutel, versies, ciphers.',
  },
  'handshake-failed': {
    title: 'de TLS-handshake mislukt',
    explain:
      'De host werd bereikt en TLS werd begonnen, maar de twee kanten werden het niet eens, of de host brak af. Over deze verbinding kan geen mail gaan.',
    advice: 'Controleer het certificaat, de sleutel, de protocolversies en de ciphers die op {host} zijn ingesteld.',
  },
  'second-ehlo-refused': {
    title: 'de host gaat binnen TLS niet verder',
    explain:
      'De handshake lukte, maar de EHLO binnen de versleutelde sessie werd geweigerd, of de verbinding ging verloren. Er kan geen mail worden verstuurd, en een afzender mag niet terugvallen op onversleuteld.',
    advice: 'Kijk in het logboek van {host}; vaak komt het doordat er een clientcertificaat wordt geëist.',
  },
  'tls-old-version': {
    title: 'alleen een oude TLS-versie wordt gesproken',
    explain:
      'De sessie gebruikte TLS 1.1 of ouder, het beste dat deze host biedt. Die versies zijn afgeschreven: hun manieren van hashen en opvullen zijn gekraakt of bijna. Het is nog altijd beter dan onversleuteld, maar MTA-STS en DANE nemen het niet aan en nieuwe software weigert het.',
    advice: 'Zet TLS 1.2 en 1.3 aan op {host}, en schakel uit wat ouder is.',
  },
  'cipher-weak': {
    title: 'de cipher of de sleutel is zwak',
    explain:
      'De sessie was versleuteld, maar de cipher heeft minder dan 128 bits of staat bekend als gekraakt (RC4, 3DES, export, NULL), of de sleutel of de handtekening van het certificaat is zwakker dan aanbevolen.',
    advice:
      'Geef op {host} de voorkeur aan suites met AES-GCM of ChaCha20, met een RSA-sleutel van 2048 bits of meer of een ECDSA-sleutel P-256.',
  },
  'starttls-advertised-inside-tls': {
    title: 'STARTTLS wordt binnen TLS opnieuw aangeboden',
    explain:
      'Binnen de versleutelde sessie noemt de host STARTTLS nog een keer. Dat mag niet, maar geen enkele afzender heeft er last van.',
    advice: 'Er hoeft niets te gebeuren; een nieuwere versie van de mailserver noemt het niet meer.',
  },
  'extensions-changed': {
    title: 'de aangeboden extensies zijn voor en binnen TLS verschillend',
    explain:
      'De lijsten van extensies voor en na STARTTLS verschillen in meer dan gebruikelijk is. Dat kan opzet zijn (AUTH alleen binnen TLS); het kan er ook op wijzen dat iets ertussen verandert wat de host onversleuteld zegt.',
    advice: 'Vergelijk de twee lijsten in de details; afgedekte woorden (XXXX) wijzen op een firewall voor {host}.',
  },
  'auth-failed': {
    title: 'de test heeft zich niet aangemeld',
    explain:
      'Er waren aanmeldgegevens opgegeven, en die werden niet aangenomen of zijn helemaal niet verstuurd: zij gaan alleen binnen TLS, alleen naar een host met een vertrouwd certificaat op zijn naam, en alleen op een manier die de host aanbiedt. Wat verder in deze sessie volgt, is tegen een onbekende afzender gezegd. Het kost geen punten.',
    advice:
      'Controleer (op de opdrachtregel) --auth-type, --auth-user en het geheim; zonder --auth-user vraagt de test zoals vreemden dat doen.',
  },
  'sender-refused': {
    title: 'de afzender van de test wordt geweigerd',
    explain:
      'De host beantwoordde MAIL FROM met een weigering. Het gaat om het adres waarmee deze test zich meldt, niet om de TLS van de host, en kost geen punten.',
    advice: 'Geef een afzenderadres op dat {host} aanneemt (op de opdrachtregel: --mail-from).',
  },
  'recipient-refused': {
    title: 'de ontvanger wordt geweigerd',
    explain:
      'De host beantwoordde RCPT TO met een weigering: misschien bestaat de postbus niet, stuurt de host er geen mail voor door, of laat hij onbekende afzenders wachten. Het gaat om het adres, niet om de TLS van de host, en kost geen punten.',
    advice: 'Controleer het adres; doet de host aan greylisting, test dan na een paar minuten opnieuw.',
  },
} as const satisfies Readonly<Record<keyof typeof SESSION_FINDINGS, FindingWords>>;
