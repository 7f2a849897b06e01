/**
 * Passkeys. WebAuthn is for scripts alone, so without this one the pages of a sign-in have no passkeys. A form with
 * data-passkey is posted with the passkey's answer to those options. If it asks for an existing one (data-kind "get"), the
 * browser also offers it in the field for the address. A form with a field "able" reports whether the browser can make one.
 */
export const passkeyScript = `const { credentials } = navigator;
const PKC = window.PublicKeyCredential;
const form = document.querySelector("form[data-passkey]");
const status = document.querySelector("#passkey-status");
const able = document.querySelector("input[name=able]");
if (able && PKC?.parseCreationOptionsFromJSON && await PKC.isUserVerifyingPlatformAuthenticatorAvailable()) able.value = "yes";
if (form && PKC?.parseRequestOptionsFromJSON) {
  const options = JSON.parse(form.dataset.passkey);
  const send = (credential) => {
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  };
  let waiting = new AbortController();
  if (form.dataset.kind === "get") {
    const offered = await PKC.isConditionalMediationAvailable?.();
    if (offered) credentials.get({ publicKey: PKC.parseRequestOptionsFromJSON(options), mediation: "conditional", signal: waiting.signal }).then(send, () => {});
  }
  for (const hidden of form.querySelectorAll("[hidden]:not(#passkey-status)")) hidden.hidden = false;
  for (const button of form.querySelectorAll("button[disabled]")) button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    waiting.abort();
    try {
      send(form.dataset.kind === "create"
        ? await credentials.create({ publicKey: PKC.parseCreationOptionsFromJSON(options) })
        : await credentials.get({ publicKey: PKC.parseRequestOptionsFromJSON(options) }));
    } catch (error) {
      status.textContent = error.name === "InvalidStateError" ? form.dataset.there : form.dataset.none;
      status.hidden = false;
    }
  });
}
`;
