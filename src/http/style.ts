// One small style sheet for every page. Colours meet WCAG 2.2, 1.4.3 and 1.4.11 in both schemes; whatever is touched is at
// least 2.75rem (44 pixels) high; sizes are in rem, so that large text stays whole. A code fits into its field on the narrowest phone.
import { icon } from "./icon.ts";

const image = (svg: string) => `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;

export const styleSheet = `:root {
  color-scheme: light dark;
  --text: #1b1b1f; --quiet: #55555e; --page: #f0f2f7; --card: #fff; --edge: #dfe2ea; --line: #74747d; --soft: #eef2fa;
  --accent: #0b57d0; --pressed: #0842a0; --on-accent: #fff; --wrong: #b3261e; --on-wrong: #fdf0ef; --mark: ${image(icon("#0b57d0", "#fff"))};
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e6ea; --quiet: #b4b4be; --page: #111114; --card: #1d1d21; --edge: #34343b; --line: #8e8e99; --soft: #282a31;
    --accent: #a8c7fa; --pressed: #c9dcfc; --on-accent: #062e6f; --wrong: #f5b9b4; --on-wrong: #33201f; --mark: ${image(icon("#a8c7fa", "#1d1d21"))};
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--card); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
main { max-width: 28rem; margin: 0 auto; padding: 1.25rem 1.25rem 2rem; }
main::before { content: ""; display: block; width: 2.75rem; height: 1.75rem; margin-bottom: .875rem; background: var(--mark) left center / contain no-repeat; }
main:has(> .logo)::before { content: none; }
.logo { display: block; max-width: 100%; height: 2.5rem; margin-bottom: .875rem; object-fit: contain; object-position: left; }
[dir=rtl] .logo { object-position: right; }
[dir=rtl] main::before { background-position: right center; }
@media (min-width: 32rem) {
  body { background: var(--page); }
  main { margin-block: clamp(1.5rem, 9vh, 5rem) 2rem; padding: 2.25rem; background: var(--card); border: 1px solid var(--edge); border-radius: 1rem; }
}
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; hyphens: auto; }
:lang(ja) { word-break: auto-phrase; }
h2 { margin: 0 0 .25rem; font-size: 1.0625rem; }
p, ul { margin: 0 0 1rem; }
ul { padding-inline-start: 1.25rem; }
li { margin-bottom: .375rem; }
a, .link { color: var(--accent); text-decoration: underline; text-underline-offset: .2em; }
a:hover, .link:hover { color: var(--pressed); text-decoration-thickness: .125em; }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
.choice { display: flex; gap: .625rem; align-items: center; min-height: 2.75rem; margin: .5rem 0 0; font-weight: 400; }
.choice input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); }
label + .quiet { margin-bottom: .625rem; }
input[type=text], input[type=email] { display: block; width: 100%; min-height: 3rem; padding: .5rem .75rem; font: inherit; font-size: 1.125rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .5rem; }
input[name=code] { font-size: min(1.625rem, (100vw - 4.25rem) / 5.2); font-weight: 600; letter-spacing: .25em; font-variant-numeric: tabular-nums; }
input[name=code]:not([size="6"]) { font-size: min(1.625rem, (100vw - 4.25rem) / 7); }
input[aria-invalid=true] { border: 2px solid var(--wrong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
input:focus-visible { outline-offset: -1px; border-color: transparent; border-radius: .5rem; }
input[aria-invalid=true]:focus-visible { outline-color: var(--wrong); }
button, .button { display: inline-block; min-height: 2.75rem; padding: .625rem 1rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border: 1px solid var(--accent); border-radius: .5rem; cursor: pointer; }
button:focus-visible, .button:focus-visible { border-radius: .5rem; }
.primary, .primary:hover { width: 100%; min-height: 3rem; margin-top: .75rem; color: var(--on-accent); background: var(--accent); }
.primary:hover, .primary:active { background: var(--pressed); border-color: var(--pressed); }
.link { padding: .5rem 0; font-weight: 400; text-align: start; text-decoration: underline; background: none; border: none; }
noscript a { display: inline-block; margin-block: -.625rem; padding-block: .625rem; }
.quiet { color: var(--quiet); font-size: .9375rem; }
.address { padding: .625rem .875rem; font-weight: 600; background: var(--soft); border-radius: .5rem; }
.wrong { margin: 0 0 .625rem; padding: .5rem .75rem; color: var(--wrong); font-weight: 600; background: var(--on-wrong); border-inline-start: .25rem solid var(--wrong); border-radius: .25rem; }
.notes { margin-top: 1.25rem; }
.notes p { margin-bottom: .5rem; }
.notes strong { color: var(--text); letter-spacing: .06em; }
.others { margin-top: 1.5rem; padding-top: .75rem; border-top: 1px solid var(--edge); }
.others form, .others p { margin: 0; }
.others p > a { display: inline-block; padding-block: .625rem; }
.others .quiet { margin-bottom: .5rem; }
pre { margin: .75rem 0 0; padding: .875rem; font: .875rem/1.5 ui-monospace, Consolas, monospace; white-space: pre-wrap; background: var(--soft); border-radius: .5rem; }
code { font: .9375em ui-monospace, Consolas, monospace; }
.wide { max-width: 60rem; }
.wide h2 { margin-top: 2rem; font-size: 1.25rem; }
.wide h3 { margin: 1.25rem 0 .5rem; font-size: 1rem; }
.wide section { margin-top: 2.5rem; padding-top: .5rem; border-top: 1px solid var(--edge); }
dl { margin: 0 0 1rem; }
dd { margin: 0 0 .5rem; margin-inline-start: 1.25rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .375rem .5rem .375rem 0; text-align: start; vertical-align: top; }
`;
