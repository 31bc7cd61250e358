// How the widget looks. Text is only ever text, and the style sheet is made in code, so a strict policy lets it be.

import { siteOf } from "./asking.js";
import { say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const STYLE = `
:host { all: initial; display: inline-block; max-width: 24rem; font: 16px/1.45 system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.box { border: 2px solid var(--ink); border-radius: 8px; overflow: hidden; color: #1b2229; background: #fff; }
.green { --ink: #0b6b35; --back: #e6f4eb; }
.amber { --ink: #7a4a00; --back: #fdf1d9; }
.red { --ink: #a1121a; --back: #fbe6e6; }
.grey { --ink: #444b54; --back: #eceef1; border-style: dashed; }
.test { margin: 0; padding: .15rem .8rem; background: #ffd21f; color: #1a1400; font-size: .8rem; font-weight: 700; }
.verdict { display: flex; gap: .7rem; align-items: center; padding: .7rem .8rem; color: var(--ink); background: var(--back); }
.verdict svg { flex: none; width: 36px; height: 36px; }
.verdict strong { font-size: 1.05rem; line-height: 1.3; overflow-wrap: anywhere; }
.foot { margin: 0; padding: .5rem .8rem .6rem; font-size: .85rem; color: #4a535c; }
a { color: #1c4f7c; display: inline-block; min-height: 24px; font-weight: 600; overflow-wrap: anywhere; }
a:focus-visible { outline: 3px solid #ffbf47; outline-offset: 2px; }
`;
/** Each colour has a shape of its own: colour is never the only thing that tells a verdict. */
const ICONS = {
  green: ["M24 3a21 21 0 1 1 0 42a21 21 0 1 1 0-42z", "M13 25l8 8 15-17"],
  amber: ["M24 5l21 37H3z", "M24 19v11M24 35v2"],
  red: ["M16 4h16l12 12v16L32 44H16L4 32V16z", "M17 17l14 14M31 17L17 31"],
  grey: ["M24 3a21 21 0 1 1 0 42a21 21 0 1 1 0-42z", "M17.5 19a6.5 6.5 0 1 1 9.5 6c-2 1.1-3 2.3-3 4.5M24 35v2"],
};

/** @type {CSSStyleSheet | null} */
let sheet = null;

/**
 * Draws the widget anew.
 * @param {ShadowRoot} root
 * @param {{question: import("./asking.js").Question, answer: import("./asking.js").Answer | null}} shown Without an
 *   answer, that it is being asked for.
 */
export function draw(root, { question, answer }) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [sheet];
  const { language } = question;
  const isNothing = !question.code && !question.number;
  const heading = answer ? answer.heading : say(language, "checking");
  const colour = answer?.colour ?? "grey";
  const box = make("section", { class: `box ${colour}`, lang: language, "aria-label": say(language, "label") });
  if (answer?.test) box.append(make("p", { class: "test" }, `TEST ${say(language, "test")}`));
  const verdict = make("div", { class: "verdict", role: "status", "aria-live": "polite" }, make("strong", {}, isNothing ? say(language, "nothing") : heading));
  verdict.prepend(icon(colour));
  box.append(verdict, foot(question, answer));
  root.replaceChildren(box);
}

/**
 * @param {import("./asking.js").Question} question
 * @param {import("./asking.js").Answer | null} answer
 */
function foot({ base, code, language }, answer) {
  const line = make("p", { class: "foot" });
  if (answer?.checkedAt) {
    const time = `${answer.checkedAt.slice(0, 10)} ${answer.checkedAt.slice(11, 19)}`;
    line.append(say(language, "checked", { time }), make("br", {}));
  }
  let site;
  try {
    site = siteOf(base);
  } catch {
    return line;
  }
  const digits = /^(?:https?:\/\/[^\s/]+\/[vc](?:\?lang=[A-Za-z-]{0,12})?#)?([0-9]+)$/.exec(code)?.[1];
  const href = new URL(digits ? `v?lang=${language}#${digits}` : `?lang=${language}`, site).href;
  const link = make("a", { href, target: "_blank", rel: "noopener noreferrer" }, say(language, "link", { host: site.host }));
  line.append(link);
  return line;
}

/** @param {keyof typeof ICONS} colour */
function icon(colour) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 48 48");
  drawn.setAttribute("aria-hidden", "true");
  ICONS[colour].forEach((path, place) => {
    const line = document.createElementNS(SVG, "path");
    for (const [name, value] of Object.entries({
      d: path,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": place ? "4.5" : "3",
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    })) {
      line.setAttribute(name, value);
    }
    drawn.append(line);
  });
  return drawn;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(string | Node)} content
 */
function make(name, attributes, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}
