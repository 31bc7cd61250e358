// Parts that load themselves anew: what is new in them is begun, and a silent server stops nothing.

import { createAll, Button, Checkboxes, Radios } from "govuk-frontend";

export function keepLiveParts() {
  document.addEventListener("htmx:after:swap", (event) => {
    const scope = event.target instanceof Element ? (event.target.parentElement ?? event.target) : document.body;
    for (const component of [Button, Checkboxes, Radios]) {
      createAll(component, undefined, { scope, onError: () => {} });
    }
  });
  // An answer that says nothing good (a restart, a lost network, another sign-in) leaves the part as it was: what loads
  // itself asks again, and what somebody typed stays.
  document.addEventListener("htmx:before:swap", (event) => {
    if ((event.detail?.ctx?.response?.status ?? 200) >= 400) event.preventDefault();
  });
}
