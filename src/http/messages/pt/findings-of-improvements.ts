/** What is not wrong but could be better, in Portuguese. */
import type { IMPROVEMENT_FINDINGS } from '../../../probe/findings-of-improvements.ts';
import type { FindingWords } from '../words.ts';

export const PT_IMPROVEMENT_FINDINGS = {
  'dane-absent': {
    title: 'o host podia ter registos TLSA',
    explain:
      'A zona do host está assinada, de modo que registos TLSA contariam, e não há nenhum. Com eles, os remetentes com DANE cifram sem exceção e sabem com quem falam.',
    advice: 'Publique o registo TLSA da chave de {host}, e o da seguinte antes de cada mudança de chave.',
  },
  'mta-sts-absent': {
    title: 'o domínio podia ter uma política MTA-STS',
    explain:
      'O domínio não anuncia nenhuma política MTA-STS. Com uma, os remetentes que a respeitam não se deixam convencer a abdicar da cifra e verificam o certificado.',
    advice:
      'Sirva uma política em modo testing em mta-sts.{domain}, anuncie-a, e passe a enforce quando os relatórios vierem limpos.',
  },
  'tlsrpt-absent': {
    title: 'o domínio podia receber relatórios sobre falhas de TLS',
    explain:
      'O domínio não diz para onde vão os relatórios sobre falhas de TLS, por isso ninguém as comunica ao seu dono.',
    advice: 'Publique um registo TXT em _smtp._tls.{domain} com um endereço onde esses relatórios sejam lidos.',
  },
} as const satisfies Readonly<Record<keyof typeof IMPROVEMENT_FINDINGS, FindingWords>>;
