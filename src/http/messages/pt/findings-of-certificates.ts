/** Findings about certificates, in Portuguese. */
import type { CERTIFICATE_FINDINGS } from '../../../probe/findings-of-certificates.ts';
import type { FindingWords } from '../words.ts';

export const PT_CERTIFICATE_FINDINGS = {
  'certificate-name': {
    title: 'o certificado é para outro nome',
    explain:
      'O certificado não contém o nome do host MX. O e-mail é cifrado, mas nada mostra que do outro lado está o host certo. É a falha mais frequente, sobretudo com e-mail alojado: um carácter universal vale por exatamente uma etiqueta, e *.example.net não abrange a.b.example.net.',
    advice: 'Acrescente DNS:{host} ao certificado, ou publique o MX como {presented}.',
  },
  'certificate-expired': {
    title: 'o certificado expirou',
    explain:
      'Um certificado da cadeia passou do seu prazo. Os remetentes que só querem cifra continuam a entregar; os que verificam, não.',
    advice: 'Renove o certificado de {host} e apure por que razão a renovação não se fez.',
  },
  'certificate-not-yet-valid': {
    title: 'o certificado ainda não é válido',
    explain: 'A validade de um certificado da cadeia começa no futuro, segundo o relógio desta máquina.',
    advice: 'Verifique os relógios das duas máquinas; se estiverem certos, instale em {host} um certificado já válido.',
  },
  'certificate-self-signed': {
    title: 'o certificado é autoassinado',
    explain:
      'Foi o próprio host que assinou o seu certificado. Chega para cifrar, mas qualquer um pode fazer outro igual, por isso nada prova sobre quem está do outro lado, a não ser que um registo DANE responda por ele.',
    advice:
      'Obtenha para {host} um certificado de uma autoridade pública, ou publique para ele um registo TLSA numa zona assinada.',
  },
  'certificate-untrusted-root': {
    title: 'a cadeia termina numa raiz em que aqui ninguém confia',
    explain:
      'A cadeia está completa, mas a autoridade no seu fim não está entre as de confiança. É habitual com a autoridade privada de uma empresa, e inútil perante desconhecidos.',
    advice:
      'Obtenha para {host} um certificado de uma autoridade pública; se a autoridade for sua, acrescente-a com a opção --ca-file do comando.',
  },
  'certificate-missing-intermediate': {
    title: 'falta um certificado intermédio',
    explain:
      'O host envia o seu próprio certificado, mas não o que o liga a uma raiz de confiança. Os navegadores vão muitas vezes buscar a peça em falta; os servidores de e-mail não: para eles o certificado não vale nada.',
    advice: 'Instale a cadeia completa em {host}: primeiro o certificado, depois os intermédios por ordem.',
  },
  'certificate-revoked': {
    title: 'o certificado está revogado',
    explain: 'A autoridade retirou o certificado, como se faz depois do roubo de uma chave.',
    advice: 'Crie uma chave nova em {host} e obtenha para ela um certificado novo.',
  },
  'certificate-weak-key': {
    title: 'uma chave da cadeia é demasiado curta',
    explain:
      'Um certificado da cadeia tem uma chave tão curta que pode ser quebrada; por isso não se confia na cadeia.',
    advice: 'Crie uma chave nova em {host}: RSA com 2048 bits ou mais, ou ECDSA P-256.',
  },
  'certificate-weak-signature': {
    title: 'uma assinatura da cadeia é demasiado fraca',
    explain: 'Um certificado da cadeia está assinado com MD5 ou SHA-1, algoritmos com que se podem forjar assinaturas.',
    advice: 'Obtenha para {host} um certificado assinado com SHA-256 ou melhor.',
  },
  'certificate-invalid': {
    title: 'a cadeia viola uma regra',
    explain:
      'Os certificados encaixam uns nos outros, mas o caminho viola uma regra: um certificado que não pode assinar outros assinou, um limite de comprimento, finalidade ou nomes é ultrapassado, ou algo nele não pode ser lido.',
    advice: 'Leia o detalhe e peça à autoridade que emitiu o certificado de {host} que emita um correto.',
  },
  'certificate-near-expiry': {
    title: 'o certificado termina em breve',
    explain:
      'Resta pouco da vida do certificado. Uma renovação automática já devia ter acontecido; se falhar, o e-mail de remetentes que verificam deixa de chegar no último dia.',
    advice: 'Renove já o certificado de {host} e verifique a renovação automática.',
  },
  'chain-duplicate': {
    title: 'um certificado é enviado duas vezes',
    explain:
      'O mesmo certificado aparece mais de uma vez na cadeia. A maior parte do software tolera-o, algum rejeita a cadeia; acontece muito depois de uma renovação.',
    advice: 'Remova o certificado repetido do ficheiro da cadeia de {host}.',
  },
  'chain-misordered': {
    title: 'a cadeia está na ordem errada',
    explain:
      'A cada certificado deve seguir-se o que o assinou. A maior parte do software reordena-os; o mais antigo falha.',
    advice:
      'Ponha por ordem o ficheiro da cadeia de {host}: primeiro o seu próprio certificado, depois cada emissor na sua vez.',
  },
  'chain-foreign': {
    title: 'há na cadeia um certificado que não lhe pertence',
    explain:
      'O host envia um certificado que não faz parte de nenhum caminho do seu até uma raiz. Custa bytes e confunde quem lê.',
    advice: 'Remova do ficheiro da cadeia de {host} o certificado que não lhe pertence.',
  },
  'chain-root-sent': {
    title: 'o certificado raiz também é enviado',
    explain:
      'O host envia a própria raiz. Não faz mal: quem confia na raiz já a tem, e quem não a tem não vai começar a confiar.',
    advice: 'A raiz pode ficar fora do ficheiro da cadeia de {host}, exceto onde um registo DANE-TA precise dela.',
  },
  'staple-missing': {
    title: 'falta a resposta OCSP anexada (stapling)',
    explain:
      'O certificado diz que o seu servidor envia sempre consigo uma palavra recente da autoridade de que não está revogado (must-staple). O host não envia nenhuma. Hoje os servidores de e-mail toleram-no; os clientes que levam o certificado à letra não se ligam.',
    advice: 'Ative o OCSP stapling em {host}, ou obtenha um certificado sem a extensão must-staple.',
  },
  'revocation-not-known': {
    title: 'não se conseguiu saber se o certificado está revogado',
    explain:
      'Consultaram-se os sítios que o certificado indica, e nenhum deu uma resposta que conte. Os remetentes que chegam a perguntar continuam nesse caso, e este teste também: acredita-se no certificado.',
    advice: 'Tente de novo mais tarde; se assim continuar, pergunte à autoridade que emitiu o certificado de {host}.',
  },
} as const satisfies Readonly<Record<keyof typeof CERTIFICATE_FINDINGS, FindingWords>>;
