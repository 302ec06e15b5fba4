/* The main way to seats: how many, at which price, and the server picks the best together. */
import { h, put, text } from '../dom.js';
import { points, t } from '../i18n.js';
import { announce } from '../say.js';
import { FREE } from './live.js';

function freeByGrade(layout, state) {
  const free = new Array(layout.grades.length).fill(0);
  for (let seat = 1; seat <= layout.total; seat++) if (state[seat] === FREE) free[layout.grade[seat]] += 1;
  return free;
}

function stepper(most, changed) {
  let count = Math.min(2, most());
  const out = h('output', { 'aria-live': 'off' }, String(count));
  const less = h('button', { type: 'button', 'aria-label': t('best.less'), onclick: () => step(-1) }, '−');
  const more = h('button', { type: 'button', 'aria-label': t('best.more'), onclick: () => step(1) }, '+');
  function step(by) {
    count = Math.max(1, Math.min(Math.max(1, most()), count + by));
    out.textContent = String(count);
    less.disabled = count <= 1;
    more.disabled = count >= most();
    if (!by) return;
    announce(t('best.count_said', { n: count }));
    changed();
  }
  step(0);
  return {
    node: h('div', { class: 'stepper', role: 'group', 'aria-labelledby': 'best-count' }, less, out, more),
    get count() {
      return count;
    },
    again: () => step(0),
  };
}

function gradeChoice(value, label, price, free) {
  return h(
    'label',
    { class: 'grade' },
    h('input', { type: 'radio', name: 'grade', value, checked: value === '' }),
    value !== '' && h('span', { class: `swatch swatch-${(Number(value) % 6) + 1}`, 'aria-hidden': 'true' }),
    h('span', { class: 'grade-name' }, label),
    h('span', { class: 'grade-price num' }, price),
    free,
  );
}

/* `hold({count, grade})` asks the server; `most()` is how many more this fan may hold. */
export function bestForm(layout, live, most, hold) {
  const total = h('p', { class: 'best-sum num', 'aria-live': 'polite' });
  const free = layout.grades.map(() => h('span', { class: 'grade-free num' }));
  const any_free = h('span', { class: 'grade-free num' });
  const low = Math.min(...layout.grades.map((g) => g.price));
  const high = Math.max(...layout.grades.map((g) => g.price));
  const counter = stepper(most, sum);
  const go = h('button', { class: 'btn btn-main' }, t('best.go'));
  const form = h(
    'form',
    { class: 'stack', onsubmit: send },
    h(
      'div',
      { class: 'best-top' },
      h('div', {}, h('span', { class: 'label', id: 'best-count' }, t('best.count')), counter.node),
    ),
    h(
      'fieldset',
      {},
      h('legend', { class: 'label' }, t('best.grade')),
      h(
        'div',
        { class: 'grades' },
        gradeChoice('', t('best.any'), low === high ? points(low) : '', any_free),
        layout.grades.length > 1 &&
          layout.grades.map(({ grade, price }, i) => gradeChoice(String(i), grade, points(price), free[i])),
      ),
    ),
    h('div', { class: 'row row-apart' }, total, go),
  );

  form.addEventListener('change', sum);

  const chosen = () => form.querySelector('[name=grade]:checked').value;

  function sum() {
    const grade = chosen();
    const least = grade === '' ? low : layout.grades[Number(grade)].price;
    const price = points(least * counter.count);
    text(total, grade === '' && low < high ? t('best.sum_from', { price }) : price);
  }

  function send(event) {
    event.preventDefault();
    const grade = chosen();
    hold({ count: counter.count, ...(grade === '' ? {} : { grade: layout.grades[Number(grade)].grade }) }, go);
  }

  function update() {
    const counts = freeByGrade(layout, live.state);
    counts.forEach((n, i) => {
      put(free[i], n ? t('best.free', { n }) : t('best.gone'));
      const radio = form.querySelector(`[name=grade][value="${i}"]`);
      if (radio) {
        radio.disabled = n === 0;
        radio.closest('label').classList.toggle('grade-off', n === 0);
      }
    });
    const all = counts.reduce((a, b) => a + b, 0);
    put(any_free, all ? t('best.free', { n: all }) : t('best.gone'));
    go.disabled = all === 0 || most() < 1;
    counter.again();
    sum();
  }

  update();
  return { node: form, update };
}
