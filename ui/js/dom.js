/* Small tools for making and finding elements. Text goes in as text, never as markup. */
const SVG = 'http://www.w3.org/2000/svg';

export const $ = (selector, root = document) => root.querySelector(selector);

/* h('p', { class: 'quiet', onclick: f }, 'text', child, null, [more]) */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'disabled') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function put(place, ...children) {
  place.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return place;
}

/* Write only what changed, so that a reader's selection and a screen reader's place survive. */
export function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

export function show(node, visible) {
  node.hidden = !visible;
}

export const query = (name) => new URLSearchParams(location.search).get(name);

/* Whoever was quicker than this module has sent the form already (boot.js). */
export function whenSent(form, send) {
  form.addEventListener('submit', send);
  if (!form.dataset.sent) return;
  delete form.dataset.sent;
  form.requestSubmit();
}

/* The concert a page is about, or null when the address does not say. */
export function concertOfPage() {
  const id = query('c');
  return id && /^[0-9]{1,18}$/.test(id) ? id : null;
}

/* A button that shows it is working, and cannot be pressed twice meanwhile. No button, no show. */
export async function busy(button, work) {
  if (!button) return work();
  if (button.getAttribute('aria-busy') === 'true') return undefined;
  button.setAttribute('aria-busy', 'true');
  try {
    return await work();
  } finally {
    button.removeAttribute('aria-busy');
  }
}
