/* The frame of every page: header, language, theme, who is signed in, footer. */
import { $, h, put, svg } from './dom.js';
import { fillWords, lang, t } from './i18n.js';
import { problemText } from './problem.js';
import { toast } from './say.js';
import { signOut, who } from './session.js';

const LINKS = [
  ['/', 'nav.concerts'],
  ['/tickets.html', 'nav.tickets'],
  ['/points.html', 'nav.points'],
];
const OPERATOR_LINKS = [
  ['/', 'nav.concerts'],
  ['/operator.html', 'nav.operator'],
];

const SUN =
  'M12 4V2m0 20v-2m8-8h2M2 12h2m13.7-5.7 1.4-1.4M4.9 19.1l1.4-1.4m11.4 0 1.4 1.4M4.9 4.9l1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z';
const MOON = 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z';

function chosen(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* lasts for this page */
  }
}

function languageButton() {
  const other = lang === 'ko' ? 'en' : 'ko';
  return h(
    'button',
    {
      class: 'top-btn',
      type: 'button',
      lang: other,
      onclick: () => {
        chosen('lang', other);
        location.reload();
      },
    },
    other === 'ko' ? '한국어' : 'English',
  );
}

function themeButton() {
  const path = svg('path', {
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': 1.8,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  });
  const button = h(
    'button',
    { class: 'top-btn', type: 'button', onclick: turn },
    svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, path),
  );
  const root = document.documentElement;
  function label() {
    const dark = root.dataset.theme === 'dark';
    path.setAttribute('d', dark ? SUN : MOON);
    button.setAttribute('aria-label', t(dark ? 'theme.to_light' : 'theme.to_dark'));
    button.title = t(dark ? 'theme.to_light' : 'theme.to_dark');
  }
  function turn() {
    chosen('theme', root.dataset.theme === 'dark' ? 'light' : 'dark');
    document.dispatchEvent(new Event('theme-chosen'));
  }
  document.addEventListener('theme', label);
  label();
  return button;
}

async function leave() {
  try {
    await signOut();
    location.assign('/');
  } catch (problem) {
    toast(problemText(problem));
  }
}

function personTools(person) {
  if (!person) {
    const next = encodeURIComponent(location.pathname + location.search);
    return location.pathname === '/sign-in.html'
      ? null
      : h('a', { class: 'top-btn', href: `/sign-in.html?next=${next}` }, t('sign_in'));
  }
  return h('button', { class: 'top-btn', type: 'button', onclick: leave, title: person.name }, t('sign_out'));
}

function nav(person) {
  const links = person?.role === 'operator' ? OPERATOR_LINKS : LINKS;
  const here = location.pathname.replace(/index\.html$/, '');
  return h(
    'nav',
    { class: 'nav', 'aria-label': t('nav.label') },
    links.map(([href, key]) =>
      h(
        'a',
        {
          href,
          'aria-current': here === href || (href !== '/' && here.startsWith(href.replace('.html', ''))) ? 'page' : null,
        },
        t(key),
      ),
    ),
  );
}

const person = who();
fillWords();
put(
  $('.top'),
  h(
    'div',
    { class: 'top-in' },
    h(
      'a',
      { class: 'brand', href: '/' },
      h('img', { src: '/img/mark.svg', alt: '', width: 24, height: 24 }),
      'Frontrow',
    ),
    nav(person),
    h('div', { class: 'tools' }, languageButton(), themeButton(), personTools(person)),
  ),
);
put(
  $('.foot'),
  h(
    'div',
    { class: 'foot-in' },
    h('span', {}, t('foot.promise')),
    person && h('span', {}, t('foot.signed_in', { name: person.name })),
    h('a', { href: '/fair.html' }, t('foot.fair')),
    h('a', { href: '/docs' }, t('foot.api')),
  ),
);
document.documentElement.classList.add('ready');

/* A page's title is its own words, then the name of the house. */
export function titled(words) {
  document.title = words ? `${words} · Frontrow` : 'Frontrow';
}

if (document.documentElement.dataset.title) titled(t(document.documentElement.dataset.title));
