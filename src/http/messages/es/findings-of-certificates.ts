/** Findings about certificates, in Spanish. */
import type { CERTIFICATE_FINDINGS } from '../../../probe/findings-of-certificates.ts';
import type { FindingWords } from '../words.ts';

export const ES_CERTIFICATE_FINDINGS = {
  'certificate-name': {
    title: 'el certificado es para otro nombre',
    explain:
      'El certificado no lleva el nombre del host MX. El correo va cifrado, pero nada muestra que al otro lado esté el host correcto. Es el fallo más frecuente, sobre todo con el correo alojado: un comodín equivale a exactamente una etiqueta, y *.example.net no cubre a.b.example.net.',
    advice: 'Añada DNS:{host} al certificado, o publique el MX como {presented}.',
  },
  'certificate-expired': {
    title: 'el certificado ha caducado',
    explain:
      'Un certificado de la cadena ha pasado su fecha final. Los remitentes que solo quieren cifrado siguen entregando; los que verifican, no.',
    advice: 'Renueve el certificado de {host}, y averigüe por qué no se hizo la renovación.',
  },
  'certificate-not-yet-valid': {
    title: 'el certificado todavía no es válido',
    explain: 'La validez de un certificado de la cadena empieza en el futuro, según el reloj de esta máquina.',
    advice:
      'Compruebe los relojes de ambas máquinas; si están bien, instale en {host} un certificado que sea válido ahora.',
  },
  'certificate-self-signed': {
    title: 'el certificado es autofirmado',
    explain:
      'El host firmó él mismo su certificado. Para cifrar basta, pero cualquiera puede hacer uno igual, así que no prueba nada sobre quién está al otro lado, salvo que un registro DANE responda por él.',
    advice:
      'Obtenga para {host} un certificado de una autoridad pública, o publique para él un registro TLSA en una zona firmada.',
  },
  'certificate-untrusted-root': {
    title: 'la cadena termina en una raíz en la que aquí nadie confía',
    explain:
      'La cadena está completa, pero la autoridad de su final no está entre las de confianza. Es lo normal con la autoridad privada de una empresa, y no sirve de nada ante desconocidos.',
    advice:
      'Obtenga para {host} un certificado de una autoridad pública; si la autoridad es suya, añádala (en la línea de comandos: --ca-file).',
  },
  'certificate-missing-intermediate': {
    title: 'falta un certificado intermedio',
    explain:
      'El host envía su propio certificado, pero no el que lo enlaza con una raíz de confianza. Los navegadores suelen ir a buscar la pieza que falta, los servidores de correo no: para ellos el certificado no vale nada.',
    advice: 'Instale en {host} la cadena completa: primero el certificado, después los intermedios por orden.',
  },
  'certificate-revoked': {
    title: 'el certificado está revocado',
    explain: 'La autoridad ha retirado el certificado, como se hace tras el robo de una clave.',
    advice: 'Genere en {host} una clave nueva y obtenga para ella un certificado nuevo.',
  },
  'certificate-weak-key': {
    title: 'una clave de la cadena es demasiado corta',
    explain:
      'Un certificado de la cadena tiene una clave tan corta que se puede romper, así que no se confía en la cadena.',
    advice: 'Genere en {host} una clave nueva: RSA de 2048 bits o más, o ECDSA P-256.',
  },
  'certificate-weak-signature': {
    title: 'una firma de la cadena es demasiado débil',
    explain: 'Un certificado de la cadena está firmado con MD5 o SHA-1, con los que se pueden falsificar firmas.',
    advice: 'Obtenga para {host} un certificado firmado con SHA-256 o mejor.',
  },
  'certificate-invalid': {
    title: 'la cadena incumple una regla',
    explain:
      'Los certificados encajan entre sí, pero la ruta incumple una regla: un certificado que no puede firmar otros lo hizo, se supera un límite de longitud, de uso o de nombres, o hay algo que no se puede leer.',
    advice: 'Lea el detalle, y pida a la autoridad que emitió el certificado de {host} que emita uno correcto.',
  },
  'certificate-near-expiry': {
    title: 'el certificado caduca pronto',
    explain:
      'Queda poco de la vida del certificado. Una renovación automática ya debería haber ocurrido; si falla, el correo de los remitentes que verifican se detiene el último día.',
    advice: 'Renueve ya el certificado de {host}, y compruebe la renovación automática.',
  },
  'chain-duplicate': {
    title: 'un certificado se envía dos veces',
    explain:
      'El mismo certificado está más de una vez en la cadena. La mayoría del software lo tolera, alguno rechaza la cadena; suele ocurrir después de una renovación.',
    advice: 'Quite el certificado repetido del archivo de cadena de {host}.',
  },
  'chain-misordered': {
    title: 'la cadena está en un orden equivocado',
    explain:
      'A cada certificado debería seguirle el que lo firmó. La mayoría del software lo ordena por sí mismo, el más antiguo falla.',
    advice: 'Ordene el archivo de cadena de {host}: primero su propio certificado, después cada emisor en su turno.',
  },
  'chain-foreign': {
    title: 'un certificado de la cadena no es de ahí',
    explain:
      'El host envía un certificado que no forma parte de ninguna ruta del suyo a una raíz. Cuesta bytes y confunde a quien lo lee.',
    advice: 'Quite del archivo de cadena de {host} el certificado que no corresponde.',
  },
  'chain-root-sent': {
    title: 'el certificado raíz se envía también',
    explain:
      'El host envía la propia raíz. No hace daño: quien confía en la raíz ya la tiene, y quien no la tiene no va a empezar a confiar en ella.',
    advice: 'La raíz se puede quitar del archivo de cadena de {host}, salvo donde un registro DANE-TA la necesite.',
  },
  'staple-missing': {
    title: 'falta una respuesta OCSP adjunta (stapling)',
    explain:
      'El certificado dice que su servidor envía siempre con él una palabra reciente de la autoridad de que no está revocado (must-staple). El host no envía ninguna. Los servidores de correo hoy lo toleran; los clientes que toman al certificado por su palabra no se conectan.',
    advice: 'Active OCSP stapling en {host}, u obtenga un certificado sin la extensión must-staple.',
  },
  'revocation-not-known': {
    title: 'no se pudo saber si el certificado está revocado',
    explain:
      'Se preguntó en los lugares que el certificado nombra, y ninguno dio una respuesta que cuente. Los remitentes que llegan a preguntar siguen adelante en tal caso, y esta prueba también: se da por bueno el certificado.',
    advice: 'Inténtelo más tarde; si sigue igual, pregunte a la autoridad que emitió el certificado de {host}.',
  },
} as const satisfies Readonly<Record<keyof typeof CERTIFICATE_FINDINGS, FindingWords>>;
