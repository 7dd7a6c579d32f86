/** What `explain` says of things that are no findings, in Spanish. */
import { SECURE_FROM } from '../../../probe/confidence.ts';
import type { ConceptCatalogue } from '../words.ts';

export const ES_CONCEPTS: ConceptCatalogue = {
  no: ['El remitente nunca usa TLS: el correo va sin cifrar. Un servidor que insiste en TLS lo rechaza (530).'],
  preferred: [
    'El remitente usa TLS donde se ofrece y no mira el certificado. Si TLS falla antes de que el servidor lo acepte con 220, el correo va sin cifrar; si falla después, nunca vuelve al texto en claro, y se intenta con el siguiente host.',
  ],
  required: [
    'El remitente usa TLS o no entrega. No mira el certificado, así que el correo va cifrado, pero quizá hacia otro.',
  ],
  'preferred-verify': [
    'Como preferred, y además se mira el certificado. Un certificado que no se puede verificar se anota en el registro; el correo va cifrado de todos modos. Sin TLS va sin cifrar.',
  ],
  'required-verify': [
    'El remitente entrega solo por TLS y solo cuando la cadena es de confianza y el certificado prueba ser del dominio del destinatario: V1 un SAN es el dominio, V2 el CN es el dominio, V3 el CN es el nombre inverso de la dirección, confirmado en sentido directo. El nombre del host MX no se acepta nunca: viene del DNS, que puede estar falsificado.',
  ],
  'required-verify-hosted': [
    'Como required-verify, pero hecho para el correo alojado: H1 un nombre del certificado es el dominio del destinatario, H2 es el host de una ruta explícita, H3 sin tal ruta es el nombre del host MX al que se ha conectado. Donde hay SAN, el CN no cuenta. H3 es débil, salvo que la respuesta del DNS estuviera protegida.',
  ],
  verify: [
    'El algoritmo Verify pregunta si un certificado prueba ser del dominio del destinatario: V1 un SAN es el dominio, V2 el CN es el dominio (un comodín equivale a una etiqueta), V3 el CN es el nombre inverso de la dirección, si ese nombre lleva de vuelta a ella. El nombre del host MX no se acepta nunca. Lo usan preferred-verify, required-verify y el comando tlsverify.',
  ],
  hosted: [
    'El algoritmo Hosted pregunta si un certificado prueba ser del dominio del destinatario (H1), del host de una ruta SMTP explícita (H2) o, sin tal ruta, del host MX al que se ha conectado (H3). Donde hay SAN, cuentan solo ellos; si no, el CN.',
  ],
  'mta-sts': [
    'MTA-STS (RFC 8461) permite a un dominio decir por HTTPS qué hosts MX tiene y que hay que llegar a ellos por TLS verificado. "enforce": los remitentes que conocen la política no entregan de otro modo; "testing": entregan e informan; "none": la política se ha retirado.',
  ],
  dane: [
    'DANE (RFC 7672) permite al propietario de un host publicar en una zona firmada qué certificado tiene (TLSA). Los remitentes con DANE entregan entonces solo a ese, sea cual sea la autoridad que lo emitió. Necesita DNSSEC en el camino.',
  ],
  answer: ['Se acepta la conexión TCP a la dirección y el puerto. El tiempo es el de la conexión.'],
  connect: [
    'Llega el saludo 220. Las esperas aquí suelen ser a propósito, o se deben a consultas lentas de quien recibe.',
  ],
  helo: [
    'Se acepta EHLO, o HELO donde EHLO no se conoce. Las extensiones como STARTTLS se enumeran en la respuesta a EHLO.',
  ],
  tls: ['Se ofrece STARTTLS, y se responde a la orden con 220.'],
  cert: [
    'La negociación (handshake) de TLS, la cadena de certificados hasta una raíz de confianza, y el nombre del host MX en el certificado. Un fallo aquí no impide el cifrado, y las etapas posteriores se hacen igualmente.',
  ],
  secure: ['Se responde al segundo EHLO, dentro de la sesión cifrada.'],
  from: ['Se acepta MAIL FROM. No cambia la puntuación.'],
  to: [
    'Se acepta RCPT TO. Se prueba solo donde se dio una dirección completa; no cambia la puntuación. Nunca se envía un mensaje.',
  ],
  encrypted: [
    'Se estableció una sesión TLS y SMTP continuó dentro de ella. Con quién, es otra pregunta: véase el certificado.',
  ],
  clear: ['SMTP funciona, pero sin TLS: no se ofrece o se rechazó. Puntúa 0.'],
  'broken-tls': [
    'El host aceptó TLS con 220, y luego falló. Los remitentes no deben volver aquí al texto en claro, así que el correo espera. Puntúa 0.',
  ],
  unreachable: ['No hay conexión TCP, o no hay saludo. Puede ser seguro o no: puntúa 50, con la mitad del peso.'],
  inconclusive: [
    'El host está ahí, pero nos hizo esperar antes de que se pudiera juzgar TLS. No entra en la puntuación, que es entonces provisional.',
  ],
  skipped: [
    'No se probó a causa de esta máquina: no tiene dirección de esa familia, o la dirección no está permitida. No cuesta nada.',
  ],
  expired: ['En toda ruta posible hay un certificado que ha pasado su fecha final.'],
  'not-yet-valid': ['En toda ruta posible hay un certificado cuya validez empieza en el futuro.'],
  'self-signed': ['El certificado está firmado con su propia clave y no es él mismo de confianza.'],
  'untrusted-root': ['La cadena está completa, pero la raíz de su final no está entre las anclas de confianza.'],
  'missing-intermediate': ['La cadena termina antes de una raíz, y el certificado que llevaría más allá no se envió.'],
  'not-a-ca': ['Un certificado que no puede firmar certificados ha firmado uno de la cadena.'],
  'path-too-long': ['Un certificado limita cuántos pueden seguirle, y le siguen más.'],
  'key-usage': ['Se usó una clave para algo que su certificado no permite.'],
  'extended-key-usage': ['El certificado no está destinado a servidores TLS.'],
  'name-constraints': ['Una autoridad solo puede emitir para ciertos nombres, y este no es ninguno de ellos.'],
  'unknown-critical-extension': ['Un certificado exige que se entienda una extensión, y no se entiende.'],
  'weak-key': ['Una clave de la cadena es tan corta que se puede romper.'],
  'weak-signature': ['Una firma de la cadena usa MD5 o SHA-1.'],
  'bad-signature': ['Una firma no encaja: el certificado se modificó, o lo firmó otra clave.'],
  revoked: ['La autoridad ha retirado el certificado.'],
  malformed: ['No se puede leer un certificado.'],
  'too-many-certificates': ['La cadena es más larga que cualquiera honrada y no se ha mirado.'],
  'search-limit': ['Se abandonó la búsqueda de una ruta: los certificados permiten demasiadas combinaciones.'],
  confidence: [
    `El Confidence Factor CF-1 (la confianza) es un número de 0 a 121; a partir de ${SECURE_FROM} la palabra es "seguro". Cada host recibe una puntuación: 0 sin cifrar o roto, 50 inaccesible, y si no, según la versión de TLS (1.0 70, 1.1 80, 1.2 100, 1.3 107), menos 10 por un fallo del certificado, menos hasta 9 por la cifra y la clave, nunca por debajo de 51, más 7 por cada uno de MTA-STS y DANE. Se promedian los hosts, cada preferencia peor con la mitad del peso.`,
    'La fórmula es propia de este proyecto, ajustada a los resultados publicados de un probador conocido. Un número de 90 con un fallo del certificado significa "cifrado, hacia alguien": lea las razones al lado. En la línea de comandos, "tlsreach probe --format detail" muestra cada término.',
  ],
};
