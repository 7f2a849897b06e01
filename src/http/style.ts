export const styleSheet = `:root {
  color-scheme: light dark;
  --text: #1b1b1f; --quiet: #55555e; --page: #f4f4f6; --card: #fff; --line: #74747d; --accent: #0b57d0; --on-accent: #fff; --wrong: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6ea; --quiet: #b4b4be; --page: #131316; --card: #1e1e22; --line: #8e8e99; --accent: #a8c7fa; --on-accent: #062e6f; --wrong: #f2b8b5; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 28rem; margin: 0 auto; padding: 1.5rem 1.25rem 2rem; background: var(--card); min-height: 100vh; overflow-wrap: anywhere; }
@media (min-width: 32rem) { main { min-height: 0; margin-top: 4rem; padding: 2rem; border-radius: .75rem; } }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
p, ul { margin: 0 0 1rem; }
ul { padding-inline-start: 1.25rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input[type=text], input[type=email] { width: 100%; font: inherit; font-size: 1.125rem; padding: .625rem .75rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .5rem; }
input[name=code] { font-size: 1.5rem; letter-spacing: .2em; font-variant-numeric: tabular-nums; }
input[aria-invalid=true] { border: 2px solid var(--wrong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button, .button { display: inline-block; font: inherit; font-weight: 600; padding: .75rem 1rem; min-height: 2.75rem; border-radius: .5rem; border: 1px solid var(--accent); cursor: pointer; text-align: center; text-decoration: none; }
.primary { width: 100%; background: var(--accent); color: var(--on-accent); margin-top: 1rem; }
.secondary { background: transparent; color: var(--accent); }
.link { background: none; border: none; padding: .5rem 0; color: var(--accent); text-decoration: underline; font-weight: 400; }
a { color: var(--accent); }
.quiet { color: var(--quiet); font-size: .9375rem; }
.address { font-weight: 600; font-size: 1.125rem; }
.wrong { color: var(--wrong); font-weight: 600; margin: 0 0 .5rem; }
.others { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid color-mix(in srgb, var(--line) 40%, transparent); }
.others form, .others p { margin: 0 0 .5rem; }
pre { white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .375rem .5rem .375rem 0; vertical-align: top; }
`;
