// One small style sheet for every page; its colours are in tokens.ts and accent.ts. Touch targets are at least 2.75rem (44 pixels)
// high; sizes are in rem, so that large text fits.
import { accentsOf, properties } from "./accent.ts";
import { dark, light, ownColour } from "./tokens.ts";

const own = accentsOf(ownColour);
const colours = (scheme: Record<string, string>) =>
  Object.entries(scheme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

/**
 * A code is as wide as its digits in any font (ch). If the line is narrower, its type is smaller: no digit of a
 * common font is wider than .72 of its size.
 */
const codeField = [6, 7, 8, 12].map((digits) => `input[name=code][size="${digits}"]{--digits:${digits}}`).join("\n");

export const styleSheet = `:root{color-scheme:light dark;${colours(light)};${properties(own.light, light.card)}}
@media (prefers-color-scheme:dark){:root{${colours(dark)};${properties(own.dark, dark.card)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--card);color:var(--text);font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
.frame{max-width:29rem;margin:0 auto;padding:1rem min(1.25rem,5vw) 1.25rem}
.wide{max-width:64rem}
.top{display:flex;align-items:center;min-height:2.5rem;margin-bottom:1.5rem}
.top p{margin:0;line-height:1.25}
.top::before{content:"";flex:none;width:2.5rem;height:1.625rem;margin-inline-end:.75rem;background:var(--mark) center/contain no-repeat}
.top:has(.logo)::before{content:none}
/* If a logo cannot be loaded, only its margin is left. */
.logo{display:block;flex:none;max-height:2.5rem;max-width:45vw;margin-inline-end:.75rem;object-fit:contain;border-radius:.25rem}
@media (min-width:34rem){.logo{max-width:12rem}}
@media (prefers-color-scheme:dark){.plate{background:#fff}}
.name{font-weight:600}
.whose,.foot{color:var(--quiet);font-size:.9375rem}
.foot{display:flex;flex-wrap:wrap;gap:0 1.25rem;align-items:center;margin-top:1.5rem;padding-top:.75rem;border-top:1px solid var(--edge)}
.foot a,.foot summary{min-height:2.75rem;padding-block:.6875rem;color:var(--quiet)}
.foot a:hover,.foot summary:hover{color:var(--text)}
.foot a{display:inline-block}
.languages{margin-inline-start:auto;position:relative}
.languages ul{display:flex;flex-wrap:wrap;gap:0 1.25rem;margin:0;padding:0;list-style:none}
.languages li,.languages p{margin:0}
.languages[open]{flex-basis:100%}
@media (min-width:34rem){
body{background:var(--page)}
.frame{padding-block:clamp(1.5rem,8vh,5rem) 2rem}
main{padding:2rem 2.25rem 1.25rem;background:var(--card);border:1px solid var(--edge);border-radius:.75rem}
.top{margin:0 .25rem 1.25rem}
.foot{margin:.75rem .25rem 0;border:none}
}
h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.2;letter-spacing:-.01em;font-weight:600;text-wrap:balance;hyphens:auto}
@media (min-width:34rem){h1{font-size:1.75rem}}
:lang(ja){word-break:auto-phrase}
h2{margin:1.5rem 0 .25rem;font-size:1.0625rem;font-weight:600}
h3{margin:1rem 0 .25rem;font-size:.9375rem;font-weight:600}
p,ul{margin:0 0 1rem}
ul{padding-inline-start:1.25rem}
li{margin-bottom:.375rem}
strong{font-weight:600}
a,.link,summary{color:var(--accent);text-decoration:underline;text-underline-offset:.2em}
a:hover,.link:hover,summary:hover{text-decoration-line:underline;text-decoration-thickness:.125em}
summary{cursor:pointer;text-decoration:none}
label{display:block;margin-bottom:.375rem;font-weight:600}
.choice{display:flex;gap:.625rem;align-items:center;min-height:2.75rem;margin:.25rem 0 0;font-weight:400}
.choice input{flex:none;width:1.25rem;height:1.25rem;margin:0;accent-color:var(--accent)}
label[for=email]{margin-top:1rem}
label+.quiet{margin-bottom:.625rem}
input[type=text],input[type=email],select{display:block;width:100%;min-height:3rem;padding:.5rem .75rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.5rem}
.act{container-type:inline-size;display:flex;flex-wrap:wrap;gap:.75rem}
.act>.primary{flex:1 1 8rem;width:auto}
input[name=code]{--digits:6;flex:0 0 auto;width:calc(var(--digits)*(1ch + .18em) + .95em);max-width:100%;padding:.25rem .35em;font-size:1.375rem;font-size:min(1.75rem,(100cqi - 4px)/(var(--digits)*.9 + .95));font-weight:600;letter-spacing:.18em;font-variant-numeric:tabular-nums}
${codeField}
input[aria-invalid=true]{border:2px solid var(--danger)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.25rem}
input:focus-visible{outline-offset:1px;border-radius:.5rem}
input[aria-invalid=true]:focus-visible{outline-color:var(--danger)}
button,.button{display:inline-block;min-height:2.75rem;padding:.625rem 1.125rem;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--accent);background:var(--card);border:1px solid var(--line);border-radius:.5rem;cursor:pointer}
button:focus-visible,.button:focus-visible{border-radius:.5rem}
.primary{min-height:3rem;width:100%;color:var(--on-button);background:var(--button);border-color:var(--button-edge)}
.primary:hover,.primary:active{color:var(--on-button);background:var(--pressed)}
.second{width:100%;margin-top:1rem}
form>.primary{margin-top:1rem}
.note+form>.primary{margin-top:0}
select+p,input+label{margin-top:1rem}
.link{min-height:2.75rem;padding:.5rem 0;font-weight:400;text-align:start;text-decoration:underline;color:var(--accent);background:none;border:none}
.quiet{color:var(--quiet);font-size:.9375rem}
.address{font-weight:600}
/* An address moves to the next line as a whole, rather than break after a hyphen. A link's line is not drawn through a box by itself. */
bdi{display:inline-block;max-width:100%;text-decoration:inherit}
.address bdi,strong>bdi,bdi.address{font-weight:inherit;word-break:break-all}
.wrong,.note{margin:0 0 .75rem;padding:.625rem .875rem;border-inline-start:.25rem solid;border-radius:.25rem}
.wrong{color:var(--danger);font-weight:600;background:var(--danger-soft)}
.note{color:var(--information);background:var(--information-soft)}
.code{margin:0 0 .75rem;font-size:1.75rem;font-weight:600;letter-spacing:.18em;font-variant-numeric:tabular-nums;user-select:all}
.waiting{color:var(--quiet);border-style:dashed}
.button.primary{padding-block:.75rem}
#delivery{margin:.5rem 0 0}
#delivery:not(.wrong){color:var(--quiet);font-size:.9375rem}
.help{margin-top:.5rem}
.help summary{padding-block:.625rem}
.others a,.help a{display:inline-block;padding-block:.625rem}
.help[open]{padding-bottom:.5rem}
.help form,.help p{margin:0 0 .5rem}
.help strong{letter-spacing:.06em}
.others{margin-top:1rem;padding-top:.5rem;border-top:1px solid var(--edge)}
.others form,.others p{margin:0}
.others .quiet{margin-bottom:.5rem}
.others .wrong{margin-bottom:.75rem}
.others h2{margin-top:1rem}
.others ul{margin:0;font-size:.9375rem}
.others p>.button,.others button:not(.link){margin-top:.75rem}
.others form+.quiet{margin-top:1.25rem}
noscript a{display:inline-block;padding-block:.625rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
pre{margin:.75rem 0 0;padding:.875rem;font:.9375rem/1.5 ui-monospace,Consolas,monospace;white-space:pre-wrap;background:var(--soft);border-radius:.5rem}
code{font:.9375em ui-monospace,Consolas,monospace}
.wide h2{margin-top:2rem;font-size:1.375rem}
.wide h3{margin:1.25rem 0 .5rem;font-size:1.0625rem}
.wide section{margin-top:2.5rem;padding-top:.5rem;border-top:1px solid var(--edge)}
dl{margin:0 0 1rem}
dd{margin:0 0 .5rem;margin-inline-start:1.25rem}
table{width:100%;border-collapse:collapse}
th,td{padding:.375rem .5rem .375rem 0;text-align:start;vertical-align:top}
`;
