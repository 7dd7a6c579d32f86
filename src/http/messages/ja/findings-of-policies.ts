/** Findings about what the domain publishes, in Japanese. */
import type { POLICY_FINDINGS } from '../../../probe/findings-of-policies.ts';
import type { FindingWords } from '../words.ts';

export const JA_POLICY_FINDINGS = {
  'mta-sts-failed': {
    title: 'MTA-STS ポリシーを取得できません',
    explain:
      'ドメインは MTA-STS ポリシーを告知していますが、取得または読み取りができないか、ポリシーの有無が分かりません。以前のポリシーを保持している送信者はそれを適用し続けますが、新しい送信者にはポリシーがないように見え、保護が働きません。',
    advice:
      'https://mta-sts.{domain}/.well-known/mta-sts.txt で、まさにその名前の証明書を使い、リダイレクトなしでポリシーを提供し、レコードに新しい id を設定してください。',
  },
  'mta-sts-not-covered': {
    title: 'MTA-STS ポリシーにこのホストがありません',
    explain:
      'ポリシーはドメインのメールを受け取ってよいホストを列挙しますが、この MX ホストはその中にありません。ポリシーが enforce の間、MTA-STS に対応した送信者はここへ配信しません。ワイルドカードはちょうど一つのラベルに対応します。',
    advice:
      '{domain} のポリシーに "mx: {host}" を追加してレコードに新しい id を設定するか、MX レコードを削除してください。',
  },
  'mta-sts-testing': {
    title: 'MTA-STS ポリシーが testing モードです',
    explain:
      'testing モードでは、送信者は問題を報告しつつも配信するため、ポリシーはまだ誰も保護していません。最初の段階として使うためのものです。',
    advice:
      'TLS レポートに問題が現れなくなったら、モードを "enforce" に変更し、レコードに新しい id を設定してください。',
  },
  'mta-sts-warning': {
    title: 'MTA-STS ポリシーに本来と異なる点があります',
    explain:
      'ポリシーは見つかり適用されていますが、通常と異なる点、ポリシーを弱める点、または一部の送信者が拒否する原因になる点があります。',
    advice: '{domain} のポリシーホストで修正し、ポリシーを変えたときはレコードに新しい id を設定してください。',
  },
  'dane-mismatch': {
    title: '証明書に一致する TLSA レコードがありません',
    explain:
      'ホストには TLSA レコードがありますが、提示された証明書に一致するものがありません。DANE に対応した送信者は、このホストにはまったく配信しません。鍵を新しくしてレコードを新しくしていないのが、よくある原因です。',
    advice: '使用中の鍵のレコードを、必ず鍵を変える前に公開し、古いレコードはその後で削除してください。',
  },
  'dane-unusable': {
    title: '誰も利用できない TLSA レコードです',
    explain:
      'TLSA レコードはありますが、メールサーバーが使う種類 (usage 2 または 3、selector 0 または 1、matching type 0 から 2、正しい長さのダイジェスト) のものがありません。この場合、DANE に対応した送信者は TLS を必須としますが、証明書は確認しません。',
    advice: '{host} の公開鍵の SHA-256 ダイジェストで "3 1 1" を公開してください。',
  },
  'dane-failed': {
    title: 'TLSA レコードを検索できません',
    explain:
      'TLSA レコード、またはその元になるアドレスの問い合わせに応答がなかったか、検証に失敗しました。DANE に対応した送信者は、これを「レコードなし」とみなしてはなりません。メールを保持して再試行します。',
    advice:
      '{host} のネームサーバーに TLSA レコードを問い合わせて確認してください。未知のタイプを破棄する中間装置が原因のこともあります。',
  },
  'dane-note': {
    title: 'TLSA レコードについて知っておくべき点があります',
    explain:
      'TLSA レコードまたはその先の証明書に、DANE に対応した送信者にとって問題ではないものの、通常と異なる点があります。',
    advice: '何にも一致しなくなったレコードは、その TTL が過ぎた後に削除してください。',
  },
  'tlsrpt-faulty': {
    title: 'TLSRPT レコードが有効ではありません',
    explain: 'TLS の失敗のレポートの送り先を示すレコードが利用できないため、レポートは送られません。',
    advice:
      '_smtp._tls.{domain} に TXT レコードを一つ公開してください: "v=TLSRPTv1; rua=mailto:tls-reports@{domain}"。',
  },
} as const satisfies Readonly<Record<keyof typeof POLICY_FINDINGS, FindingWords>>;
