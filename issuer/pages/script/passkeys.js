// Passkeys (WebAuthn): the page asks the server for a challenge, the device answers it, and a plain form carries the answer.
//
// <form data-passkey="create|get" data-passkey-options="URL"> with a hidden field `response`, a place for what goes wrong
// ([data-passkey-said]), and texts in data attributes.

export function offerPasskeys() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      say(form, form.dataset.passkeyUnsupported);
      continue;
    }
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    form.addEventListener("submit", (event) => {
      if (form.elements.response.value) return;
      event.preventDefault();
      answer(form).catch((error) => say(form, error.name === "NotAllowedError" ? form.dataset.passkeyCancelled : form.dataset.passkeyFailed));
    });
  }
}

async function answer(form) {
  say(form, form.dataset.passkeyWaiting);
  const csrf = form.elements.csrf.value;
  const response = await fetch(form.dataset.passkeyOptions, { method: "POST", body: new URLSearchParams({ csrf }) });
  if (!response.ok) throw new Error(`options: ${response.status}`);
  const options = await response.json();
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.response.value = JSON.stringify(credential.toJSON());
  form.requestSubmit();
}

function say(form, text) {
  const place = form.querySelector("[data-passkey-said]");
  if (place) place.textContent = text ?? "";
}
