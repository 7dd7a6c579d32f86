/** Findings about the way from a domain to its mail hosts, in Spanish. */
import type { ROUTE_FINDINGS } from '../../../probe/findings-of-routes.ts';
import type { FindingWords } from '../words.ts';

export const ES_ROUTE_FINDINGS = {
  'null-mx': {
    title: 'el dominio no acepta correo',
    explain:
      'El dominio publica el registro MX nulo (null MX), "0 .". Con él, el propietario dice que no se acepta correo para ninguna dirección de este dominio. Un remitente desiste enseguida en lugar de intentarlo durante días, así que no hay nada que probar ni puntuación.',
    advice: 'Si se desea recibir correo en {domain}, sustituya el null MX por los nombres de hosts de correo reales.',
  },
  'null-mx-among-others': {
    title: 'hay un null MX junto a otros de verdad',
    explain:
      'El registro null MX significa "aquí no hay correo" y solo tiene sentido si es el único. Junto a otros registros MX, los contradice; puede que algunos remitentes le hagan caso y devuelvan el correo.',
    advice: 'Quite el registro "MX 0 ." de {domain}, o todos los demás.',
  },
  'implicit-mx': {
    title: 'no hay registro MX, el propio dominio recibe el correo',
    explain:
      'No hay registro MX, así que los remitentes se conectan a la dirección del propio dominio, como si fuera su propio host MX con preferencia 0. Funciona, pero a menudo no es lo que quería el propietario: la dirección puede ser la de un servidor web.',
    advice: 'Publique un registro MX con el nombre del host de correo de {domain}, o el null MX si no acepta correo.',
  },
  'no-such-domain': {
    title: 'el dominio no existe',
    explain:
      'El DNS dice que este nombre no existe. Es una respuesta clara y no una falta de respuesta: el correo a él se devuelve enseguida.',
    advice: 'Compruebe cómo está escrito {domain}; si está bien, su registro o su delegación ha caducado.',
  },
  'no-address': {
    title: 'ningún host de correo tiene dirección',
    explain:
      'El dominio existe, pero ni los hosts que nombran sus registros MX ni, a falta de estos, el propio dominio tienen una dirección IPv4 o IPv6. No hay adónde conectarse.',
    advice: 'Publique registros de dirección para los hosts MX de {domain}, o corrija los nombres de sus registros MX.',
  },
  'dns-failure': {
    title: 'el DNS no dio respuesta',
    explain:
      'La consulta falló: ningún resolver respondió a tiempo, o respondió que no podía averiguarlo. Esto no dice nada de los hosts de correo. Un remitente conserva el correo y lo intenta más tarde; nunca toma un fallo por "no existe tal registro".',
    advice:
      'Inténtelo de nuevo, o indique otro resolver (en la línea de comandos: --resolver); si persiste, el problema está en los servidores de nombres de {domain}.',
  },
  'dnssec-unknown': {
    title: 'nadie a quien creamos ha dicho si las respuestas del DNS son auténticas',
    explain:
      'No se creyó al resolver en lo que dice de DNSSEC, así que no se sabe si los registros MX están firmados y son auténticos. Solo se cree a un resolver cuando usted lo dice, porque su palabra viaja sin protección por una red que quizá controle otro.',
    advice:
      'Indique un resolver en cuyo camino confíe (en la línea de comandos: --resolver ADDRESS?trust-ad), o ponga options trust-ad en resolv.conf.',
  },
  'mx-is-alias': {
    title: 'el registro MX nombra un alias',
    explain:
      'Un registro MX debe nombrar un host que tenga direcciones propias. Este nombra un alias (CNAME). La mayoría de los remitentes lo sigue, algunos lo rechazan, y deja en duda qué nombre debe llevar el certificado.',
    advice: 'Publique el registro MX con el nombre al que apunta el alias.',
  },
  'mx-is-address-literal': {
    title: 'el registro MX nombra una dirección IP',
    explain:
      'Un registro MX debe nombrar un host. Aquí se escribió en su lugar una dirección IP; para el DNS eso es un nombre sin dirección alguna, y la mayoría de los remitentes no puede usarlo.',
    advice: 'Dé un nombre a la dirección y publique ese nombre como MX.',
  },
  'mx-bad-name': {
    title: 'el registro MX no nombra un host válido',
    explain:
      'El nombre del registro MX tiene caracteres o etiquetas que un nombre de host no puede tener. Nadie puede consultar su dirección.',
    advice: 'Corrija el registro MX de {domain}.',
  },
  'mx-has-no-address': {
    title: 'el host MX no tiene dirección',
    explain:
      'El registro MX nombra un host para el que el DNS no tiene dirección IPv4 ni IPv6. Los remitentes se lo saltan. Si es el único, el correo no se puede entregar.',
    advice: 'Publique un registro A o AAAA para {host}, o quite el registro MX que lo nombra.',
  },
  'mx-lookup-failed': {
    title: 'no se pudo consultar la dirección del host MX',
    explain:
      'El DNS no dio una respuesta utilizable sobre la dirección de este host. No se sabe si la tiene; un remitente probaría con los demás hosts y volvería a este más tarde.',
    advice: 'Revise los servidores de nombres de la zona de {host}.',
  },
  'mx-not-public': {
    title: 'el host MX tiene una dirección que no es pública',
    explain:
      'La dirección está en un rango reservado para redes privadas, para documentación o para la propia máquina. Nadie en Internet puede entregar correo ahí, y quien esté en esa dirección dentro de la red del remitente es otro.',
    advice:
      'Quite la dirección del DNS público de {host}; para probar dentro de una red privada está --allow-private en la línea de comandos.',
  },
  'mx-duplicate': {
    title: 'el mismo host MX figura dos veces',
    explain:
      'El mismo host aparece más de una vez en los registros MX. Solo se intenta una vez; el segundo registro no hace nada.',
    advice: 'Quite el registro MX sobrante de {domain}.',
  },
  'too-many-hosts': {
    title: 'más hosts MX de los que un remitente intentaría',
    explain:
      'El dominio tiene más hosts MX de los que se examinan en una prueba. También los remitentes tienen tales límites y nunca llegan a los últimos.',
    advice: 'Reduzca el número de registros MX de {domain}.',
  },
  'too-many-addresses': {
    title: 'más direcciones de las que un remitente intentaría',
    explain:
      'El host tiene más direcciones de las que se examinan en una prueba. También los remitentes tienen tales límites y nunca llegan a las últimas.',
    advice: 'No hay que hacer nada; con menos direcciones para {host} bastaría igual.',
  },
  'domain-is-alias': {
    title: 'el dominio de correo es un alias',
    explain:
      'El dominio es un alias (CNAME) de otro, cuyos registros MX se usan. Está permitido; las políticas como MTA-STS se siguen buscando con el nombre que figura en la dirección.',
    advice: 'No hay que hacer nada, mientras ambos nombres los lleven las mismas personas.',
  },
  'single-family': {
    title: 'accesible por una sola familia de direcciones',
    explain:
      'Todas las direcciones de los hosts de correo son de una misma familia. Los remitentes que solo tienen la otra no pueden entregar directamente.',
    advice: 'Considere dar a los hosts de correo de {domain} una dirección de la otra familia.',
  },
  'family-unusable': {
    title: 'esta máquina no puede usar esa familia de direcciones',
    explain:
      'Esta máquina no tiene ruta o no tiene dirección de la familia necesaria, así que la dirección se omitió. No dice nada del host y no resta puntos.',
    advice:
      'Haga la prueba desde una máquina que tenga IPv4 e IPv6, o elija una familia (en la línea de comandos: -4 o -6).',
  },
  'no-address-of-family': {
    title: 'el host no tiene dirección de la familia que había que usar',
    explain:
      'Se pidió usar una sola familia de direcciones (en la línea de comandos: -4, -6 o una dirección de origen de esa familia), y este host no tiene dirección de ella. Puede que tenga una de la otra familia; eso no se preguntó. No dice nada en contra del host y no resta puntos.',
    advice:
      'Haga la prueba sin esa limitación (en la línea de comandos: -4 y -6) para ver {host} como lo ven los remitentes con ambas familias.',
  },
  'no-answer-anywhere': {
    title: 'ningún host responde en este puerto',
    explain:
      'Ninguna petición de conexión tuvo respuesta. Puede que todos los hosts estén caídos, pero es más frecuente que se deba a esta máquina: muchos proveedores de acceso y nubes descartan las conexiones salientes al puerto 25. De quien recibe no se sabe entonces nada.',
    advice:
      'Pruebe con un receptor del que se sepa que responde; si también calla, haga la prueba desde una máquina con la salida abierta.',
  },
  'blocked-port': {
    title: 'la salida por este puerto está bloqueada aquí',
    explain:
      'No se pudo llegar a ningún host en este puerto, ni siquiera a uno del que se sabe que responde. Muchos proveedores de acceso y nubes bloquean el puerto 25 a sus clientes. Se debe a la red de esta máquina, no a quien recibe, y no se da puntuación.',
    advice: 'Haga la prueba desde una máquina con el puerto 25 abierto, o pida al proveedor que lo abra.',
  },
  'run-stopped': {
    title: 'la prueba terminó antes de que esto se pudiera ver',
    explain:
      'La prueba se detuvo, o se le acabó el tiempo, mientras se examinaba este host. Se informa de lo visto hasta entonces; del resto no se concluye nada.',
    advice: 'Repita la prueba, con más tiempo si fue eso lo que la terminó (en la línea de comandos: --deadline).',
  },
} as const satisfies Readonly<Record<keyof typeof ROUTE_FINDINGS, FindingWords>>;
