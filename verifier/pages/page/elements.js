// Elements made in code: text is only ever text, so that nothing a certificate says can become markup.

/** @typedef {Node | string | null | undefined | false | Content[]} Content */

/**
 * Makes an element.
 * @param {string} name
 * @param {Record<string, string | boolean | null>} attributes `true` stands for an attribute without a value; `false`
 *   and null leave it out.
 * @param {...Content} content
 */
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  append(made, content);
  return made;
}

/**
 * @param {Node} parent
 * @param {Content} content
 */
export function append(parent, content) {
  if (Array.isArray(content)) {
    for (const each of content) append(parent, each);
  } else if (content) {
    parent.appendChild(typeof content === "string" ? document.createTextNode(content) : content);
  }
}

/**
 * Sets off text of unknown writing direction.
 * @param {string} text
 */
export function isolated(text) {
  return element("bdi", {}, text);
}

/**
 * Finds what must be there.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {any}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`got no ${selector} on this page, wanted one`);
  return found;
}
