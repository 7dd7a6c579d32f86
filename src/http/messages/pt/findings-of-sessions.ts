/** Findings about the dialogue with a host, in Portuguese. */
import type { SESSION_FINDINGS } from '../../../probe/findings-of-sessions.ts';
import type { FindingWords } from '../words.ts';

export const PT_SESSION_FINDINGS = {
  'not-reachable': {
    title: 'não se consegue chegar ao host',
    explain:
      'Não se estabeleceu nenhuma ligação TCP: foi recusada, ninguém respondeu a tempo, ou a rede não tinha caminho até lá. O host pode estar em baixo, ou uma firewall pode barrar esta máquina; daqui não se distingue uma coisa da outra. Conta como cinquenta por cento de hipóteses.',
    advice: 'Verifique que {host} escuta nesta porta e que nenhuma firewall barra o endereço de onde veio este teste.',
  },
  'no-greeting': {
    title: 'o host não envia a saudação',
    explain:
      'A ligação foi aceite, mas não veio nenhuma saudação SMTP: silêncio, uma ligação fechada, ou algo que não é SMTP. O remetente desiste deste host e passa ao seguinte.',
    advice:
      'Veja o que está à escuta em {host}; uma firewall ou um proxy à frente do servidor de e-mail costuma comportar-se assim quando o servidor está em baixo.',
  },
  'greeting-refused': {
    title: 'o host recusa logo na saudação',
    explain:
      'Em vez do 220, o host saudou com uma recusa (5xx): não aceita e-mail, ou não deste endereço. É frequente o endereço de quem testa estar numa lista de bloqueio.',
    advice:
      'Leia o texto da recusa; se indicar uma lista de bloqueio, teste a partir do endereço que envia realmente o e-mail.',
  },
  'slow-greeting': {
    title: 'a saudação é lenta ou nunca acaba',
    explain:
      'A saudação começou mas não se completou a tempo, ou só veio depois de uma longa espera. Alguns hosts fazem-no de propósito, para ver quem tem paciência. Um remetente espera até cinco minutos, por isso o e-mail chega na mesma.',
    advice:
      'Tente de novo com um valor maior na opção --timeout do comando; se não for de propósito, procure em {host} consultas lentas ao DNS ou a listas de bloqueio.',
  },
  throttled: {
    title: 'o host pediu para voltar mais tarde',
    explain:
      'O host respondeu com uma recusa temporária (421 ou outra 4xx) antes de o TLS poder ser avaliado, como acontece com limites de frequência ou greylisting. Está lá e pode ser perfeitamente seguro; o teste é que não pôde ver. Fica fora da pontuação, que é assinalada como provisória.',
    advice: 'Teste de novo dentro de alguns minutos, a partir de um endereço com menos ligações a {host}.',
  },
  'ehlo-refused': {
    title: 'nem EHLO nem HELO são aceites',
    explain:
      'Depois da saudação, o host não aceitou nem EHLO nem HELO, por isso não há forma de enviar e-mail através dele.',
    advice: 'Verifique que nome este teste apresenta (a opção --helo do comando) e o que {host} exige dele.',
  },
  'helo-only': {
    title: 'o host não conhece EHLO, logo não há TLS',
    explain:
      'O host recusou EHLO e aceitou HELO, a apresentação de 1982, que não tem extensões. Sem extensões não há STARTTLS: o e-mail para ele vai sem cifra, ou não vai onde o TLS é obrigatório.',
    advice: 'Ative o ESMTP em {host}; é frequente ser uma firewall que "inspeciona" o SMTP a retirá-lo.',
  },
  'starttls-not-offered': {
    title: 'o host não oferece TLS',
    explain:
      'STARTTLS não está entre as extensões que o host ofereceu. O e-mail para ele viaja sem cifra, legível para todos pelo caminho, e os remetentes que exigem TLS não lhe entregam. Também pode ser que alguém pelo meio tenha retirado a palavra.',
    advice:
      'Dê um certificado a {host} e ative STARTTLS; se já estiver ativo, procure uma firewall que o esteja a retirar.',
  },
  'starttls-on-greeting-line': {
    title: 'STARTTLS está na linha da saudação, onde nada significa',
    explain:
      'A primeira linha da resposta a EHLO é uma saudação e não enumera extensões. STARTTLS só foi visto aí, por isso os remetentes não o encontram e continuam sem cifra.',
    advice: 'Corrija a saudação configurada em {host}, de modo que STARTTLS seja enviado numa linha própria.',
  },
  'starttls-refused': {
    title: 'STARTTLS é oferecido e depois recusado',
    explain:
      'O host enumerou STARTTLS, mas não respondeu ao comando com 220. Os remetentes que apenas preferem TLS continuam sem cifra; os que o exigem não entregam.',
    advice: 'Veja o registo (log) de {host}: quase sempre o certificado ou a sua chave não pode ser lido.',
  },
  'starttls-temporarily-refused': {
    title: 'STARTTLS é recusado de momento',
    explain:
      'O host respondeu a STARTTLS com uma recusa temporária (4xx, como 454 "TLS not available"). Não se pôde avaliar se o TLS funciona lá. Fica fora da pontuação, que é assinalada como provisória; entretanto, os remetentes que apenas preferem TLS continuam sem cifra.',
    advice: 'Teste de novo mais tarde; se persistir, procure no registo (log) de {host} o certificado ou a chave.',
  },
  'injected-after-starttls': {
    title: 'havia bytes sem cifra atrás do 220 a STARTTLS',
    explain:
      'Logo após o 220 a STARTTLS, ainda sem cifra, chegaram mais bytes. Alguém pelo caminho pode plantar aí respostas, que um remetente descuidado tomaria por respostas vindas de dentro do TLS. A sessão foi terminada de imediato.',
    advice:
      'Atualize o servidor de e-mail ou o proxy em {host}; se já estiverem atualizados, alguém está a interferir na ligação.',
  },
  'broken-after-220': {
    title: 'o TLS quebra depois de o host o ter aceitado',
    explain:
      'O host respondeu a STARTTLS com 220 e depois a negociação TLS falhou. É pior do que não o oferecer: aqui um remetente não pode voltar ao texto sem cifra, por isso o e-mail atrasa-se e acaba por ser devolvido.',
    advice:
      'Verifique com "openssl s_client -starttls smtp" o que {host} faz depois do seu 220: certificado, chave, versões, cifras.',
  },
  'handshake-failed': {
    title: 'a negociação TLS falha',
    explain:
      'Chegou-se ao host e o TLS foi iniciado, mas as duas partes não conseguiram entender-se, ou o host interrompeu. Por esta ligação não pode seguir e-mail.',
    advice: 'Verifique o certificado, a chave, as versões do protocolo e as cifras configuradas em {host}.',
  },
  'second-ehlo-refused': {
    title: 'o host não continua dentro do TLS',
    explain:
      'A negociação teve êxito, mas o EHLO dentro da sessão cifrada foi recusado ou a ligação perdeu-se. Não se pode enviar e-mail, e um remetente não pode voltar ao texto sem cifra.',
    advice: 'Veja o registo (log) de {host}; a exigência de um certificado de cliente é uma causa frequente.',
  },
  'tls-old-version': {
    title: 'só fala uma versão antiga de TLS',
    explain:
      'A sessão usou TLS 1.1 ou anterior, o melhor que este host oferece. Essas versões foram retiradas: as suas formas de hash e de preenchimento estão quebradas ou perto disso. Continua a ser melhor do que texto sem cifra, mas MTA-STS e DANE não o aceitam, e o software novo recusa-o.',
    advice: 'Ative TLS 1.2 e 1.3 em {host} e retire o que for mais antigo.',
  },
  'cipher-weak': {
    title: 'a cifra ou a chave é fraca',
    explain:
      'A sessão foi cifrada, mas a cifra tem menos de 128 bits ou sabe-se que está quebrada (RC4, 3DES, export, NULL), ou a chave ou a assinatura do certificado é mais fraca do que o recomendado.',
    advice:
      'Prefira em {host} conjuntos AES-GCM ou ChaCha20, com uma chave RSA de 2048 bits ou mais ou uma chave ECDSA P-256.',
  },
  'starttls-advertised-inside-tls': {
    title: 'STARTTLS é oferecido outra vez dentro do TLS',
    explain:
      'Dentro da sessão cifrada, o host volta a enumerar STARTTLS. Não o deve fazer, mas isso não prejudica nenhum remetente.',
    advice: 'Não é preciso fazer nada; uma versão mais recente do servidor de e-mail já não o enumera.',
  },
  'extensions-changed': {
    title: 'as extensões oferecidas diferem antes e dentro do TLS',
    explain:
      'As listas de extensões antes e depois de STARTTLS diferem em mais do que é habitual. Pode ser de propósito (AUTH só dentro do TLS); também pode ser sinal de que algo pelo meio altera o que o host diz sem cifra.',
    advice:
      'Compare as duas listas na saída detalhada; palavras mascaradas (XXXX) apontam para uma firewall à frente de {host}.',
  },
  'auth-failed': {
    title: 'o teste não se autenticou',
    explain:
      'Foram dadas credenciais, e não foram aceites, ou nem sequer foram enviadas: só seguem dentro do TLS, só para um host cujo certificado é de confiança e está em seu nome, e só por um mecanismo que o host oferece. O que se segue nesta sessão foi dito por um remetente desconhecido. Não custa pontos.',
    advice:
      'Verifique as opções --auth-type e --auth-user do comando e o segredo; sem --auth-user, o teste pergunta como qualquer desconhecido.',
  },
  'sender-refused': {
    title: 'o remetente do teste é recusado',
    explain:
      'O host respondeu a MAIL FROM com uma recusa. Diz respeito ao endereço que este teste apresenta, não ao TLS do host, e não custa pontos.',
    advice: 'Indique um endereço de remetente que {host} aceite com a opção --mail-from do comando.',
  },
  'recipient-refused': {
    title: 'o destinatário é recusado',
    explain:
      'O host respondeu a RCPT TO com uma recusa: a caixa de correio pode não existir, o host pode não encaminhar para ela, ou adia remetentes desconhecidos. Diz respeito ao endereço, não ao TLS do host, e não custa pontos.',
    advice: 'Verifique o endereço; se o host usar greylisting, teste de novo dentro de alguns minutos.',
  },
} as const satisfies Readonly<Record<keyof typeof SESSION_FINDINGS, FindingWords>>;
