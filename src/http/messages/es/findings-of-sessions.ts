/** Findings about the dialogue, in Spanish. */
import type { SESSION_FINDINGS } from '../../../probe/findings-of-sessions.ts';
import type { FindingWords } from '../words.ts';

export const ES_SESSION_FINDINGS = {
  'not-reachable': {
    title: 'no se puede llegar al host',
    explain:
      'No se llegó a establecer una conexión TCP: fue rechazada, nadie respondió a tiempo, o la red no conocía el camino. El host puede estar caído, o un cortafuegos puede cerrar el paso a esta máquina; desde aquí no se distingue cuál de las dos cosas. Cuenta como mitad y mitad.',
    advice:
      'Compruebe que {host} escucha en este puerto y que ningún cortafuegos cierra el paso a la dirección desde la que se hizo esta prueba.',
  },
  'no-greeting': {
    title: 'el host no saluda',
    explain:
      'La conexión se aceptó, pero no llegó ningún saludo SMTP: silencio, una conexión cerrada, o algo que no es SMTP. Un remitente abandona este host y pasa al siguiente.',
    advice:
      'Compruebe qué escucha en {host}; un cortafuegos o proxy delante del servidor de correo suele comportarse así cuando el servidor está caído.',
  },
  'greeting-refused': {
    title: 'el host rechaza ya en su saludo',
    explain:
      'En lugar del 220, el host saludó con un rechazo (5xx): no acepta correo, o no de esta dirección. A menudo la dirección de quien prueba figura en una lista de bloqueo.',
    advice:
      'Lea el texto del rechazo; si nombra una lista de bloqueo, pruebe desde la dirección que envía de verdad el correo.',
  },
  'slow-greeting': {
    title: 'el saludo es lento o no termina nunca',
    explain:
      'El saludo empezó pero no se completó a tiempo, o llegó solo tras una larga espera. Algunos hosts lo hacen a propósito, para ver quién tiene paciencia. Un remitente espera hasta cinco minutos, así que el correo llega igualmente.',
    advice:
      'Inténtelo de nuevo con más paciencia (en la línea de comandos: --timeout); si no es a propósito, busque en {host} consultas lentas al DNS o a listas de bloqueo.',
  },
  throttled: {
    title: 'el host pidió volver más tarde',
    explain:
      'El host respondió con un rechazo temporal (421 u otro 4xx) antes de que se pudiera juzgar TLS, como en la limitación de frecuencia o las listas grises (greylisting). Está ahí y puede ser perfectamente seguro; la prueba no pudo mirar. No entra en la puntuación, que se marca como provisional.',
    advice: 'Repita la prueba pasados unos minutos, desde una dirección con menos conexiones a {host}.',
  },
  'ehlo-refused': {
    title: 'no se acepta ni EHLO ni HELO',
    explain:
      'Después del saludo, el host no aceptó ni EHLO ni HELO, así que no hay manera de enviar correo a través de él.',
    advice:
      'Compruebe con qué nombre se presenta esta prueba (en la línea de comandos: --helo) y qué exige de él {host}.',
  },
  'helo-only': {
    title: 'el host no conoce EHLO y, por tanto, tampoco TLS',
    explain:
      'El host rechazó EHLO y aceptó HELO, el saludo de 1982, que no tiene extensiones. Sin extensiones no hay STARTTLS: el correo a él va sin cifrar, o no va en absoluto donde se exige TLS.',
    advice: 'Active ESMTP en {host}; un cortafuegos que "inspecciona" SMTP suele quitarlo.',
  },
  'starttls-not-offered': {
    title: 'el host no ofrece TLS',
    explain:
      'STARTTLS no está entre las extensiones que ofreció el host. El correo a él viaja sin cifrar, legible para cualquiera en el camino, y los remitentes que exigen TLS no le entregan. También puede que alguien en medio haya quitado la palabra.',
    advice: 'Dé a {host} un certificado y active STARTTLS; si está activado, busque un cortafuegos que lo quite.',
  },
  'starttls-on-greeting-line': {
    title: 'STARTTLS está en la línea de saludo, donde no significa nada',
    explain:
      'La primera línea de la respuesta a EHLO es un saludo y no enumera ninguna extensión. STARTTLS solo se vio ahí, así que los remitentes no lo encuentran y siguen sin cifrar.',
    advice: 'Corrija el saludo configurado en {host}, de modo que STARTTLS se envíe en una línea propia.',
  },
  'starttls-refused': {
    title: 'STARTTLS se ofrece y luego se rechaza',
    explain:
      'El host anunció STARTTLS, pero no respondió a la orden con 220. Los remitentes que solo prefieren TLS siguen sin cifrar; los que lo exigen no entregan.',
    advice: 'Mire el registro de {host}: lo más frecuente es que no se pueda leer el certificado o su clave.',
  },
  'starttls-temporarily-refused': {
    title: 'STARTTLS se rechaza por ahora',
    explain:
      'El host respondió a STARTTLS con un rechazo temporal (4xx, como 454 "TLS not available"). No se pudo juzgar si TLS funciona ahí. No entra en la puntuación, que se marca como provisional; entretanto, los remitentes que solo prefieren TLS siguen sin cifrar.',
    advice:
      'Repita la prueba más tarde; si persiste, busque en el registro de {host} qué dice de su certificado o su clave.',
  },
  'injected-after-starttls': {
    title: 'había bytes sin cifrar detrás del 220 a STARTTLS',
    explain:
      'Justo después del 220 a STARTTLS, aún sin cifrar, llegaron más bytes. Alguien en el camino puede colocar ahí respuestas que un remitente descuidado tomaría por respuestas de dentro de TLS. La sesión se terminó en el acto.',
    advice:
      'Actualice el servidor de correo o el proxy en {host}; si ya lo están, alguien está manipulando la conexión.',
  },
  'broken-after-220': {
    title: 'TLS se rompe después de que el host lo aceptara',
    explain:
      'El host respondió a STARTTLS con 220, y luego falló la negociación (handshake) de TLS. Esto es peor que no ofrecerlo: un remitente no debe volver aquí al texto en claro, así que el correo se retrasa y al final se devuelve.',
    advice:
      'Compruebe con "openssl s_client -starttls smtp" qué hace {host} después de su 220: certificado, clave, versiones, cifras.',
  },
  'handshake-failed': {
    title: 'la negociación (handshake) de TLS falla',
    explain:
      'Se llegó al host y se empezó TLS, pero las dos partes no se pusieron de acuerdo, o el host cortó. Por esta conexión no puede ir ningún correo.',
    advice: 'Compruebe el certificado, la clave, las versiones del protocolo y las cifras configuradas en {host}.',
  },
  'second-ehlo-refused': {
    title: 'el host no continúa dentro de TLS',
    explain:
      'La negociación de TLS salió bien, pero el EHLO dentro de la sesión cifrada fue rechazado, o se perdió la conexión. No se puede enviar correo, y un remitente no debe volver al texto en claro.',
    advice: 'Mire el registro de {host}; una causa frecuente es que exija un certificado de cliente.',
  },
  'tls-old-version': {
    title: 'solo se habla una versión antigua de TLS',
    explain:
      'La sesión usó TLS 1.1 o anterior, lo mejor que ofrece este host. Esas versiones están retiradas: sus formas de resumen (hash) y de relleno están rotas o casi. Sigue siendo mejor que el texto en claro, pero MTA-STS y DANE no lo aceptan, y el software nuevo lo rechaza.',
    advice: 'Active TLS 1.2 y 1.3 en {host}, y retire lo que sea anterior.',
  },
  'cipher-weak': {
    title: 'la cifra o la clave es débil',
    explain:
      'La sesión iba cifrada, pero la cifra tiene menos de 128 bits o se sabe que está rota (RC4, 3DES, export, NULL), o la clave o la firma del certificado es más débil de lo recomendado.',
    advice:
      'Dé preferencia en {host} a los conjuntos con AES-GCM o ChaCha20, con una clave RSA de 2048 bits o más o una clave ECDSA P-256.',
  },
  'starttls-advertised-inside-tls': {
    title: 'STARTTLS se ofrece otra vez dentro de TLS',
    explain:
      'Dentro de la sesión cifrada, el host vuelve a anunciar STARTTLS. No debe hacerlo, pero no perjudica a ningún remitente.',
    advice: 'No hay que hacer nada; una versión más reciente del servidor de correo no lo anunciará.',
  },
  'extensions-changed': {
    title: 'las extensiones ofrecidas antes de TLS y dentro de TLS son distintas',
    explain:
      'Las listas de extensiones de antes y después de STARTTLS difieren en algo más que lo habitual. Puede ser a propósito (AUTH solo dentro de TLS); también puede ser señal de que algo en medio cambia lo que el host dice sin cifrar.',
    advice:
      'Compare las dos listas en los detalles; las palabras tapadas (XXXX) apuntan a un cortafuegos delante de {host}.',
  },
  'auth-failed': {
    title: 'la prueba no se autenticó',
    explain:
      'Se dieron credenciales, y no se aceptaron, o ni siquiera se enviaron: solo van dentro de TLS, solo a un host cuyo certificado es de confianza y está a su nombre, y solo con un mecanismo que el host ofrezca. Lo que sigue en esta sesión se dijo a un remitente desconocido. No resta puntos.',
    advice:
      'Compruebe (en la línea de comandos) --auth-type, --auth-user y el secreto; sin --auth-user, la prueba pregunta como lo hacen los desconocidos.',
  },
  'sender-refused': {
    title: 'se rechaza el remitente de la prueba',
    explain:
      'El host respondió a MAIL FROM con un rechazo. Se refiere a la dirección con que se presenta esta prueba, no al TLS del host, y no resta puntos.',
    advice: 'Indique una dirección de remitente que {host} acepte (en la línea de comandos: --mail-from).',
  },
  'recipient-refused': {
    title: 'se rechaza el destinatario',
    explain:
      'El host respondió a RCPT TO con un rechazo: puede que el buzón no exista, que el host no reenvíe correo para él, o que haga esperar a los remitentes desconocidos. Se refiere a la dirección, no al TLS del host, y no resta puntos.',
    advice:
      'Compruebe la dirección; si el host usa listas grises (greylisting), repita la prueba pasados unos minutos.',
  },
} as const satisfies Readonly<Record<keyof typeof SESSION_FINDINGS, FindingWords>>;
