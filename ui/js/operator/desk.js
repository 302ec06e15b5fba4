/* What every page of the box office starts with: its words, its own menu, and a check of who asks. */
import { h, put, $ } from '../dom.js';
import { addWords, fillWords, lang, t } from '../i18n.js';
import { Problem, problemNote } from '../problem.js';
import { sentToSignIn, toSignIn, who } from '../session.js';

addWords((await import(`/i18n/operator.${lang}.js`)).default);
fillWords();

const LINKS = [
  ['/operator.html', 'op.concerts'],
  ['/operator-new.html', 'op.new'],
  ['/operator-door.html', 'op.door'],
  ['/operator-health.html', 'op.health'],
];

put(
  $('#desk'),
  h(
    'nav',
    { class: 'desk-nav', 'aria-label': t('op.nav') },
    LINKS.map(([href, key]) => h('a', { href, 'aria-current': location.pathname === href ? 'page' : null }, t(key))),
  ),
);

if (!who()) toSignIn();

/* Show what went wrong at `place`; whoever may not be here is told so plainly. */
export function failedAt(place, problem) {
  if (sentToSignIn(problem)) return;
  if (problem instanceof Problem && problem.status === 403)
    put(place, h('div', { class: 'empty' }, h('h2', {}, t('op.only')), h('p', {}, t('op.only_detail'))));
  else put(place, problemNote(problem));
}
