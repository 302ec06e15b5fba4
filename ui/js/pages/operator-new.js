/* A new concert with its seat plan: typed row by row, or read from a CSV file. */
import '../frame.js';
import { post } from '../api.js';
import { $, busy, h, put, text, whenSent } from '../dom.js';
import { number, points, t } from '../i18n.js';
import { COLUMNS, parsePlan } from '../operator/csv.js';
import { failedAt } from '../operator/desk.js';
import { problemNote } from '../problem.js';
import { announce } from '../say.js';

const form = $('#new');
const area = form.elements.plan;
const EXAMPLE = [COLUMNS.join(','), 'A,R,70000,10,20', 'B,S,50000,12,24'].join('\n');
const NUMBERS = ['capacity', 'active_ttl_s', 'admit_ttl_s', 'hold_ttl_s', 'seats_per_fan'];

let plan = null;

/* `errors` are {line, words}. */
function showErrors(errors) {
  area.toggleAttribute('aria-invalid', false);
  if (errors.length) area.setAttribute('aria-invalid', 'true');
  put(
    $('#plan-errors'),
    errors.length > 0 &&
      h(
        'div',
        { class: 'note note-bad' },
        h('strong', {}, t('csv.errors', { n: errors.length })),
        h(
          'ul',
          { class: 'csv-errors' },
          errors
            .slice(0, 50)
            .map(({ line, words }) =>
              h('li', {}, h('strong', { class: 'num' }, t('csv.line', { n: line })), ' ', words),
            ),
        ),
      ),
  );
}

/* Checked while it is typed; the server has the last word when the concert is made. */
function showPlan() {
  plan = parsePlan(area.value);
  const { errors, grades, sections, seats } = plan;
  showErrors(errors.map(({ line, key, gaps }) => ({ line, words: t(key, gaps) })));
  text(
    $('#plan-sum'),
    sections.length
      ? t('op.plan_sum', {
          n: seats,
          sections: sections.length,
          grades: grades.map(({ grade, price }) => `${grade} ${points(price)}`).join(', '),
        })
      : '',
  );
}

/* A wall-clock time at the venue as an instant: found by asking what the venue's clock shows. */
function instant(local, timeZone) {
  if (!local) return null;
  const wanted = Date.parse(`${local}:00Z`);
  const shown = (ms) => {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
        .formatToParts(ms)
        .map(({ type, value }) => [type, value]),
    );
    return Date.parse(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}Z`);
  };
  const first = wanted - (shown(wanted) - wanted);
  return new Date(first - (shown(first) - wanted)).toISOString();
}

function wish() {
  const { title, venue, time_zone, starts_at, opens_at, cancel_until, rate_per_minute, rejoin } = form.elements;
  const zone = time_zone.value.trim() || 'Asia/Seoul';
  return {
    title: title.value.trim(),
    venue: venue.value.trim(),
    time_zone: zone,
    starts_at: instant(starts_at.value, zone),
    opens_at: instant(opens_at.value, zone),
    cancel_until: instant(cancel_until.value, zone),
    rate_per_minute: rate_per_minute.value ? Number(rate_per_minute.value) : null,
    rejoin: rejoin.value,
    ...Object.fromEntries(NUMBERS.map((name) => [name, Number(form.elements[name].value)])),
    plan: area.value,
  };
}

function wrong(words, field) {
  put($('#trouble'), h('p', { class: 'note note-bad', role: 'alert' }, words));
  form.elements[field]?.setAttribute('aria-invalid', 'true');
  form.elements[field]?.focus();
}

async function send(event) {
  event.preventDefault();
  put($('#trouble'));
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  showPlan();
  if (!form.elements.title.value.trim()) return wrong(t('op.title_missing'), 'title');
  if (!form.elements.starts_at.value) return wrong(t('op.starts_missing'), 'starts_at');
  if (plan.errors.length) return wrong(t('csv.errors', { n: plan.errors.length }), 'plan');
  return busy($('#create'), async () => {
    try {
      const { concert_id } = await post('/operator/concerts/import', wish());
      location.assign(`/operator-concert.html?c=${concert_id}`);
    } catch (problem) {
      if (problem.errors) {
        showErrors(
          problem.errors.map(({ line, field, detail }) => ({ line, words: field ? `${field}: ${detail}` : detail })),
        );
        wrong(t('csv.errors', { n: problem.errors.length }), 'plan');
      } else if (problem.field && form.elements[problem.field]) wrong(problem.detail ?? problem.message, problem.field);
      else if (problem.status === 403) failedAt($('#trouble'), problem);
      else put($('#trouble'), problemNote(problem));
    }
  });
}

async function readFile() {
  const [file] = $('#file').files;
  if (!file) return;
  const content = await file.text().catch(() => null);
  if (content === null) {
    put($('#plan-errors'), h('p', { class: 'note' }, t('op.file_unreadable', { name: file.name })));
    return;
  }
  area.value = content;
  showPlan();
  announce(plan.errors.length ? t('csv.errors', { n: plan.errors.length }) : t('op.plan_read', { n: plan.seats }));
}

/* What was typed or chosen before this module came counts. */
area.value ||= EXAMPLE;
area.addEventListener('input', showPlan);
$('#file').addEventListener('change', readFile);
text($('#plan-format'), COLUMNS.join(', '));
text($('#seats-max'), number(50000));
showPlan();
await readFile();
whenSent(form, send);
