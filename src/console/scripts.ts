// The script that makes the console quicker. Only passkeys need it: WebAuthn is a JavaScript interface.

/** A form with data-passkey is submitted with the passkey's answer to those options. */
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

/** The reader's time zone, search as somebody types, "/" and Ctrl-K to find anything, and progress that moves. */
export const consoleScript = `const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const name = document.body.dataset.zoneCookie;
if (name && zone && !document.cookie.includes(name + "=" + encodeURIComponent(zone)))
  document.cookie = name + "=" + encodeURIComponent(zone) + ";path=" + document.body.dataset.base + ";max-age=31536000;samesite=strict" + (location.protocol === "https:" ? ";secure" : "");
/** Asks the form's page for what was typed. The latest request counts, and cancels earlier ones. */
const asking = (form, show) => {
  let waiting;
  let before;
  return (pause) => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      before?.abort();
      before = new AbortController();
      const { signal } = before;
      try {
        const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), signal });
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        if (response.ok && !signal.aborted) show(page);
      } catch {}
    }, pause);
  };
};
const live = document.querySelector("form.live");
if (live) {
  const said = document.querySelector("#said");
  const ask = asking(live, (page) => {
    const found = page.querySelector("#results");
    if (!found) return location.reload();
    document.querySelector("#results").replaceWith(found);
    said.textContent = found.dataset.found;
    showAll();
  });
  live.addEventListener("input", () => ask(200));
  // Going back shows what was typed, and its results.
  addEventListener("pageshow", () => setTimeout(() => {
    if (live.elements.search.value !== live.elements.search.defaultValue) ask(0);
  }));
}
const palette = document.querySelector("dialog.palette");
if (palette) {
  const form = palette.querySelector("form");
  const input = form.elements.find;
  const list = palette.querySelector("[role=listbox]");
  const said = palette.querySelector("[role=status]");
  const opener = document.querySelector("[data-palette]");
  let options = [];
  let at = -1;
  const mark = (next) => {
    at = options.length === 0 ? -1 : (next + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", options[at].id);
      options[at].scrollIntoView({ block: "nearest" });
    }
  };
  const ask = asking(form, (page) => {
    options = [...page.querySelectorAll("#found a")].map((link, index) => {
      const option = document.createElement("li");
      option.setAttribute("role", "option");
      option.id = "found-" + index;
      option.dataset.href = link.getAttribute("href");
      option.append(...link.childNodes);
      option.addEventListener("click", () => location.assign(option.dataset.href));
      return option;
    });
    list.replaceChildren(...options);
    mark(0);
    said.textContent = options.length === 1 ? "1 result" : options.length + " results";
  });
  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.select();
    ask(0);
  };
  opener.hidden = false;
  opener.addEventListener("click", open);
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
    const asked = event.key.toLowerCase() === "k" ? event.ctrlKey || event.metaKey : event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!asked) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("input", () => ask(100));
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    mark(at + step);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (at >= 0) location.assign(options[at].dataset.href);
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
  });
}
const showAll = () => document.querySelector(".tick[hidden]")?.removeAttribute("hidden");
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
