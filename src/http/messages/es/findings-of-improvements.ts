/** What is not wrong but could be better, in Spanish. */
import type { IMPROVEMENT_FINDINGS } from '../../../probe/findings-of-improvements.ts';
import type { FindingWords } from '../words.ts';

export const ES_IMPROVEMENT_FINDINGS = {
  'dane-absent': {
    title: 'el host podría tener registros TLSA',
    explain:
      'La zona del host está firmada, de modo que los registros TLSA contarían, y no hay ninguno. Con ellos, los remitentes con DANE cifran sin excepción y saben con quién hablan.',
    advice: 'Publique el registro TLSA de la clave de {host}, y antes de cada cambio de clave, el de la siguiente.',
  },
  'mta-sts-absent': {
    title: 'el dominio podría tener una política MTA-STS',
    explain:
      'El dominio no anuncia ninguna política MTA-STS. Con una, los remitentes que la respetan no se dejan disuadir de cifrar y miran el certificado.',
    advice:
      'Sirva en mta-sts.{domain} una política en modo de prueba, anúnciela, y pásela al modo enforce cuando los informes estén limpios.',
  },
  'tlsrpt-absent': {
    title: 'el dominio podría recibir informes sobre fallos de TLS',
    explain:
      'El dominio no dice adónde van los informes sobre fallos de TLS, así que nadie informa de ellos a su propietario.',
    advice: 'Publique un registro TXT en _smtp._tls.{domain} con una dirección en la que se lean tales informes.',
  },
} as const satisfies Readonly<Record<keyof typeof IMPROVEMENT_FINDINGS, FindingWords>>;
