import Router from "@koa/router";
import { logo, logoPath } from "./logo.ts";

export const stylePath = "/style.css";

export function styleRoutes(): Router {
  const router = new Router();
  router.get(stylePath, (ctx) => {
    ctx.type = "css";
    ctx.body = styleSheet;
  });
  router.get(logoPath, (ctx) => {
    ctx.type = "svg";
    ctx.body = logo;
  });
  return router;
}

const styleSheet = `:root {
  color-scheme: light dark;
  --text: #1d2320; --quiet: #56605b; --page: #f3f6f4; --card: #fff; --line: #d3dbd7; --field: #7b8680; --accent: #0a6b4b; --on-accent: #fff; --note: #e4efe9;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e9e6; --quiet: #a9b3ae; --page: #111513; --card: #1a201d; --line: #333c38; --field: #86918b; --accent: #7fd8b3; --on-accent: #063826; --note: #1d2b25; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 42rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding-block: .75rem; }
header .logo { display: flex; align-items: center; gap: .5rem; margin-inline-end: auto; font-size: 1.25rem; font-weight: 700; text-decoration: none; }
header img { display: block; height: 2.25rem; width: auto; }
header form { margin: 0; }
header a { padding-block: .625rem; }
@media (max-width: 32rem) { header .logo { flex-basis: 100%; } header form { margin-inline-start: auto; } }
main { padding-bottom: 4rem; }
h1 { margin: 1.5rem 0 1rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; hyphens: auto; }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; }
p { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: .2em; }
section { margin: 1.25rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.note { padding: .75rem 1rem; background: var(--note); border-radius: .5rem; }
.hint { color: var(--quiet); font-size: .9375rem; }
p.hint { margin: 0 0 .375rem; }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
input:not([type=hidden]), textarea { display: block; width: 100%; margin-bottom: 1rem; padding: .625rem .75rem; min-height: 2.75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--field); border-radius: .5rem; }
::placeholder { color: var(--quiet); opacity: 1; }
button, .button { display: inline-block; min-height: 2.75rem; padding: .625rem 1rem; font: inherit; font-weight: 600; color: var(--accent); background: transparent; border: 1px solid var(--accent); border-radius: .5rem; text-decoration: none; cursor: pointer; }
.primary { color: var(--on-accent); background: var(--accent); }
.small { padding: .5rem .75rem; font-size: .9375rem; }
button:hover, .button:hover { filter: brightness(1.1); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.people { margin: 0 0 1rem; padding: 0; list-style: none; }
.people li { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; justify-content: space-between; padding: .5rem 0; border-top: 1px solid var(--line); }
.people form { margin: 0; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
.steps { padding: 0; list-style: none; counter-reset: step; }
.steps > li { counter-increment: step; margin: 1rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.steps h2::before { content: counter(step) ". "; color: var(--accent); }
.steps p:last-child, .steps pre:last-child { margin-bottom: 0; }
.steps pre { padding: .75rem 1rem; font: .9375rem/1.5 ui-monospace, Consolas, monospace; background: var(--note); border: 0; border-radius: .5rem; }
code { font-family: ui-monospace, Consolas, monospace; font-size: .9375em; }
input[type=file] { padding: .5rem; }
.after { margin-top: 1.25rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; }
.row label { flex-basis: 100%; margin: 0; }
.row input:not([type=hidden]) { flex: 1 1 12rem; width: auto; min-width: 0; margin: 0; }
pre { margin: 0 0 1.25rem; padding: 1.25rem; font: inherit; white-space: pre-wrap; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
h2:not(:first-child) { margin-top: 1.5rem; }
dl { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
dl div { display: grid; gap: 0 1rem; padding: .5rem 1rem; }
dl div + div { border-top: 1px solid var(--line); }
dt { font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
@media (min-width: 32rem) { dl div { grid-template-columns: 9rem 1fr; } }
`;
