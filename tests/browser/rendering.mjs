// For test_public_page: makes the page of a report as page.js does, and writes trees so that two of them can be compared.

import { render } from "../../verifier/pages/page/render.js";
import { wordsOf } from "../../verifier/pages/page/words.js";

/** What the service's page has beside the report, and page.js adds. */
const BESIDE = "noscript, #receipt, #watch";

/** Returns the tree that is made of a report. */
export async function rendered(report, language) {
  const words = await wordsOf(language);
  const main = document.createElement("main");
  main.append(render(report, { words, by: "service", pack: null, origin: `${location.origin}/` }));
  return written(main);
}

/** Returns the tree that stands in a page. */
export function served(html) {
  return written(new DOMParser().parseFromString(html, "text/html").querySelector("main"));
}

function written(main) {
  for (const beside of main.querySelectorAll(BESIDE)) beside.remove();
  main.normalize();
  return [...main.children].flatMap((child) => lines(child, 0));
}

function lines(node, depth) {
  const indent = " ".repeat(depth);
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.textContent.replace(/\s+/g, " ").trim();
    return text ? [indent + text] : [];
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return [];
  const attributes = [...node.attributes].map(({ name, value }) => ` ${name}="${value.trim()}"`).sort();
  return [indent + node.localName + attributes.join(""), ...[...node.childNodes].flatMap((child) => lines(child, depth + 1))];
}
