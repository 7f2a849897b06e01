// What makes the console quicker where script runs. Passkeys alone need it: WebAuthn is a JavaScript interface.

/** A form with data-passkey is submitted with what the passkey answers to those options. */
export const passkeyScript = `const form = document.querySelector("form[data-passkey]");
const status = document.querySelector("#passkey-status");
const credentials = navigator.credentials;
if (form && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  form.querySelectorAll("button[disabled]").forEach((button) => { button.disabled = false; });
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    status.textContent = "Waiting for your passkey …";
    status.hidden = false;
    try {
      const options = JSON.parse(form.dataset.passkey);
      const credential = form.dataset.kind === "create"
        ? await credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch (error) {
      status.textContent = error.name === "InvalidStateError" ? "This device has a passkey for you already. Sign in with it." : "No passkey was used. Try again.";
      document.title = "Not yet: " + document.title.replace(/^Not yet: /, "");
    }
  });
} else if (form) {
  status.textContent = "This browser has no passkeys. Use a current one.";
  status.hidden = false;
}
`;

/** The link of an invitation carries its token in the fragment, which no server sees. */
export const enrolScript = `const form = document.querySelector("form[data-token]");
const take = () => {
  const token = location.hash.slice(1);
  if (!form || !token) return;
  form.elements.token.value = token;
  history.replaceState(null, "", location.pathname);
  form.querySelector("button").disabled = false;
};
take();
addEventListener("hashchange", take);
`;

/** The time zone that times are shown in, search as somebody types, and "/" for the search. */
export const consoleScript = `const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const name = document.body.dataset.zoneCookie;
if (name && zone && !document.cookie.includes(name + "=" + encodeURIComponent(zone)))
  document.cookie = name + "=" + encodeURIComponent(zone) + ";path=" + document.body.dataset.base + ";max-age=31536000;samesite=strict" + (location.protocol === "https:" ? ";secure" : "");
const search = document.querySelector("input[type=search]");
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
  if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    if (search) search.focus();
    else location.href = document.body.dataset.base + "/guests";
  }
});
const live = document.querySelector("form[data-live]");
if (live) {
  let waiting;
  let asked = 0;
  live.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++asked;
      const response = await fetch(live.action, { method: "POST", body: new URLSearchParams(new FormData(live)), headers: { accept: "text/html" } });
      if (!response.ok || mine !== asked) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      document.querySelector("#results")?.replaceWith(page.querySelector("#results"));
    }, 200);
  });
}
const showAll = () => document.querySelector("input[data-all]")?.removeAttribute("hidden");
showAll();
addEventListener("change", ({ target }) => {
  if (!target.matches("input[data-all]")) return;
  for (const box of document.querySelectorAll("input[name=pick]")) box.checked = target.checked;
});
const follow = document.querySelector("[data-follow]");
if (follow) {
  setInterval(async () => {
    const response = await fetch(location.href).catch(() => undefined);
    if (!response?.ok) return;
    const now = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-follow]");
    if (now?.dataset.follow === follow.dataset.follow) follow.replaceChildren(...now.childNodes);
    else location.reload();
  }, 1000);
}
for (const input of document.querySelectorAll("input[type=file][data-into]")) {
  input.closest("[hidden]")?.removeAttribute("hidden");
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) document.getElementById(input.dataset.into).value = await file.text();
  });
}
`;
