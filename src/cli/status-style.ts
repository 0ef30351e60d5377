/** Of the page that `status --html` writes: two palettes by what the reader's system prefers, and one column where the screen is narrow. */
export const PAGE_STYLE = `
:root{--paper:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d5dae0;--good:#116329;--bad:#b3151f;--bar:#2f6db5}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e4e7eb;--soft:#9aa4af;--line:#343b43;--good:#5bc47b;--bad:#ff8a80;--bar:#6aa5e8}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1rem;overflow-wrap:break-word}
h1{font-size:1.6rem;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
.badge{display:inline-block;font-size:1rem;font-weight:600;padding:.1rem .6rem;border:2px solid;border-radius:1rem;vertical-align:middle}
.good{color:var(--good)}.bad{color:var(--bad)}.quiet{color:var(--soft)}
.reason{color:var(--bad);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:1.5rem 0}
dt{color:var(--soft);grid-column:1}
dd{margin:0;grid-column:2}
table{width:100%;border-collapse:collapse;margin:1.5rem 0}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:400;white-space:nowrap}
figure{margin:1rem 0}
figcaption{color:var(--soft)}
svg{width:100%;max-width:28rem;height:auto;display:block}
svg text{font-size:12px;fill:var(--ink)}
svg rect{fill:var(--bar)}
@media (max-width:44rem){
dl{display:block}
dt{margin-top:.6rem}
table,caption,tbody,tr,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{border-bottom:1px solid var(--line);padding:.4rem 0}
td{overflow-wrap:anywhere;border:0;padding:.1rem 0;display:grid;grid-template-columns:6.5rem 1fr}
td::before{content:attr(data-head);color:var(--soft)}
td.none{display:none}
}
@media print{body{font-size:12px}}
`.trim();
