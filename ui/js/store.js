/*
 * What the browser keeps for us. Private windows may refuse to keep anything; then the page
 * works from memory until it is closed.
 */
const memory = new Map();

export function keep(name, value) {
  const text = JSON.stringify(value);
  memory.set(name, text);
  try {
    localStorage.setItem(name, text);
  } catch {
    /* memory has it */
  }
}

export function kept(name) {
  let text = memory.get(name) ?? null;
  try {
    text = localStorage.getItem(name) ?? text;
  } catch {
    /* memory it is */
  }
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function forget(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    /* nothing was kept */
  }
}

export function keptNames(prefix) {
  const names = new Set([...memory.keys()]);
  try {
    Object.keys(localStorage).forEach((name) => names.add(name));
  } catch {
    /* memory only */
  }
  return [...names].filter((name) => name.startsWith(prefix));
}
