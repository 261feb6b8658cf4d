// Makes and updates nodes. Text goes in as text only, so no label can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else put(node, name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An HTML element; attributes by name, listeners as `onclick`. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Set an attribute only where it changes; null and false take it away. */
export function put(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Set the text only where it changes, so that a selection or a reader is not disturbed. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const byId = (id) => document.getElementById(id);

/** Keep one child per item, in order, without making anew what is there already. */
export function keyed(parent, items, keyOf, make, update) {
  const held = parent.keyedNodes ?? new Map();
  const next = new Map();
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = held.get(key) ?? make(item);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, item);
    next.set(key, node);
  }
  for (const [key, node] of held) if (!next.has(key)) node.remove();
  parent.keyedNodes = next;
}
