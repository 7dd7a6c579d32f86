/** Findings about what the domain publishes, in Portuguese. */
import type { POLICY_FINDINGS } from '../../../probe/findings-of-policies.ts';
import type { FindingWords } from '../words.ts';

export const PT_POLICY_FINDINGS = {
  'mta-sts-failed': {
    title: 'não se consegue obter a política MTA-STS',
    explain:
      'O domínio anuncia uma política MTA-STS, mas não é possível obtê-la ou lê-la, ou ninguém sabe se existe. Os remetentes que guardaram uma política anterior continuam a aplicá-la; os novos não veem nenhuma, pelo que para eles a proteção não existe.',
    advice:
      'Sirva a política em https://mta-sts.{domain}/.well-known/mta-sts.txt com um certificado exatamente para esse nome, sem redirecionamentos, e ponha um id novo no registo.',
  },
  'mta-sts-not-covered': {
    title: 'a política MTA-STS não indica este host',
    explain:
      'A política enumera os hosts que podem receber o e-mail do domínio, e este host MX não está entre eles. Enquanto a política estiver em enforce, os remetentes com MTA-STS não entregam aí. Um carácter universal vale por exatamente uma etiqueta.',
    advice: 'Acrescente "mx: {host}" à política de {domain} e ponha um id novo no registo, ou remova o registo MX.',
  },
  'mta-sts-testing': {
    title: 'a política MTA-STS está em modo testing',
    explain:
      'No modo testing, os remetentes comunicam as falhas e entregam na mesma, por isso a política ainda não protege ninguém. Destina-se a ser um primeiro passo.',
    advice:
      'Quando os relatórios de TLS não mostrarem falhas, mude o modo para "enforce" e ponha um id novo no registo.',
  },
  'mta-sts-warning': {
    title: 'algo na política MTA-STS não está como devia',
    explain:
      'A política é encontrada e aplicada, mas algo nela é invulgar, enfraquece-a, ou faz com que alguns remetentes a recusem.',
    advice: 'Corrija-a no host da política de {domain}, e ponha um id novo no registo quando a política mudar.',
  },
  'dane-mismatch': {
    title: 'nenhum registo TLSA coincide com o certificado',
    explain:
      'O host tem registos TLSA, e nenhum coincide com o certificado que apresenta. Os remetentes com DANE não lhe entregam de todo. A causa habitual é uma chave nova sem um registo novo.',
    advice: 'Publique o registo da chave em uso, sempre antes de a chave mudar, e só depois retire o antigo.',
  },
  'dane-unusable': {
    title: 'registos TLSA que ninguém pode usar',
    explain:
      'Há registos TLSA, mas nenhum é de um tipo que os servidores de e-mail usem: usage 2 ou 3, selector 0 ou 1, matching type 0 a 2, e um resumo (digest) com o comprimento certo. Nesse caso, os remetentes com DANE exigem TLS, mas não verificam nenhum certificado.',
    advice: 'Publique "3 1 1" com o resumo SHA-256 da chave pública de {host}.',
  },
  'dane-failed': {
    title: 'não é possível consultar os registos TLSA',
    explain:
      'A consulta dos registos TLSA, ou do endereço por baixo deles, ficou sem resposta ou falhou a validação. Um remetente com DANE não pode tomar isso por "sem registos": guarda o e-mail e tenta de novo.',
    advice:
      'Faça aos servidores de nomes de {host} a consulta dos seus registos TLSA; equipamentos intermédios que descartam tipos desconhecidos também causam isto.',
  },
  'dane-note': {
    title: 'a saber sobre os registos TLSA',
    explain:
      'Algo nos registos TLSA ou no certificado por trás deles é invulgar, sem ser uma falha para remetentes com DANE.',
    advice: 'Retire os registos que já não coincidem com nada, depois de passado o seu tempo de vida (TTL).',
  },
  'tlsrpt-faulty': {
    title: 'o registo TLSRPT não é válido',
    explain:
      'O registo que diz para onde vão os relatórios sobre falhas de TLS não pode ser usado, por isso não se enviam relatórios.',
    advice: 'Publique um só registo TXT em _smtp._tls.{domain}: "v=TLSRPTv1; rua=mailto:tls-reports@{domain}".',
  },
} as const satisfies Readonly<Record<keyof typeof POLICY_FINDINGS, FindingWords>>;
