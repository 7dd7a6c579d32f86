/** Findings that tell whose doing it is, in Portuguese. */
import type { BLAME_FINDINGS } from '../../../probe/findings-of-blame.ts';
import type { FindingWords } from '../words.ts';

export const PT_BLAME_FINDINGS = {
  greylisted: {
    title: 'o host adia remetentes que não conhece (greylisting)',
    explain:
      'À primeira tentativa de um remetente desconhecido responde-se "mais tarde", e quem volta alguns minutos depois é deixado entrar. Os verdadeiros servidores de e-mail voltam por si, por isso o e-mail chega com atraso. Não há nada de errado com o host, e ninguém tem de agir.',
    advice: 'Espere o tempo que a resposta indica, ou cinco minutos, e teste de novo a partir do mesmo endereço.',
  },
  'rate-limited': {
    title: 'o host limita a frequência com que se pode vir',
    explain:
      'O host conta as ligações ou mensagens de cada endereço, e este veio vezes de mais ou com demasiadas ao mesmo tempo. Nada diz sobre o TLS do host; um teste que insistisse só seria adiado por mais tempo.',
    advice:
      'Espere e depois teste {host} de novo com menos ligações de cada vez (as opções --concurrency e --quick do comando).',
  },
  blocklisted: {
    title: 'o endereço deste teste está numa lista de bloqueio',
    explain:
      'O host recusa o endereço de onde veio este teste, porque uma lista de bloqueio o indica ou porque aí tem má reputação. Endereços de acesso doméstico e de nuvem são muitas vezes listados em bloco. Não é culpa do host, e o e-mail de outro endereço pode ser bem-vindo.',
    advice:
      'Teste a partir do endereço que envia realmente o e-mail; se esse estiver listado, peça a remoção à lista indicada.',
  },
  'reverse-dns-wanted': {
    title: 'o host quer um nome inverso do remetente',
    explain:
      'O host só aceita e-mail de endereços que tenham um registo PTR cujo nome leve de volta a eles. O endereço deste teste não tem nenhum, ou tem um que leva a outro lado.',
    advice:
      'Dê ao endereço que envia um registo PTR, e ao nome deste um registo de endereço que leve de volta; ou teste a partir do verdadeiro remetente.',
  },
  'helo-refused': {
    title: 'o host recusa o nome em EHLO',
    explain:
      'O host não gostou do nome que este teste deu em EHLO: tem de ser um nome de host completo, e muitos hosts querem também que exista no DNS.',
    advice: 'Indique o nome de host do servidor que envia com a opção --helo do comando.',
  },
  'sender-not-verified': {
    title: 'o host não conseguiu verificar o endereço do remetente',
    explain:
      'O host examinou o remetente do envelope e não ficou satisfeito: o domínio não existe, uma verificação por retorno (callback) falhou, ou o SPF não permite que esta máquina o use. Diz respeito ao remetente deste teste, não ao host.',
    advice:
      'Indique com a opção --mail-from do comando um endereço em nome do qual esta máquina possa enviar, ou teste a partir do verdadeiro remetente.',
  },
  'mailbox-full': {
    title: 'a caixa de correio está cheia',
    explain: 'O destinatário existe, mas não tem espaço para mais e-mail. Diz respeito só à caixa de correio.',
    advice: 'Avise por outra via o dono da caixa de correio, ou teste outro destinatário.',
  },
  'tls-wanted': {
    title: 'o host só aceita e-mail dentro do TLS',
    explain:
      'O host recusou um comando sem cifra e pediu primeiro STARTTLS. É bom sinal: ninguém lhe pode enviar nada sem cifra.',
    advice: 'Não é preciso fazer nada, desde que STARTTLS funcione em {host}.',
  },
  'greet-pause': {
    title: 'o host espera antes da saudação',
    explain:
      'A saudação veio tarde, e todas as respostas seguintes vieram logo: uma pausa feita de propósito. Os programas que enviam spam não esperam e assim se denunciam; os servidores de e-mail esperam minutos sem se importarem.',
    advice:
      'Não é preciso fazer nada; nos testes de {host}, dê à opção --timeout do comando um valor bem acima da pausa.',
  },
  tarpit: {
    title: 'o host responde devagar a cada comando (tarpit)',
    explain:
      'Várias respostas demoraram, uma após outra, embora a ligação em si seja rápida. Alguns hosts atrasam desconhecidos de propósito; um host sobrecarregado parece o mesmo.',
    advice:
      'Teste de novo a partir de um endereço que {host} conheça; se também aí for lento, veja a sua carga e as suas consultas.',
  },
  'large-flights-stall': {
    title: 'a negociação emperra quando devem passar pacotes grandes',
    explain:
      'Os pacotes pequenos do diálogo passaram, e depois a negociação TLS calou-se precisamente quando ia a caminho um envio grande: o nosso ClientHello, que com chaves pós-quânticas ocupa mais de um pacote, ou os certificados do host. É assim que se apresenta um caminho com uma MTU menor quando uma firewall descarta as mensagens ICMP que o diriam.',
    advice:
      'Deixe passar no caminho para {host} as mensagens ICMP "fragmentation needed" e "packet too big", ou limite o MSS no túnel ou na firewall; compare com um teste a partir de outra rede.',
  },
  'canary-answered': {
    title: 'o silêncio é deles: um host canário responde',
    explain:
      'Nenhum host do alvo respondeu, mas respondeu um host que se sabe que responde. Portanto a porta não está bloqueada à saída desta máquina; ou os hosts estão em baixo, ou barram este endereço.',
    advice:
      'Veja os hosts e a firewall à frente deles; teste a partir de outro endereço para distinguir os dois casos.',
  },
  inconsistent: {
    title: 'o mesmo host mostra TLS diferente',
    explain:
      'Endereços de um mesmo host, ou um endereço em momentos diferentes, diferem quanto a STARTTLS ser ou não oferecido, à versão de TLS, ou aos nomes do certificado. É o acaso que decide qual deles uma mensagem encontra, e portanto também a sua proteção.',
    advice: 'Ponha todas as máquinas por trás de {host} com a mesma configuração e os mesmos nomes no certificado.',
  },
  'inconsistent-identity': {
    title: 'as máquinas por trás do host distinguem-se umas das outras',
    explain:
      'Endereços de um mesmo host, ou um endereço em momentos diferentes, apresentam certificados diferentes para os mesmos nomes, ou saúdam com nomes diferentes. É habitual atrás de um balanceador de carga e durante uma renovação; com registos TLSA, cada certificado tem de coincidir com um deles.',
    advice: 'Não é preciso fazer nada, a não ser que um dos certificados em {host} seja um antigo que ficou esquecido.',
  },
  'ptr-missing': {
    title: 'o endereço não tem nome inverso que leve de volta',
    explain:
      'O endereço do host não tem registo PTR, ou o nome deste não leva de volta a ele. Para receber e-mail não é preciso; se a mesma máquina também enviar, muitos destinatários vão recusá-la.',
    advice: 'Dê ao endereço de {host} um registo PTR, e ao nome deste um registo de endereço que leve de volta.',
  },
  'caa-forbids-issuer': {
    title: 'os registos CAA não permitem a autoridade deste certificado',
    explain:
      'Os registos CAA dizem que autoridades de certificação podem emitir para um nome. O certificado em uso vem de outra. Continua válido, porque o CAA só conta no momento da emissão, mas a próxima renovação será recusada.',
    advice: 'Acrescente a autoridade em uso aos registos CAA de {host}, ou renove com uma das indicadas.',
  },
  'name-servers-disagree': {
    title: 'os servidores de nomes da zona dão respostas diferentes',
    explain:
      'Os servidores de nomes autoritativos foram consultados um a um e não dizem o mesmo. É o acaso que decide que resposta um remetente recebe; com registos TLSA, uma resposta antiga faz com que os remetentes com DANE retenham o seu e-mail. Em geral, um secundário está desatualizado, ou uma alteração ainda se está a propagar.',
    advice:
      'Compare os números de série da zona nos seus servidores de nomes e corrija a transferência para os que ficam para trás.',
  },
} as const satisfies Readonly<Record<keyof typeof BLAME_FINDINGS, FindingWords>>;
