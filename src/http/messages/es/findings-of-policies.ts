/** Findings about what the domain publishes, in Spanish. */
import type { POLICY_FINDINGS } from '../../../probe/findings-of-policies.ts';
import type { FindingWords } from '../words.ts';

export const ES_POLICY_FINDINGS = {
  'mta-sts-failed': {
    title: 'no se puede obtener la política MTA-STS',
    explain:
      'El dominio anuncia una política MTA-STS, pero no se puede descargar o leer, o nadie sabe si existe. Los remitentes que guardaron una política anterior la siguen aplicando; los nuevos no ven ninguna, así que para ellos no hay protección.',
    advice:
      'Sirva la política en https://mta-sts.{domain}/.well-known/mta-sts.txt con un certificado para exactamente ese nombre, sin redirecciones, y ponga un id nuevo en el registro.',
  },
  'mta-sts-not-covered': {
    title: 'la política MTA-STS no nombra este host',
    explain:
      'La política enumera los hosts que pueden recibir el correo del dominio, y este host MX no está entre ellos. Mientras la política esté en modo enforce, los remitentes con MTA-STS no entregan ahí. Un comodín equivale a exactamente una etiqueta.',
    advice: 'Añada "mx: {host}" a la política de {domain} y ponga un id nuevo en el registro, o quite el registro MX.',
  },
  'mta-sts-testing': {
    title: 'la política MTA-STS está en modo de prueba',
    explain:
      'En el modo de prueba, los remitentes informan de los fallos y entregan de todos modos, así que la política aún no protege a nadie. Está pensado como primer paso.',
    advice:
      'Cuando los informes sobre TLS no muestren fallos, cambie el modo a "enforce" y ponga un id nuevo en el registro.',
  },
  'mta-sts-warning': {
    title: 'algo de la política MTA-STS no está como debería',
    explain:
      'La política se encuentra y se aplica, pero algo en ella es inusual, la debilita o hace que algunos remitentes la rechacen.',
    advice:
      'Corríjalo en el host de la política de {domain}, y ponga un id nuevo en el registro cuando cambie la política.',
  },
  'dane-mismatch': {
    title: 'ningún registro TLSA coincide con el certificado',
    explain:
      'El host tiene registros TLSA, y ninguno coincide con el certificado que presenta. Los remitentes con DANE no le entregan nada. La causa habitual es una clave nueva sin un registro nuevo.',
    advice:
      'Publique el registro de la clave que está en uso antes de que la clave cambie, y quite el antiguo solo después.',
  },
  'dane-unusable': {
    title: 'registros TLSA que nadie puede usar',
    explain:
      'Hay registros TLSA, pero ninguno es de un tipo que usen los servidores de correo: usage 2 o 3, selector 0 o 1, matching type de 0 a 2, y un resumen de la longitud correcta. Los remitentes con DANE necesitan entonces TLS, pero no comprueban ningún certificado.',
    advice: 'Publique "3 1 1" con el resumen SHA-256 de la clave pública de {host}.',
  },
  'dane-failed': {
    title: 'no se pueden consultar los registros TLSA',
    explain:
      'La pregunta por los registros TLSA, o por la dirección a la que corresponden, quedó sin respuesta o no superó la validación. Un remitente con DANE no debe tomarlo por "no hay registros": conserva el correo y lo intenta de nuevo.',
    advice:
      'Haga a los servidores de nombres de {host} la pregunta por sus registros TLSA y mire qué responden; los equipos intermedios que descartan tipos desconocidos causan esto también.',
  },
  'dane-note': {
    title: 'conviene saberlo sobre los registros TLSA',
    explain:
      'Algo de los registros TLSA o del certificado que hay detrás es inusual, sin ser un fallo para los remitentes con DANE.',
    advice: 'Quite los registros que ya no coinciden con nada, una vez pasado su tiempo de vida (TTL).',
  },
  'tlsrpt-faulty': {
    title: 'el registro TLSRPT no es válido',
    explain:
      'El registro que dice adónde van los informes sobre fallos de TLS no se puede usar, así que no se envía ninguno.',
    advice: 'Publique un solo registro TXT en _smtp._tls.{domain}: "v=TLSRPTv1; rua=mailto:tls-reports@{domain}".',
  },
} as const satisfies Readonly<Record<keyof typeof POLICY_FINDINGS, FindingWords>>;
