/*
 * Words, numbers and times in the reader's language. One dictionary is loaded; a key that it
 * lacks shows itself, and a test fails.
 */
export const lang = document.documentElement.lang === 'ko' ? 'ko' : 'en';

const words = { ...(await import(`/i18n/${lang}.js`)).default };
const plural = new Intl.PluralRules(lang);
const numbers = new Intl.NumberFormat(lang);

/* The operator's words are only loaded on the operator's pages. */
export function addWords(more) {
  Object.assign(words, more);
}

export const has = (key) => key in words;

/* A word may be a string with {gaps}, or one string for each plural form of {n}. */
export function t(key, gaps = {}) {
  const word = words[key] ?? key;
  const text = typeof word === 'string' ? word : (word[plural.select(gaps.n ?? 0)] ?? word.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = gaps[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

export const number = (n) => numbers.format(n);
export const points = (n) => t('points', { n });

const zoneOf = (concert) => concert?.time_zone || 'Asia/Seoul';

function format(time, options) {
  return new Intl.DateTimeFormat(lang, options).format(new Date(time));
}

/* Concert times are the venue's, with the zone named. */
export function venueTime(time, concert) {
  return format(time, {
    timeZone: zoneOf(concert),
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  });
}

export function venueHour(time, concert) {
  return format(time, { timeZone: zoneOf(concert), hour: 'numeric', minute: '2-digit', timeZoneName: 'short' });
}

export function venueDateParts(time, concert) {
  const timeZone = zoneOf(concert);
  return {
    month: format(time, { timeZone, year: 'numeric', month: 'short' }),
    day: new Intl.DateTimeFormat('en', { timeZone, day: 'numeric' }).format(new Date(time)),
    weekday: format(time, { timeZone, weekday: 'long' }),
  };
}

export const localClock = (time) => format(time, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
export const localMinute = (time) => format(time, { hour: 'numeric', minute: '2-digit' });
export const localTime = (time) => format(time, { dateStyle: 'medium', timeStyle: 'short' });

const two = (n) => String(n).padStart(2, '0');

/* 4:59, or 1:02:03, for clocks that tick. */
export function ticking(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/* "2 days 3 hours", "4 minutes", "30 seconds": at most two units, for reading and for hearing. */
export function spoken(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  const parts = [
    ['d', 86400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  const first = parts.findIndex(([, size]) => s >= size);
  if (first < 0) return t('unit.s', { n: 0 });
  const [unit, size] = parts[first];
  const whole = t(`unit.${unit}`, { n: Math.floor(s / size) });
  const next = parts[first + 1];
  const rest = next ? Math.floor((s % size) / next[1]) : 0;
  return rest && first < 3 ? `${whole} ${t(`unit.${next[0]}`, { n: rest })}` : whole;
}

/* A wait as a range in whole minutes, rounded up: short enough to believe. */
export function range(low_s, high_s) {
  const low = Math.max(1, Math.ceil(low_s / 60));
  const high = Math.max(low, Math.ceil(high_s / 60));
  if (high_s <= 60) return t('range.under_minute');
  if (high >= 120) {
    const low_h = Math.max(1, Math.floor(low / 60));
    const high_h = Math.ceil(high / 60);
    return low_h === high_h
      ? t('range.one_hour', { n: high_h })
      : t('range.hours', { low: low_h, high: high_h, n: high_h });
  }
  return low === high ? t('range.one', { n: high }) : t('range.minutes', { low, high, n: high });
}

/* Fill the words of a page's own markup: data-t for text, data-t-label for aria-label. */
export function fillWords(root = document) {
  for (const node of root.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
}
