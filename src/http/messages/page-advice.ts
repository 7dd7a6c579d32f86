/** Advice for a page where that of the terminal names its options: what somebody in front of a browser can do. */
import type { FindingCode } from '../../probe/finding-catalogue.ts';
import type { Language } from '../languages.ts';

const CODES = [
  'dns-failure',
  'dnssec-unknown',
  'mx-not-public',
  'run-stopped',
  'slow-greeting',
  'ehlo-refused',
  'auth-failed',
  'sender-refused',
  'certificate-untrusted-root',
  'rate-limited',
  'helo-refused',
  'sender-not-verified',
  'greet-pause',
] as const satisfies readonly FindingCode[];

export const PAGE_ADVICE: Readonly<
  Record<Language, Readonly<Record<(typeof CODES)[number], string>> & Partial<Record<FindingCode, string>>>
> = {
  en: {
    'dns-failure': 'Try again in a minute. If it lasts, the name servers of {domain} are at fault.',
    'dnssec-unknown':
      'Whoever runs this service can name a resolver whose path is trusted; the answers themselves may be genuine all the same.',
    'mx-not-public': 'Remove the address from the public DNS of {host}, unless mail is only meant to come from inside.',
    'run-stopped': 'Run the test again; a test of fewer servers needs less time.',
    'slow-greeting':
      'Try again. If it is not on purpose, look for slow DNS or block list look-ups at {host}, before it greets.',
    'ehlo-refused':
      'Find out what {host} demands of the name in EHLO; the name that this test used is in the transcript.',
    'auth-failed': 'Whoever runs this service can check the name and the secret; strangers are tested without them.',
    'sender-refused':
      'See in the transcript why {host} refuses the sender of the test; mail from your own system may fare otherwise.',
    'certificate-untrusted-root':
      'Get a certificate for {host} from a public authority. If the authority is your own, senders have to be told to trust it.',
    'rate-limited': 'Wait, then test {host} again with “Only the server most mail would go to” among the options.',
    'helo-refused':
      '{host} refuses the name of the system that this test runs on; mail from your own system may fare otherwise.',
    'sender-not-verified':
      '{host} asks back whether the sender of the test exists; mail from a real sender may fare otherwise.',
    'greet-pause': 'Nothing has to be done: {host} waits on purpose before it greets.',
  },
  nl: {
    'dns-failure': 'Probeer het over een minuut opnieuw. Blijft het zo, dan ligt het aan de naamservers van {domain}.',
    'dnssec-unknown':
      'De beheerder van deze dienst kan een resolver opgeven waarvan de weg te vertrouwen is; de antwoorden zelf kunnen toch echt zijn.',
    'mx-not-public':
      'Verwijder het adres uit de openbare DNS van {host}, tenzij er alleen e-mail van binnenuit hoort te komen.',
    'run-stopped': 'Voer de test opnieuw uit; een test van minder servers kost minder tijd.',
    'slow-greeting':
      'Probeer het opnieuw. Is het geen opzet, zoek dan bij {host} naar trage DNS- of bloklijstvragen vóór de begroeting.',
    'ehlo-refused':
      'Zoek uit wat {host} van de naam in EHLO eist; de naam die deze test gebruikte staat in het transcript.',
    'auth-failed': 'De beheerder van deze dienst kan naam en geheim nakijken; vreemden worden zonder getest.',
    'sender-refused':
      'Kijk in het transcript waarom {host} de afzender van de test weigert; e-mail van uw eigen systeem kan het anders vergaan.',
    'certificate-untrusted-root':
      'Neem voor {host} een certificaat van een openbare autoriteit. Is het uw eigen autoriteit, dan moeten afzenders die leren vertrouwen.',
    'rate-limited':
      'Wacht even en test {host} dan opnieuw met de optie „Alleen de server waar de meeste e-mail heen gaat”.',
    'helo-refused':
      '{host} weigert de naam van het systeem waarop deze test draait; e-mail van uw eigen systeem kan het anders vergaan.',
    'sender-not-verified':
      '{host} vraagt na of de afzender van de test bestaat; e-mail van een echte afzender kan het anders vergaan.',
    'greet-pause': 'Er hoeft niets te gebeuren: {host} wacht met opzet voor de begroeting.',
  },
  es: {
    'dns-failure':
      'Inténtelo de nuevo en un minuto. Si persiste, la culpa es de los servidores de nombres de {domain}.',
    'dnssec-unknown':
      'Quien administra este servicio puede indicar un resolutor cuyo camino sea de confianza; aun así, las respuestas pueden ser auténticas.',
    'mx-not-public': 'Quite la dirección del DNS público de {host}, salvo que el correo solo deba llegar desde dentro.',
    'run-stopped': 'Repita la prueba; probar menos servidores lleva menos tiempo.',
    'slow-greeting':
      'Inténtelo de nuevo. Si no es a propósito, busque en {host} consultas lentas al DNS o a listas de bloqueo antes del saludo.',
    'ehlo-refused': 'Averigüe qué exige {host} del nombre en EHLO; el que usó esta prueba está en la transcripción.',
    'auth-failed':
      'Quien administra este servicio puede revisar el nombre y el secreto; a los extraños se les prueba sin ellos.',
    'sender-refused':
      'Vea en la transcripción por qué {host} rechaza al remitente de la prueba; al correo de su propio sistema puede irle de otro modo.',
    'certificate-untrusted-root':
      'Obtenga para {host} un certificado de una autoridad pública. Si la autoridad es la suya, los remitentes tienen que confiar en ella.',
    'rate-limited':
      'Espere y vuelva a probar {host} con la opción «Solo el servidor al que iría la mayoría del correo».',
    'helo-refused':
      '{host} rechaza el nombre del sistema en que se ejecuta esta prueba; al correo de su propio sistema puede irle de otro modo.',
    'sender-not-verified':
      '{host} comprueba si existe el remitente de la prueba; al correo de un remitente real puede irle de otro modo.',
    'greet-pause': 'No hay que hacer nada: {host} espera a propósito antes de saludar.',
  },
  pt: {
    'dns-failure': 'Tente de novo daqui a um minuto. Se persistir, a culpa é dos servidores de nomes de {domain}.',
    'dnssec-unknown':
      'Quem administra este serviço pode indicar um resolvedor cujo caminho seja de confiança; ainda assim, as respostas podem ser autênticas.',
    'mx-not-public': 'Retire o endereço do DNS público de {host}, a menos que o e-mail só deva chegar de dentro.',
    'run-stopped': 'Repita o teste; testar menos servidores leva menos tempo.',
    'slow-greeting':
      'Tente de novo. Se não for de propósito, procure em {host} consultas lentas ao DNS ou a listas de bloqueio antes da saudação.',
    'ehlo-refused': 'Descubra o que {host} exige do nome em EHLO; o que este teste usou está na transcrição.',
    'auth-failed':
      'Quem administra este serviço pode verificar o nome e o segredo; a estranhos o teste é feito sem eles.',
    'sender-refused':
      'Veja na transcrição por que {host} recusa o remetente do teste; ao e-mail do seu sistema pode acontecer outra coisa.',
    'certificate-untrusted-root':
      'Obtenha para {host} um certificado de uma autoridade pública. Se a autoridade for a sua, os remetentes têm de confiar nela.',
    'rate-limited': 'Espere e teste {host} de novo com a opção «Só o servidor para onde iria a maior parte do e-mail».',
    'helo-refused':
      '{host} recusa o nome do sistema em que este teste corre; ao e-mail do seu sistema pode acontecer outra coisa.',
    'sender-not-verified':
      '{host} verifica se o remetente do teste existe; ao e-mail de um remetente real pode acontecer outra coisa.',
    'greet-pause': 'Não é preciso fazer nada: {host} espera de propósito antes de saudar.',
  },
  ja: {
    'dns-failure': '1分ほど待って再度お試しください。続く場合は {domain} のネームサーバーに原因があります。',
    'dnssec-unknown':
      'このサービスの管理者は、経路を信頼できるリゾルバーを指定できます。それがなくても回答自体は本物かもしれません。',
    'mx-not-public': '内部からのメールだけを受けるのでなければ、{host} の公開 DNS からこのアドレスを削除してください。',
    'run-stopped': 'テストをもう一度実行してください。サーバーの数が少ないほど短時間で終わります。',
    'slow-greeting':
      'もう一度お試しください。意図したものでなければ、{host} が挨拶の前に行う DNS やブロックリストの照会が遅くないか調べてください。',
    'ehlo-refused': '{host} が EHLO の名前に何を求めているか調べてください。このテストが使った名前は記録にあります。',
    'auth-failed': 'このサービスの管理者が名前と秘密を確認できます。見知らぬ相手としてのテストでは使いません。',
    'sender-refused':
      '{host} がテストの送信者を拒否する理由は記録にあります。ご自身のシステムからのメールでは結果が異なることがあります。',
    'certificate-untrusted-root':
      '{host} の証明書を公的な認証局から取得してください。ご自身の認証局であれば、送信側にそれを信頼してもらう必要があります。',
    'rate-limited':
      '少し待ってから、オプション「大半のメールが届くサーバーのみ」で {host} をもう一度テストしてください。',
    'helo-refused':
      '{host} はこのテストが動いているシステムの名前を拒否します。ご自身のシステムからのメールでは結果が異なることがあります。',
    'sender-not-verified':
      '{host} はテストの送信者が実在するか確かめます。実在の送信者からのメールでは結果が異なることがあります。',
    'greet-pause': '対応は不要です。{host} は意図的に挨拶の前に待っています。',
  },
};
