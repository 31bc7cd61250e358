// What the issuer's pages do beyond plain HTML. All of them work without it.
// Bundled into static/desk.js by scripts/bundle.

import {
  Button,
  Checkboxes,
  createAll,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  SkipLink,
} from "govuk-frontend";
import "htmx.org";
import { answerToLeaving } from "./leaving.js";
import { keepLiveParts } from "./live.js";
import { offerPasskeys } from "./passkeys.js";
import { offerPrinting } from "./printing.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [
  Button,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  SkipLink,
]) {
  createAll(component);
}
keepLiveParts();
answerToLeaving();
offerPasskeys();
offerPrinting();
