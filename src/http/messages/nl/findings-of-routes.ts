/** Findings about the way from a domain to its mail hosts, in Dutch. */
import type { ROUTE_FINDINGS } from '../../../probe/findings-of-routes.ts';
import type { FindingWords } from '../words.ts';

export const NL_ROUTE_FINDINGS = {
  'null-mx': {
    title: 'het domein neemt geen mail aan',
    explain:
      'Het domein publiceert het lege MX-record (null MX), "0 .". Daarmee zegt de eigenaar dat er voor geen enkel adres van dit domein mail wordt aangenomen. Een afzender geeft het meteen op in plaats van het dagenlang te proberen; er valt dus niets te testen en er is geen score.',
    advice: 'Is mail naar {domain} wel gewenst, vervang de null MX dan door de namen van echte mailhosts.',
  },
  'null-mx-among-others': {
    title: 'naast echte MX-records staat een null MX',
    explain:
      'Het null MX-record betekent "hier geen mail" en heeft alleen zin als het enige. Naast andere MX-records spreekt het die tegen; sommige afzenders geloven het misschien en sturen de mail terug.',
    advice: 'Verwijder het record "MX 0 ." van {domain}, of alle andere.',
  },
  'implicit-mx': {
    title: 'geen MX-record, het domein zelf neemt de mail aan',
    explain:
      'Er is geen MX-record. Afzenders verbinden daarom met het adres van het domein zelf, alsof het zijn eigen MX-host met voorkeur 0 was. Dat werkt, maar is vaak niet wat de eigenaar bedoelde: het adres kan van een webserver zijn.',
    advice:
      'Publiceer een MX-record met de naam van de mailhost van {domain}, of de null MX als het geen mail aanneemt.',
  },
  'no-such-domain': {
    title: 'het domein bestaat niet',
    explain:
      'De DNS zegt dat deze naam niet bestaat. Dat is een duidelijk antwoord en niet het uitblijven ervan: mail hierheen wordt meteen teruggestuurd.',
    advice: 'Controleer de spelling van {domain}; klopt die, dan is de registratie of de delegatie vervallen.',
  },
  'no-address': {
    title: 'geen enkele mailhost heeft een adres',
    explain:
      'Het domein bestaat, maar noch de hosts in zijn MX-records noch, als die er niet zijn, het domein zelf heeft een IPv4- of IPv6-adres. Er is niets om mee te verbinden.',
    advice: 'Publiceer adresrecords voor de MX-hosts van {domain}, of verbeter de namen in de MX-records.',
  },
  'dns-failure': {
    title: 'de DNS gaf geen antwoord',
    explain:
      'Het opzoeken mislukte: geen resolver antwoordde op tijd, of het antwoord was dat het niet te achterhalen viel. Over de mailhosts zegt dit niets. Een afzender houdt de mail vast en probeert het later opnieuw; een storing geldt nooit als "dit record bestaat niet".',
    advice:
      'Probeer het opnieuw, of kies een andere resolver (op de opdrachtregel: --resolver); blijft het zo, dan ligt het aan de nameservers van {domain}.',
  },
  'dnssec-unknown': {
    title: 'niemand die wij geloven heeft gezegd of de DNS-antwoorden echt zijn',
    explain:
      'Wat de resolver over DNSSEC zegt, werd niet geloofd; of de MX-records ondertekend en echt zijn, is dus onbekend. Een resolver wordt alleen geloofd als u dat zegt, want zijn woord reist onbeschermd over een netwerk dat misschien in handen van een ander is.',
    advice:
      'Geef een resolver op waarvan u de weg vertrouwt (op de opdrachtregel: --resolver ADDRESS?trust-ad), of zet options trust-ad in resolv.conf.',
  },
  'mx-is-alias': {
    title: 'het MX-record noemt een alias',
    explain:
      'Een MX-record moet een host noemen die zelf adressen heeft. Dit record noemt een alias (CNAME). De meeste afzenders volgen die, sommige weigeren, en het wordt twijfelachtig welke naam er in het certificaat moet staan.',
    advice: 'Publiceer het MX-record met de naam waar de alias naar wijst.',
  },
  'mx-is-address-literal': {
    title: 'het MX-record noemt een IP-adres',
    explain:
      'Een MX-record moet een host noemen. Hier is in plaats daarvan een IP-adres ingevuld; voor de DNS is dat een naam zonder adres, en de meeste afzenders kunnen er niets mee.',
    advice: 'Geef het adres een naam, en publiceer die naam als MX.',
  },
  'mx-bad-name': {
    title: 'het MX-record noemt geen geldige host',
    explain:
      'De naam in het MX-record bevat tekens of labels die in een hostnaam niet mogen. Niemand kan er een adres bij opzoeken.',
    advice: 'Verbeter het MX-record van {domain}.',
  },
  'mx-has-no-address': {
    title: 'de MX-host heeft geen adres',
    explain:
      'Het MX-record noemt een host waarvoor de DNS een IPv4-adres noch een IPv6-adres heeft. Afzenders slaan hem over. Is het de enige, dan kan mail niet worden bezorgd.',
    advice: 'Publiceer een A- of AAAA-record voor {host}, of verwijder het MX-record dat deze host noemt.',
  },
  'mx-lookup-failed': {
    title: 'het adres van de MX-host kon niet worden opgezocht',
    explain:
      'De DNS gaf geen bruikbaar antwoord op de vraag naar het adres van deze host. Of hij er een heeft, is onbekend; een afzender zou de andere hosts proberen en later bij deze terugkomen.',
    advice: 'Controleer de nameservers van de zone van {host}.',
  },
  'mx-not-public': {
    title: 'de MX-host heeft een adres dat niet openbaar is',
    explain:
      'Het adres ligt in een bereik dat is bestemd voor privénetwerken, voor documentatie of voor de machine zelf. Niemand op internet kan daar mail bezorgen, en wie in het eigen netwerk van de afzender op dat adres zit, is iemand anders.',
    advice:
      'Haal het adres uit de openbare DNS van {host}; om binnen een privénetwerk te testen is er op de opdrachtregel --allow-private.',
  },
  'mx-duplicate': {
    title: 'dezelfde MX-host staat er twee keer',
    explain:
      'Dezelfde host staat meer dan eens in de MX-records. Hij wordt maar één keer geprobeerd; het tweede record doet niets.',
    advice: 'Verwijder het overtollige MX-record van {domain}.',
  },
  'too-many-hosts': {
    title: 'meer MX-hosts dan een afzender zou proberen',
    explain:
      'Het domein noemt meer MX-hosts dan er in één test worden bekeken. Ook afzenders hebben zulke grenzen en komen nooit bij de laatste.',
    advice: 'Breng het aantal MX-records van {domain} terug.',
  },
  'too-many-addresses': {
    title: 'meer adressen dan een afzender zou proberen',
    explain:
      'De host heeft meer adressen dan er in één test worden bekeken. Ook afzenders hebben zulke grenzen en komen nooit bij de laatste.',
    advice: 'Er hoeft niets te gebeuren; met minder adressen voor {host} gaat het net zo goed.',
  },
  'domain-is-alias': {
    title: 'het maildomein is een alias',
    explain:
      'Het domein is een alias (CNAME) van een ander, waarvan de MX-records worden gebruikt. Dat mag; een beleid zoals MTA-STS wordt nog steeds opgezocht onder de naam in het adres.',
    advice: 'Er hoeft niets te gebeuren, zolang beide namen door dezelfde mensen worden beheerd.',
  },
  'single-family': {
    title: 'bereikbaar via maar één adresfamilie',
    explain:
      'Alle adressen van de mailhosts zijn van één familie. Afzenders die alleen de andere hebben, kunnen niet rechtstreeks bezorgen.',
    advice: 'Overweeg de mailhosts van {domain} ook een adres van de andere familie te geven.',
  },
  'family-unusable': {
    title: 'deze machine kan die adresfamilie niet gebruiken',
    explain:
      'Deze machine heeft geen route of geen adres van de benodigde familie; het adres is daarom overgeslagen. Over de host zegt dat niets, en het kost geen punten.',
    advice: 'Test vanaf een machine die IPv4 en IPv6 heeft, of kies één familie (op de opdrachtregel: -4 of -6).',
  },
  'no-address-of-family': {
    title: 'de host heeft geen adres van de familie die gebruikt moest worden',
    explain:
      'Er was opgedragen maar één adresfamilie te gebruiken (op de opdrachtregel: -4, -6 of een bronadres van die familie), en daarvan heeft deze host geen adres. Misschien heeft hij er wel een van de andere familie; dat is niet gevraagd. Het pleit niet tegen de host en kost geen punten.',
    advice:
      'Laat de beperking weg (op de opdrachtregel: -4 en -6) om {host} te zien zoals afzenders met beide families.',
  },
  'no-answer-anywhere': {
    title: 'geen enkele host antwoordt op deze poort',
    explain:
      'Geen enkele poging om te verbinden kreeg een antwoord. Misschien liggen alle hosts plat, maar vaker komt het door deze machine: veel internetproviders en clouds laten uitgaande verbindingen naar poort 25 verdwijnen. Over de ontvanger is dan niets bekend.',
    advice:
      'Probeer een ontvanger waarvan bekend is dat hij antwoordt; zwijgt ook die, test dan vanaf een machine waarvan de weg naar buiten open is.',
  },
  'blocked-port': {
    title: 'de weg naar buiten op deze poort is hier geblokkeerd',
    explain:
      'Geen enkele host was op deze poort te bereiken, zelfs niet een waarvan bekend is dat hij antwoordt. Veel internetproviders en clouds blokkeren poort 25 voor hun klanten. Het ligt aan het netwerk van deze machine en niet aan de ontvanger; een score wordt niet gegeven.',
    advice: 'Test vanaf een machine waarvoor poort 25 open is, of vraag de provider die poort te openen.',
  },
  'run-stopped': {
    title: 'de test eindigde voordat dit te zien was',
    explain:
      'De test werd gestopt, of de tijd was om, terwijl deze host nog werd bekeken. Wat tot dan toe is gezien, wordt gemeld; uit de rest wordt niets afgeleid.',
    advice: 'Test opnieuw, met meer tijd als het daaraan lag (op de opdrachtregel: --deadline).',
  },
} as const satisfies Readonly<Record<keyof typeof ROUTE_FINDINGS, FindingWords>>;
