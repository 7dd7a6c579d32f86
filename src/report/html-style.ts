/** The style of the self-contained page: quiet, both themes, one column per host under 40 rem. */
export const HTML_STYLE = `:root{--ink:#1b1f24;--faint:#57606a;--paper:#fff;--line:#d8dee4;--good:#116329;--caution:#7d4e00;--bad:#a40e26;--unknown:#57606a}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9da7b1;--paper:#0d1117;--line:#30363d;--good:#56d364;--caution:#e3b341;--bad:#ff7b72;--unknown:#9da7b1}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.25rem;margin:0;overflow-wrap:anywhere}
h2{font-size:1rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}
.score{font-size:3rem;line-height:1.1;margin:.5rem 0 0}.score small{font-size:1rem;color:var(--faint)}
.sentence{margin:0;font-weight:600}
header.good .sentence,.sign.good{color:var(--good)}header.bad .sentence,.sign.bad{color:var(--bad)}header.unknown .sentence{color:var(--unknown)}.sign.caution{color:var(--caution)}
.losses{padding-left:1.25rem;color:var(--faint);overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
thead th,tfoot th,tfoot td{color:var(--faint)}.wide{overflow-x:auto}
.matrix td{white-space:nowrap}td.fail{color:var(--bad);font-weight:600}
.senders th{white-space:normal;width:16rem}.senders td{overflow-wrap:anywhere}
.findings{list-style:none;padding:0}.findings li{border-top:1px solid var(--line);padding:.5rem 0;overflow-wrap:anywhere}.findings p{margin:0;color:var(--faint)}
li.error strong{color:var(--bad)}li.warning strong{color:var(--caution)}li.info strong{color:var(--faint)}
pre{overflow-x:auto;font-size:.875rem;border-left:1px solid var(--line);padding-left:.75rem}summary{cursor:pointer}
footer{margin:2rem 0;color:var(--faint);font-size:.875rem}article+article{border-top:2px solid var(--line);padding-top:1rem}
@media (max-width:40rem){.matrix thead{display:none}.matrix tr{display:block;border-bottom:1px solid var(--line);padding:.5rem 0}.matrix th{display:block;border:0}.matrix td{display:flex;justify-content:space-between;border:0;padding:.125rem .5rem}.matrix td[data-stage]::before{content:attr(data-stage);color:var(--faint)}.senders th{width:auto}}
`;
