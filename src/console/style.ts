// The console's style sheet: dense, quiet, neutral. Colours meet WCAG 2.2, 1.4.3 and 1.4.11 in both schemes.
export const consoleStyle = `:root {
  color-scheme: light dark;
  --text: #1b1c22; --quiet: #565a68; --page: #f5f6f9; --card: #fff; --edge: #dfe2ea; --line: #767b8a; --soft: #eef1f7;
  --accent: #0b57d0; --on-accent: #fff; --good: #146c2e; --good-soft: #e6f4ea; --wait: #7a4d00; --wait-soft: #fdf1dc;
  --bad: #b3261e; --bad-soft: #fdf0ef; --info-soft: #e8f0fe;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e7ec; --quiet: #b1b5c2; --page: #121318; --card: #1c1d23; --edge: #33353e; --line: #8d92a1; --soft: #262830;
    --accent: #a8c7fa; --on-accent: #062e6f; --good: #8fd6a4; --good-soft: #1a3323; --wait: #f0c274; --wait-soft: #3a2d13;
    --bad: #f5b9b4; --bad-soft: #3b2220; --info-soft: #1f2c47;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: .9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: .5rem; top: .5rem; z-index: 2; padding: .5rem .75rem; background: var(--card); }
.shell { display: grid; grid-template-columns: 15rem minmax(0, 1fr); min-height: 100vh; }
.side { padding: 1rem .75rem; background: var(--card); border-inline-end: 1px solid var(--edge); }
.side .whose { margin: 0 .5rem 1rem; font-weight: 600; }
.side .whose small { display: block; font-weight: 400; color: var(--quiet); font-size: .8125rem; }
.side ul { margin: 0 0 1rem; padding: 0; list-style: none; }
.side nav a { display: flex; justify-content: space-between; gap: .5rem; min-height: 2.25rem; padding: .375rem .5rem; color: inherit; text-decoration: none; border-radius: .5rem; }
.side nav a:hover { background: var(--soft); }
.side nav a[aria-current] { background: var(--info-soft); font-weight: 600; }
.side .find { display: flex; align-items: center; justify-content: space-between; width: calc(100% - 1rem); margin: 0 .5rem 1rem; padding: .25rem .625rem; font-weight: 400; }
kbd { padding: 0 .375rem; font: .8125rem/1.5rem ui-monospace, Consolas, monospace; border: 1px solid var(--edge); border-radius: .25rem; }
.palette { width: min(36rem, calc(100vw - 2rem)); margin: 10vh auto auto; padding: .75rem; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.palette::backdrop { background: rgb(0 0 0 / .4); }
.palette ul { max-height: 60vh; margin: .5rem 0 0; padding: 0; overflow-y: auto; list-style: none; }
.palette li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .75rem; min-height: 2.75rem; padding: .625rem .75rem; border-radius: .5rem; cursor: pointer; }
.palette li[aria-selected=true] { background: var(--info-soft); }
.side .me { margin: 1rem .5rem 0; padding-top: .75rem; border-top: 1px solid var(--edge); font-size: .8125rem; color: var(--quiet); }
.side .me > a { display: inline-flex; align-items: center; min-height: 2.75rem; }
.count { min-width: 1.5rem; padding: 0 .375rem; text-align: center; font-size: .8125rem; background: var(--wait-soft); color: var(--wait); border-radius: 1rem; }
main { max-width: 80rem; width: 100%; padding: 1.5rem 2rem 3rem; }
.narrow main, main.narrow { max-width: 32rem; margin: 0 auto; }
header.title { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: flex-start; justify-content: space-between; margin-bottom: 1.25rem; }
h1 { margin: 0; font-size: 1.375rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 .5rem; font-size: 1.0625rem; line-height: 1.3; }
h3 { margin: 1rem 0 .25rem; font-size: .9375rem; }
p { margin: 0 0 .75rem; }
.lead { margin: .25rem 0 0; color: var(--quiet); max-width: 46rem; }
.quiet { color: var(--quiet); }
small { font-size: .8125rem; }
a { color: var(--accent); text-underline-offset: .15em; }
section { margin: 0 0 1.5rem; }
section.card, form.card, .card { margin: 0 0 1.5rem; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--edge); border-radius: .75rem; }
.grid { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); align-items: start; }
.grid { margin-bottom: 1.5rem; }
.grid.small { gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); }
.grid > *, .grid > .card { margin-bottom: 0; }
.grid.small > .card { padding: .75rem; }
.card ol { margin: 0 0 1rem; padding-inline-start: 1.25rem; }
.card form + p { margin-top: .75rem; }
.card > p:last-child { margin-bottom: 0; }
.scroll { position: relative; overflow-x: auto; margin: 0 0 1rem; background: var(--card); border: 1px solid var(--edge); border-radius: .75rem; }
table { width: 100%; border-collapse: collapse; }
td { min-width: 6.5rem; }
td.number { min-width: 0; }
th, td { padding: .5rem .75rem; text-align: start; vertical-align: top; border-bottom: 1px solid var(--edge); }
td:first-child { min-width: 10rem; }
th:has(.tick), td:has(.tick) { width: 1px; min-width: 0; }
td:has(.tick) + td { min-width: 10rem; }
tr:last-child > td { border-bottom: 0; }
thead th { position: sticky; top: 0; background: var(--card); font-size: .8125rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
td.number, th.number { text-align: end; }
td.acts { white-space: nowrap; text-align: end; }
tbody tr:hover { background: var(--soft); }
dl { display: grid; grid-template-columns: minmax(8rem, 12rem) minmax(0, 1fr); gap: .375rem 1rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
.badge { display: inline-block; padding: 0 .5rem; font-size: .8125rem; line-height: 1.5rem; border-radius: .75rem; background: var(--soft); overflow-wrap: normal; }
.badge.good { color: var(--good); background: var(--good-soft); }
.badge.wait { color: var(--wait); background: var(--wait-soft); }
.badge.bad { color: var(--bad); background: var(--bad-soft); }
.note { margin: 0 0 1rem; padding: .625rem .875rem; border-radius: .5rem; background: var(--info-soft); }
.note.bad { color: var(--bad); background: var(--bad-soft); }
.note.wait { color: var(--wait); background: var(--wait-soft); }
.note.good { color: var(--good); background: var(--good-soft); }
.note p:last-child, .note ul:last-child { margin-bottom: 0; }
label, .label { display: block; margin: 0 0 .25rem; font-weight: 600; }
.help { display: block; margin: .25rem 0 0; color: var(--quiet); font-size: .8125rem; font-weight: 400; }
.field { margin: 0 0 1rem; max-width: 36rem; }
.field.bad input, .field.bad textarea, .field.bad select { border: 2px solid var(--bad); }
.wrong { display: block; margin: .25rem 0 0; color: var(--bad); font-weight: 600; }
input, select, textarea, button { font: inherit; color: inherit; }
input:not([type=checkbox]):not([type=radio]), select, textarea { width: 100%; min-height: 2.75rem; padding: .5rem .625rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
textarea { min-height: 4.5rem; field-sizing: content; }
.choice { display: flex; gap: .5rem; align-items: center; min-height: 2.75rem; font-weight: 400; }
.tick { position: relative; display: flex; align-items: center; justify-content: center; width: 2.75rem; height: 2.75rem; margin: -.5rem 0 -.5rem -.75rem; }
input[type=checkbox], input[type=radio] { width: 1.125rem; height: 1.125rem; accent-color: var(--accent); flex: none; margin: 0; }
button, .button { display: inline-block; min-height: 2.75rem; padding: .5rem 1rem; font-weight: 600; text-decoration: none; color: var(--accent); background: var(--card); border: 1px solid var(--line); border-radius: .5rem; cursor: pointer; }
button:hover, .button:hover { background: var(--soft); }
.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.primary:hover { color: var(--on-accent); background: var(--accent); text-decoration: underline; }
.danger { color: var(--bad); border-color: var(--bad); }
button.quietly { min-height: 2.75rem; padding: .25rem .625rem; font-weight: 400; }
form.inline { display: inline; }
.bar { display: flex; flex-wrap: wrap; gap: .75rem; align-items: flex-start; margin: 0 0 1rem; }
.bar > button { margin-top: 1.65rem; }
.bar .field { margin: 0; flex: 1 1 12rem; min-width: 0; max-width: 20rem; }
.bar input { min-width: 0; }
.bar .field.small { flex: 0 1 10rem; }
.bulk { margin: 0 0 1rem; padding: .5rem 1rem 1rem; background: var(--card); border: 1px solid var(--edge); border-radius: .75rem; }
.bulk legend { padding: 0 .25rem; font-weight: 600; }
progress { width: 100%; height: 1rem; accent-color: var(--accent); }
.columns { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin-bottom: .75rem; }
.pages { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0 0 1.25rem; padding: 0; list-style: none; border-bottom: 1px solid var(--edge); }
.tabs a { display: block; padding: .5rem .75rem; color: inherit; text-decoration: none; border-bottom: 3px solid transparent; }
.tabs a[aria-current] { border-bottom-color: var(--accent); font-weight: 600; }
.number-large { font-size: 1.75rem; font-weight: 600; line-height: 1.2; }
details { margin: 0 0 1rem; }
summary { cursor: pointer; min-height: 2.75rem; padding: .625rem 0; color: var(--accent); }
pre { margin: 0 0 .75rem; padding: .75rem; overflow-x: auto; font: .8125rem/1.5 ui-monospace, Consolas, monospace; background: var(--soft); border-radius: .5rem; white-space: pre-wrap; }
code { font: .9em ui-monospace, Consolas, monospace; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
.frames { display: flex; flex-wrap: wrap; gap: 1.5rem; margin: 0 0 1.5rem; }
iframe { height: 44rem; border: 1px solid var(--line); border-radius: .75rem; }
iframe.phone { flex: none; width: min(20rem, 100%); }
iframe.desktop { flex: 1 1 30rem; min-width: 0; max-width: 100%; }
svg.chart { display: block; width: 100%; height: 8rem; max-width: 40rem; border-bottom: 1px solid var(--line); }
.axis { display: flex; flex-wrap: wrap; max-width: 40rem; margin: 0 0 .25rem; color: var(--quiet); font-size: .8125rem; line-height: 1.3; }
.axis span { flex: 1 1 2.5rem; min-width: 0; padding-inline-end: .25rem; }
.axis.ends span:last-child { text-align: end; }
svg.chart .bar1 { fill: var(--accent); }
svg.chart .bar2 { fill: var(--line); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
[hidden] { display: none !important; }
@media (max-width: 64rem) {
  .shell { display: block; }
  .side { border-inline-end: 0; border-bottom: 1px solid var(--edge); padding: .75rem; }
  .side ul { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0; }
  .side nav a { min-height: 2.75rem; align-items: center; }
  .side .me { margin-top: .5rem; padding-top: .5rem; }
  main { padding: 1rem; }
}
.more { margin: 0; }
.more summary { min-height: 2.75rem; font-size: .8125rem; }
@media (max-width: 40rem) {
  iframe.desktop { display: none; }
  dl { display: block; }
  dd { margin-bottom: .5rem; }
  .bar > button { margin-top: 0; }
  .bar .field, .bar .field.small { flex-basis: 100%; max-width: none; }
  .scroll thead { display: none; }
  .scroll table, .scroll tbody, .scroll tr, .scroll td { display: block; }
  .scroll tr { padding: .5rem 0; border-bottom: 1px solid var(--edge); }
  .scroll tr:last-child { border-bottom: 0; }
  .scroll td, .scroll td.acts, .scroll td.number { padding: .25rem .75rem; text-align: start; white-space: normal; border-bottom: 0; }
  .scroll td:empty { display: none; }
  .scroll td:not([data-name=""])::before { content: attr(data-name); display: block; font-size: .8125rem; color: var(--quiet); }
}
@media (max-width: 40rem) and (max-height: 30rem) {
  .side ul { flex-wrap: nowrap; overflow-x: auto; }
  .side nav a { white-space: nowrap; }
  .side .whose small { display: none; }
  .side .me { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: center; }
}
`;
