// The development mailbox's own style, and the script that keeps its list up to date.

export const mailboxStyle = `.search { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: 1rem; }
.search label { margin: 0; }
.search input[type=text] { flex: 1 1 12rem; width: auto; min-width: 0; min-height: 2.75rem; font-size: 1rem; }
.search button { color: var(--accent); background: transparent; }
.mails { margin: 0; padding: 0; list-style: none; }
.mails li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .125rem 1rem; align-items: baseline; margin: 0; padding: .625rem 0; border-top: 1px solid var(--edge); }
.mails a { font-weight: 600; }
.mails time, .mails bdi { color: var(--quiet); font-size: .9375rem; }
.mails li > a, .mails li > .code { grid-column: 1 / -1; justify-self: start; }
.mails li > time { text-align: end; }
.code { padding: .0625rem .5rem; font-size: 1.25rem; font-weight: 700; letter-spacing: .12em; background: var(--soft); border-radius: .375rem; }
.mail { display: grid; gap: 0 1.5rem; }
.mail > div { min-width: 0; }
.mail h2 { margin-top: .5rem; }
.mail pre { margin-top: .5rem; }
iframe { display: block; width: 100%; height: 44rem; max-height: 80vh; margin-top: .5rem; border: 1px solid var(--edge); border-radius: .5rem; background: #fff; }
@media (min-width: 52rem) {
  .mails li { grid-template-columns: minmax(0, 1fr) 6.75rem minmax(0, 13rem) 9rem; }
  .mails li > a { grid-column: 1; }
  .mails li > .code { grid-column: 2; }
  .mails li > bdi { grid-column: 3; }
  .mails li > time { grid-column: 4; }
  .mail { grid-template-columns: 3fr 2fr; }
}
`;

/** Refreshes every two seconds while the page is visible, and leaves the field that is being typed in alone. */
export const mailboxScript = `const mails = document.getElementById("mails");
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("mails");
  if (now.innerHTML !== mails.innerHTML) mails.innerHTML = now.innerHTML;
}, 2000);
`;
