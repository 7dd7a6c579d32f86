/** What `explain` says of things that are no findings, in Portuguese. */
import { SECURE_FROM } from '../../../probe/confidence.ts';
import type { ConceptCatalogue } from '../words.ts';

export const PT_CONCEPTS: ConceptCatalogue = {
  no: ['O remetente nunca usa TLS: o e-mail vai sem cifra. Um servidor que exija TLS recusa-o (530).'],
  preferred: [
    'O remetente usa TLS onde é oferecido e não olha para o certificado. Se o TLS falhar antes de o servidor o ter aceitado com 220, o e-mail vai sem cifra; se falhar depois, nunca se volta ao texto sem cifra e tenta-se o host seguinte.',
  ],
  required: [
    'O remetente usa TLS ou não entrega. Não olha para o certificado, por isso o e-mail vai cifrado, mas talvez para outra pessoa.',
  ],
  'preferred-verify': [
    'Como preferred, e olha-se para o certificado. Um certificado que não se consegue verificar fica no registo; o e-mail vai cifrado na mesma. Sem TLS, vai sem cifra.',
  ],
  'required-verify': [
    'O remetente só entrega por TLS e só quando a cadeia é de confiança e o certificado prova o domínio do destinatário: V1, um SAN é o domínio; V2, o CN é o domínio; V3, o CN é o nome inverso do endereço, confirmado em sentido direto. O nome do host MX nunca é aceite: vem do DNS, que pode ser falsificado.',
  ],
  'required-verify-hosted': [
    'Como required-verify, mas feito para e-mail alojado: H1, um nome do certificado é o domínio do destinatário; H2, é o host de uma rota explícita; H3, sem tal rota, é o nome do host MX a que se ligou. Onde há SAN, o CN não conta. H3 é fraco, a não ser que a resposta do DNS estivesse protegida.',
  ],
  verify: [
    'O algoritmo Verify pergunta se um certificado prova o domínio do destinatário: V1, um SAN é o domínio; V2, o CN é o domínio (um carácter universal vale por uma etiqueta); V3, o CN é o nome inverso do endereço, se esse nome levar de volta ao endereço. O nome do host MX nunca é aceite. É usado por preferred-verify, por required-verify e pelo comando tlsverify.',
  ],
  hosted: [
    'O algoritmo Hosted pergunta se um certificado prova o domínio do destinatário (H1), o host de uma rota SMTP explícita (H2) ou, sem tal rota, o host MX a que se ligou (H3). Onde há SAN, só eles contam; senão, o CN.',
  ],
  'mta-sts': [
    'Com MTA-STS (RFC 8461), um domínio diz por HTTPS que hosts MX tem e que só se deve chegar a eles por TLS verificado. "enforce": os remetentes que conhecem a política não entregam de outro modo; "testing": entregam e comunicam; "none": a política foi retirada.',
  ],
  dane: [
    'Com DANE (RFC 7672), o dono de um host publica numa zona assinada que certificado tem (TLSA). Os remetentes com DANE só entregam então a esse, seja qual for a autoridade que o emitiu. Precisa de DNSSEC pelo caminho.',
  ],
  answer: ['A ligação TCP ao endereço e à porta é aceite. O tempo é o dessa ligação.'],
  connect: [
    'Chega a saudação 220. As esperas aqui são muitas vezes de propósito, ou vêm de consultas lentas do lado do destinatário.',
  ],
  helo: [
    'EHLO é aceite, ou HELO onde EHLO não é conhecido. As extensões, como STARTTLS, vêm enumeradas na resposta a EHLO.',
  ],
  tls: ['STARTTLS é oferecido, e o comando tem a resposta 220.'],
  cert: [
    'A negociação TLS, a cadeia de certificados até uma raiz de confiança, e o nome do host MX no certificado. Uma falha aqui não impede a cifra, e as etapas seguintes são executadas na mesma.',
  ],
  secure: ['O segundo EHLO, dentro da sessão cifrada, tem resposta.'],
  from: ['MAIL FROM é aceite. Não altera a pontuação.'],
  to: [
    'RCPT TO é aceite. Só se testa quando foi dado um endereço completo; não altera a pontuação. Nunca se envia nenhuma mensagem.',
  ],
  encrypted: [
    'Estabeleceu-se uma sessão TLS e o SMTP continuou dentro dela. Com quem é outra questão: veja o certificado.',
  ],
  clear: ['O SMTP funciona, mas não há TLS: não é oferecido ou foi recusado. Vale 0 pontos.'],
  'broken-tls': [
    'O host aceitou o TLS com 220, e depois ele falhou. Aqui os remetentes não podem voltar ao texto sem cifra, por isso o e-mail espera. Vale 0 pontos.',
  ],
  unreachable: ['Não há ligação TCP, ou não há saudação. Pode ser seguro ou não: vale 50 pontos, com metade do peso.'],
  inconclusive: [
    'O host está lá, mas adiou-nos antes de o TLS poder ser avaliado. Fica fora da pontuação, que passa a ser provisória.',
  ],
  skipped: [
    'Não testado por causa desta máquina: não tem endereço dessa família, ou o endereço não é permitido. Não custa nada.',
  ],
  expired: ['Em todos os caminhos possíveis há um certificado que passou do seu prazo.'],
  'not-yet-valid': ['Em todos os caminhos possíveis há um certificado que só começa no futuro.'],
  'self-signed': ['O certificado está assinado com a sua própria chave e não é, ele próprio, de confiança.'],
  'untrusted-root': ['A cadeia está completa, mas a raiz no seu fim não está entre as âncoras de confiança.'],
  'missing-intermediate': [
    'A cadeia acaba antes de uma raiz, e o certificado que levaria mais adiante não foi enviado.',
  ],
  'not-a-ca': ['Um certificado que não pode assinar certificados assinou um da cadeia.'],
  'path-too-long': ['Um certificado limita quantos se lhe podem seguir, e seguem-se mais.'],
  'key-usage': ['Uma chave foi usada para algo que o seu certificado não permite.'],
  'extended-key-usage': ['O certificado não se destina a servidores TLS.'],
  'name-constraints': ['Uma autoridade só pode emitir para certos nomes, e este não é nenhum deles.'],
  'unknown-critical-extension': ['Um certificado exige que se compreenda uma extensão que não é compreendida.'],
  'weak-key': ['Uma chave da cadeia é tão curta que pode ser quebrada.'],
  'weak-signature': ['Uma assinatura da cadeia usa MD5 ou SHA-1.'],
  'bad-signature': ['Uma assinatura não bate certo: o certificado foi alterado, ou assinado por outra chave.'],
  revoked: ['A autoridade retirou o certificado.'],
  malformed: ['Um certificado não pode ser lido.'],
  'too-many-certificates': ['A cadeia é mais longa do que qualquer cadeia honesta e não foi examinada.'],
  'search-limit': ['Desistiu-se de procurar um caminho: os certificados permitem demasiadas combinações.'],
  confidence: [
    `O fator de confiança CF-1 é um número de 0 a 121; a partir de ${SECURE_FROM} diz-se "seguro". Cada host recebe uma pontuação: 0 sem cifra ou com TLS quebrado, 50 se não se consegue chegar a ele, de resto conforme a versão de TLS (1.0 70, 1.1 80, 1.2 100, 1.3 107), menos 10 por uma falha do certificado, menos até 9 pela cifra e pela chave, nunca abaixo de 51, mais 7 por MTA-STS e outros 7 por DANE. Faz-se a média dos hosts, e cada preferência pior tem metade do peso.`,
    'A fórmula é deste projeto, ajustada aos resultados publicados de um conhecido serviço de testes. Um 90 com uma falha do certificado significa "cifrado, para alguém": leia as razões ao lado. O comando "tlsreach probe --format detail" mostra cada parcela.',
  ],
};
