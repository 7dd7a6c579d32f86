/** Findings about the way from a domain to its mail hosts, in Portuguese. */
import type { ROUTE_FINDINGS } from '../../../probe/findings-of-routes.ts';
import type { FindingWords } from '../words.ts';

export const PT_ROUTE_FINDINGS = {
  'null-mx': {
    title: 'o domínio não aceita e-mail',
    explain:
      'O domínio publica o registo MX nulo, "0 .". Com ele, o dono declara que não se aceita e-mail para nenhum endereço deste domínio. O remetente desiste logo, em vez de tentar durante dias; por isso não há nada a testar nem pontuação.',
    advice: 'Se se pretende e-mail para {domain}, substitua o MX nulo pelos nomes de servidores de e-mail reais.',
  },
  'null-mx-among-others': {
    title: 'há um MX nulo ao lado de outros reais',
    explain:
      'O registo MX nulo significa "aqui não há e-mail" e só faz sentido sozinho. Ao lado de outros registos MX, contradi-los; alguns remetentes podem acreditar nele e devolver o e-mail.',
    advice: 'Remova o registo "MX 0 ." de {domain}, ou então todos os outros.',
  },
  'implicit-mx': {
    title: 'não há registo MX; é o próprio domínio que recebe o e-mail',
    explain:
      'Não há registo MX, por isso os remetentes ligam-se ao endereço do próprio domínio, como se ele fosse o seu próprio host MX com preferência 0. Funciona, mas muitas vezes não é o que o dono queria: o endereço pode pertencer a um servidor web.',
    advice: 'Publique um registo MX com o nome do servidor de e-mail de {domain}, ou o MX nulo se não recebe e-mail.',
  },
  'no-such-domain': {
    title: 'o domínio não existe',
    explain:
      'O DNS diz que este nome não existe. É uma resposta clara e não uma falha de resposta: o e-mail para ele é devolvido imediatamente.',
    advice: 'Verifique a grafia de {domain}; se estiver certa, o registo do domínio ou a sua delegação caducou.',
  },
  'no-address': {
    title: 'nenhum servidor de e-mail tem endereço',
    explain:
      'O domínio existe, mas nem os hosts indicados nos seus registos MX nem, na falta destes, o próprio domínio têm um endereço IPv4 ou IPv6. Não há nada a que se possa ligar.',
    advice: 'Publique registos de endereço para os hosts MX de {domain}, ou corrija os nomes nos seus registos MX.',
  },
  'dns-failure': {
    title: 'o DNS não deu resposta',
    explain:
      'A consulta falhou: nenhum resolvedor respondeu a tempo, ou respondeu que não conseguiu apurar. Isto nada diz sobre os servidores de e-mail. O remetente guarda o e-mail e tenta de novo mais tarde; nunca toma uma falha por "esse registo não existe".',
    advice:
      'Tente de novo, ou indique outro resolvedor com a opção --resolver do comando; se persistir, o problema está nos servidores de nomes de {domain}.',
  },
  'dnssec-unknown': {
    title: 'ninguém em quem confiemos disse se as respostas do DNS são autênticas',
    explain:
      'Não se acreditou no resolvedor quanto a DNSSEC, por isso não se sabe se os registos MX estão assinados e são autênticos. Só se acredita num resolvedor quando alguém o manda, porque a sua palavra viaja sem proteção por uma rede que outros podem controlar.',
    advice:
      'Indique ao comando um resolvedor em cujo caminho confia, com --resolver ADDRESS?trust-ad, ou ponha options trust-ad em resolv.conf.',
  },
  'mx-is-alias': {
    title: 'o registo MX indica um alias',
    explain:
      'Um registo MX tem de indicar um host com endereços próprios. Este indica um alias (CNAME). A maioria dos remetentes segue-o, alguns recusam-no, e fica a dúvida sobre que nome tem de constar do certificado.',
    advice: 'Publique o registo MX com o nome para o qual o alias aponta.',
  },
  'mx-is-address-literal': {
    title: 'o registo MX indica um endereço IP',
    explain:
      'Um registo MX tem de indicar um host. Aqui foi escrito em seu lugar um endereço IP; no DNS, isso é um nome sem endereço nenhum, e a maioria dos remetentes não o consegue usar.',
    advice: 'Dê um nome ao endereço e publique esse nome como MX.',
  },
  'mx-bad-name': {
    title: 'o registo MX não indica um host válido',
    explain:
      'O nome no registo MX tem caracteres ou etiquetas que um nome de host não pode ter. Ninguém consegue obter o seu endereço.',
    advice: 'Corrija o registo MX de {domain}.',
  },
  'mx-has-no-address': {
    title: 'o host MX não tem endereço',
    explain:
      'O registo MX indica um host para o qual o DNS não tem endereço IPv4 nem IPv6. Os remetentes saltam-no. Se for o único, o e-mail não pode ser entregue.',
    advice: 'Publique um registo A ou AAAA para {host}, ou remova o registo MX que o indica.',
  },
  'mx-lookup-failed': {
    title: 'não foi possível consultar o endereço do host MX',
    explain:
      'O DNS não deu uma resposta utilizável sobre o endereço deste host. Não se sabe se tem algum; um remetente tentaria os outros hosts e voltaria a este mais tarde.',
    advice: 'Verifique os servidores de nomes da zona de {host}.',
  },
  'mx-not-public': {
    title: 'o host MX tem um endereço que não é público',
    explain:
      'O endereço pertence a uma gama reservada a redes privadas, a documentação ou à própria máquina. Ninguém na Internet consegue entregar aí e-mail, e quem estiver nesse endereço dentro da rede do remetente é outra pessoa.',
    advice:
      'Remova o endereço do DNS público de {host}; para testar dentro de uma rede privada, use a opção --allow-private do comando.',
  },
  'mx-duplicate': {
    title: 'o mesmo host MX está listado duas vezes',
    explain:
      'O mesmo host aparece mais de uma vez nos registos MX. É tentado uma única vez; o segundo registo não faz nada.',
    advice: 'Remova o registo MX a mais de {domain}.',
  },
  'too-many-hosts': {
    title: 'mais hosts MX do que um remetente tentaria',
    explain:
      'O domínio lista mais hosts MX do que os que são testados numa execução. Os remetentes também têm limites assim e nunca chegam aos últimos.',
    advice: 'Reduza o número de registos MX de {domain}.',
  },
  'too-many-addresses': {
    title: 'mais endereços do que um remetente tentaria',
    explain:
      'O host tem mais endereços do que os que são testados numa execução. Os remetentes também têm limites assim e nunca chegam aos últimos.',
    advice: 'Não é preciso fazer nada; menos endereços para {host} chegariam igualmente.',
  },
  'domain-is-alias': {
    title: 'o domínio de e-mail é um alias',
    explain:
      'O domínio é um alias (CNAME) de outro, cujos registos MX são usados. É permitido; políticas como MTA-STS continuam a ser procuradas sob o nome que está no endereço.',
    advice: 'Não é preciso fazer nada, desde que os dois nomes sejam mantidos pelas mesmas pessoas.',
  },
  'single-family': {
    title: 'acessível por uma só família de endereços',
    explain:
      'Todos os endereços dos servidores de e-mail são da mesma família. Os remetentes que só têm a outra não conseguem entregar diretamente.',
    advice: 'Pondere dar aos servidores de e-mail de {domain} um endereço da outra família.',
  },
  'family-unusable': {
    title: 'esta máquina não pode usar essa família de endereços',
    explain:
      'Esta máquina não tem rota ou não tem endereço da família necessária, por isso o endereço foi saltado. Nada diz sobre o host e não custa pontos.',
    advice:
      'Execute o teste numa máquina que tenha IPv4 e IPv6, ou escolha uma família com a opção -4 ou -6 do comando.',
  },
  'no-address-of-family': {
    title: 'o host não tem endereço da família que se devia usar',
    explain:
      'Foi pedido que se usasse uma só família de endereços (as opções -4 ou -6 do comando, ou um endereço de origem dessa família), e este host não tem nenhum endereço dela. Pode ter algum da outra; isso não foi consultado. Nada diz contra o host e não custa pontos.',
    advice:
      'Execute o teste sem as opções -4 e -6 do comando para ver {host} como o veem remetentes com as duas famílias.',
  },
  'no-answer-anywhere': {
    title: 'nenhum host responde nesta porta',
    explain:
      'Todos os pedidos de ligação ficaram sem qualquer resposta. Pode ser que todos os hosts estejam em baixo, mas o mais frequente é ser desta máquina: muitos fornecedores de acesso e de nuvem descartam as ligações de saída para a porta 25. Nesse caso nada se sabe sobre o destinatário.',
    advice:
      'Experimente um destinatário que se saiba que responde; se também ficar em silêncio, execute o teste numa máquina com a saída aberta.',
  },
  'blocked-port': {
    title: 'a saída por esta porta está bloqueada aqui',
    explain:
      'Nenhum host pôde ser alcançado nesta porta, nem sequer um que se sabe que responde. Muitos fornecedores de acesso e de nuvem bloqueiam a porta 25 aos seus clientes. É a rede desta máquina, não o destinatário, e não é dada pontuação.',
    advice: 'Execute o teste numa máquina com a porta 25 aberta, ou peça ao fornecedor que a abra.',
  },
  'run-stopped': {
    title: 'a execução terminou antes de se poder ver isto',
    explain:
      'A execução foi interrompida, ou o seu tempo esgotou-se, enquanto este host estava a ser testado. O que se viu até aí é apresentado; do resto nada se conclui.',
    advice: 'Execute o teste de novo, com um valor maior na opção --deadline do comando se foi isso que o terminou.',
  },
} as const satisfies Readonly<Record<keyof typeof ROUTE_FINDINGS, FindingWords>>;
