/** Findings that tell whose doing it is, in Spanish. */
import type { BLAME_FINDINGS } from '../../../probe/findings-of-blame.ts';
import type { FindingWords } from '../words.ts';

export const ES_BLAME_FINDINGS = {
  greylisted: {
    title: 'el host hace esperar a los remitentes que no conoce (greylisting)',
    explain:
      'Al primer intento de un remitente desconocido se le responde "más tarde", y a quien vuelve pasados unos minutos se le deja entrar. Los servidores de correo de verdad vuelven por sí solos, así que el correo llega con retraso. El host no tiene ningún fallo, y nadie tiene que hacer nada.',
    advice: 'Espere lo que diga la respuesta, o cinco minutos, y repita la prueba desde la misma dirección.',
  },
  'rate-limited': {
    title: 'el host limita la frecuencia con que se puede venir',
    explain:
      'El host cuenta las conexiones o los mensajes de cada dirección, y esta ha venido demasiado a menudo o demasiadas veces a la vez. No dice nada del TLS del host; a una prueba que siguiera solo se la haría esperar más.',
    advice:
      'Espere, y luego pruebe {host} de nuevo con menos conexiones a la vez (en la línea de comandos: --concurrency, --quick).',
  },
  blocklisted: {
    title: 'la dirección de esta prueba está en una lista de bloqueo',
    explain:
      'El host rechaza la dirección desde la que se hizo esta prueba, porque figura en una lista de bloqueo o porque allí tiene mala fama. Las direcciones de acceso telefónico, de nubes y de hogares suelen figurar por rangos enteros. No es culpa del host, y el correo de otra dirección puede ser bienvenido.',
    advice:
      'Pruebe desde la dirección que envía de verdad el correo; si esa figura también, pida a la lista nombrada que la quite.',
  },
  'reverse-dns-wanted': {
    title: 'el host quiere un nombre inverso del remitente (DNS inverso)',
    explain:
      'El host solo acepta correo de direcciones con un registro PTR cuyo nombre lleve de vuelta a ellas. La dirección de esta prueba no tiene ninguno, o uno que lleva a otra parte.',
    advice:
      'Dé a la dirección que envía un registro PTR, y a su nombre un registro de dirección que lleve de vuelta; o pruebe desde el remitente real.',
  },
  'helo-refused': {
    title: 'el host rechaza el nombre en EHLO',
    explain:
      'Al host no le gustó el nombre que esta prueba dio en EHLO: debe ser un nombre de host completo, y muchos hosts quieren además que exista en el DNS.',
    advice: 'Indique el nombre de host del servidor que envía (en la línea de comandos: --helo).',
  },
  'sender-not-verified': {
    title: 'el host no pudo verificar la dirección del remitente',
    explain:
      'El host comprobó el remitente del sobre y no quedó conforme: su dominio no existe, falló una llamada de comprobación (callback), o SPF no permite a esta máquina usarlo. Se refiere al remitente de esta prueba, no al host.',
    advice:
      'Indique una dirección para la que esta máquina pueda enviar (en la línea de comandos: --mail-from), o pruebe desde el remitente real.',
  },
  'mailbox-full': {
    title: 'el buzón está lleno',
    explain: 'El destinatario existe, pero no tiene sitio para más correo. Se refiere solo al buzón.',
    advice: 'Avise al dueño del buzón por otra vía, o pruebe con otro destinatario.',
  },
  'tls-wanted': {
    title: 'el host solo acepta correo dentro de TLS',
    explain:
      'El host rechazó una orden sin cifrar y pidió antes STARTTLS. Eso es bueno: nadie puede enviarle correo sin cifrar.',
    advice: 'No hay que hacer nada, mientras STARTTLS funcione en {host}.',
  },
  'greet-pause': {
    title: 'el host espera antes de saludar',
    explain:
      'El saludo llegó tarde, y todas las respuestas posteriores llegaron enseguida: una pausa hecha a propósito. Los programas que envían spam no esperan y así se delatan; los servidores de correo esperan minutos sin problema.',
    advice:
      'No hay que hacer nada; dé a las pruebas de {host} bastante más tiempo que la pausa (en la línea de comandos: --timeout).',
  },
  tarpit: {
    title: 'el host responde despacio a cada orden (tarpit)',
    explain:
      'Varias respuestas tardaron mucho, una tras otra, aunque la conexión en sí es rápida. Algunos hosts frenan a propósito a los desconocidos; un host sobrecargado se ve igual.',
    advice:
      'Repita la prueba desde una dirección que {host} conozca; si también ahí va lento, mire su carga y sus consultas.',
  },
  'large-flights-stall': {
    title: 'la negociación se atasca donde tocan paquetes grandes',
    explain:
      'Los paquetes pequeños del diálogo pasaron, y luego la negociación (handshake) de TLS enmudeció justo cuando había mucho en camino a la vez: nuestro ClientHello, que con claves poscuánticas llena más de un paquete, o los certificados del host. Así se ve un camino con una MTU menor cuando un cortafuegos descarta los mensajes ICMP que lo dirían.',
    advice:
      'Deje pasar ICMP "fragmentation needed" y "packet too big" en el camino a {host}, o limite el MSS en el túnel o el cortafuegos; compare con una prueba desde otra red.',
  },
  'canary-answered': {
    title: 'el silencio es suyo: un canario responde',
    explain:
      'No respondió ningún host del objetivo, pero sí uno del que se sabe que responde (el canario). Así que el puerto no está bloqueado a la salida de esta máquina; los hosts están caídos, o no dejan entrar a esta dirección.',
    advice:
      'Mire los hosts y el cortafuegos que tienen delante; pruebe desde otra dirección para distinguir lo uno de lo otro.',
  },
  inconsistent: {
    title: 'el mismo host muestra un TLS distinto cada vez',
    explain:
      'Las direcciones de un host, o una misma dirección en momentos distintos, difieren en si se ofrece STARTTLS, en la versión de TLS, o en los nombres del certificado. Con cuál de ellas da un mensaje es azar, y por tanto también lo es su protección.',
    advice: 'Dé a todas las máquinas detrás de {host} la misma configuración y los mismos nombres en el certificado.',
  },
  'inconsistent-identity': {
    title: 'las máquinas detrás del host se distinguen entre sí',
    explain:
      'Las direcciones de un host, o una misma dirección en momentos distintos, presentan certificados distintos para los mismos nombres, o saludan con nombres distintos. Es lo habitual detrás de un balanceador de carga y durante una renovación; con registros TLSA, cada certificado debe coincidir con uno de ellos.',
    advice: 'No hay que hacer nada, salvo que uno de los certificados de {host} sea uno antiguo que quedó olvidado.',
  },
  'ptr-missing': {
    title: 'la dirección no tiene un nombre inverso que lleve de vuelta (DNS inverso)',
    explain:
      'La dirección del host no tiene registro PTR, o su nombre no lleva de vuelta a ella. Para recibir correo no hace falta; si la misma máquina también envía, muchos receptores la rechazarán.',
    advice: 'Dé a la dirección de {host} un registro PTR, y a su nombre un registro de dirección que lleve de vuelta.',
  },
  'caa-forbids-issuer': {
    title: 'los registros CAA no permiten la autoridad de este certificado',
    explain:
      'Los registros CAA dicen qué autoridades de certificación pueden emitir para un nombre. El certificado en uso viene de otra. Sigue siendo válido, porque CAA solo cuenta en el momento de la emisión, pero la próxima renovación será rechazada.',
    advice: 'Añada la autoridad en uso a los registros CAA de {host}, o renueve con una de las nombradas.',
  },
  'name-servers-disagree': {
    title: 'los servidores de nombres de la zona dan respuestas distintas',
    explain:
      'Se preguntó uno por uno a los servidores de nombres autoritativos y no dicen lo mismo. Qué respuesta recibe un remitente es azar; con registros TLSA, una respuesta antigua hace que los remitentes con DANE retengan su correo. Normalmente un secundario está desactualizado, o un cambio se está propagando en ese momento.',
    advice:
      'Compare los números de serie de la zona en sus servidores de nombres, y arregle la transferencia a los que se quedan atrás.',
  },
} as const satisfies Readonly<Record<keyof typeof BLAME_FINDINGS, FindingWords>>;
