// Parts that load themselves anew: what is new in them is begun, and a silent server stops nothing.

import { createAll, Button, Checkboxes, Radios } from "govuk-frontend";

export function keepLiveParts() {
  document.addEventListener("htmx:after:swap", (event) => {
    const scope = event.target instanceof Element ? (event.target.parentElement ?? event.target) : document.body;
    for (const component of [Button, Checkboxes, Radios]) {
      createAll(component, undefined, { scope, onError: () => {} });
    }
  });
  // An answer that says nothing good (a restart, a lost network) leaves the part as it was, and is asked for again.
  document.addEventListener("htmx:before:swap", (event) => {
    const status = event.detail?.ctx?.response?.status ?? 200;
    const polls = event.target instanceof Element && event.target.closest(".yx-live");
    if (polls && status >= 400) event.preventDefault();
  });
}
