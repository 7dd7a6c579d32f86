/** What is not wrong but could be better, in Japanese. */
import type { IMPROVEMENT_FINDINGS } from '../../../probe/findings-of-improvements.ts';
import type { FindingWords } from '../words.ts';

export const JA_IMPROVEMENT_FINDINGS = {
  'dane-absent': {
    title: 'ホストに TLSA レコードを設けることができます',
    explain:
      'ホストのゾーンは署名されており、TLSA レコードがあれば有効になりますが、まだありません。TLSA レコードがあれば、DANE に対応した送信者は例外なく暗号化し、相手が誰であるかを確かめられます。',
    advice: '{host} の鍵の TLSA レコードを公開し、鍵を変える前には毎回、次の鍵のレコードも公開してください。',
  },
  'mta-sts-absent': {
    title: 'ドメインに MTA-STS ポリシーを設けることができます',
    explain:
      'ドメインは MTA-STS ポリシーを告知していません。ポリシーがあれば、それに従う送信者は暗号化をやめるよう仕向けられても応じず、証明書を確認します。',
    advice:
      'mta-sts.{domain} で testing モードのポリシーを提供して告知し、レポートに問題がなくなったら enforce にしてください。',
  },
  'tlsrpt-absent': {
    title: 'ドメインで TLS の失敗のレポートを受け取ることができます',
    explain: 'ドメインが TLS の失敗のレポートの送り先を示していないため、失敗が所有者に知らされません。',
    advice: 'そのようなレポートを読むアドレスを書いた TXT レコードを _smtp._tls.{domain} に公開してください。',
  },
} as const satisfies Readonly<Record<keyof typeof IMPROVEMENT_FINDINGS, FindingWords>>;
