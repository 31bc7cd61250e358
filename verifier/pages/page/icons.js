// The verdicts' icons, as icons.html draws them.

const SVG = "http://www.w3.org/2000/svg";
const LINE = { fill: "none", stroke: "currentColor" };
const ROUND = { "stroke-linecap": "round" };
const JOINED = { "stroke-linejoin": "round" };

/** @type {Record<string, [string, Record<string, string>][]>} */
const DRAWINGS = {
  tick: [
    ["circle", { cx: "24", cy: "24", r: "22", ...LINE, "stroke-width": "3" }],
    ["path", { d: "M13 25l8 8 15-17", ...LINE, "stroke-width": "4.5", ...ROUND, ...JOINED }],
  ],
  cross: [
    ["path", { d: "M16 3h16l13 13v16L32 45H16L3 32V16z", ...LINE, "stroke-width": "3", ...JOINED }],
    ["path", { d: "M16 16l16 16M32 16L16 32", ...LINE, "stroke-width": "4.5", ...ROUND }],
  ],
  attention: [
    ["path", { d: "M24 4l22 39H2z", ...LINE, "stroke-width": "3", ...JOINED }],
    ["path", { d: "M24 18v12", stroke: "currentColor", "stroke-width": "4.5", ...ROUND }],
    ["circle", { cx: "24", cy: "36.5", r: "2.6", fill: "currentColor" }],
  ],
  question: [
    ["circle", { cx: "24", cy: "24", r: "22", ...LINE, "stroke-width": "3", "stroke-dasharray": "6 4" }],
    ["path", { d: "M17.5 18.5a6.5 6.5 0 1 1 9.5 6c-2 1.1-3 2.3-3 4.5", ...LINE, "stroke-width": "4", ...ROUND }],
    ["circle", { cx: "24", cy: "36", r: "2.6", fill: "currentColor" }],
  ],
};

/** Which icon goes with a verdict's colour. @type {Record<string, string>} */
const OF_COLOURS = { green: "tick", amber: "attention", grey: "question", red: "cross" };

/** @param {string} colour A verdict's. */
export function icon(colour) {
  const drawn = svg("svg", {
    class: "icon",
    viewBox: "0 0 48 48",
    width: "56",
    height: "56",
    "aria-hidden": "true",
    focusable: "false",
  });
  for (const [name, attributes] of DRAWINGS[OF_COLOURS[colour]]) drawn.append(svg(name, attributes));
  return drawn;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
