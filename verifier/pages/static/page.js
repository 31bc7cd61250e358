// What a page without scripts cannot do: bring a scanned code, which stands behind #, to the server; move the focus; print.
"use strict";

function settle(root) {
  const target = root.querySelector("[data-focus]");
  if (target) target.focus();
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

async function check(scan) {
  const show = (selector, visible) => { scan.querySelector(selector).hidden = !visible; };
  const fail = (text, retry) => {
    show(".waiting", false);
    scan.querySelector(".problem").textContent = text;
    show(".problem", true);
    scan.querySelector("[data-retry]").parentElement.hidden = !retry;
  };
  if (!/^#[0-9]+$/.test(location.hash)) {
    fail(scan.dataset.noCode, false);
    return;
  }
  show(".problem", false);
  scan.querySelector("[data-retry]").parentElement.hidden = true;
  show(".waiting", true);
  const body = new FormData();
  body.append("typed", location.hash.slice(1));
  try {
    const answer = await fetch(document.querySelector("form.ask").action, { method: "POST", body, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.importNode(page.querySelector("main"), true);
    document.title = page.title;
    document.querySelector("main").replaceWith(main);
    settle(main);
  } catch {
    fail(scan.dataset.failed, true);
  }
}

for (const link of document.querySelectorAll("a[data-keeps-code]")) {
  link.addEventListener("click", () => { link.hash = ["/c", "/v"].includes(location.pathname) ? location.hash : ""; });
}
const scan = document.getElementById("scan");
if (scan) {
  scan.querySelector("[data-retry]").addEventListener("click", () => check(scan));
  window.addEventListener("hashchange", () => location.reload());
  check(scan);
} else {
  settle(document);
}
