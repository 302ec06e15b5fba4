/* Sign in, or make an account, and go on to where the fan was heading. */
import '../frame.js';
import { $, busy, query, show, whenSent } from '../dom.js';
import { t } from '../i18n.js';
import { Problem, problemText } from '../problem.js';
import { safeNext, signIn, signUp } from '../session.js';

const form = $('#form');
const failed = $('#failed');
const PASSWORD_MIN = 8;

const makingAccount = () => form.elements.mode.value === 'up';

function turn() {
  const up = makingAccount();
  show($('#name-field'), up);
  show($('#password-hint'), up);
  form.elements.name.required = up;
  form.elements.password.autocomplete = up ? 'new-password' : 'current-password';
  $('#go').textContent = t(up ? 'sign_up' : 'sign_in');
  $('h1').textContent = t(up ? 'sign_up.title' : 'sign_in.title');
  fail('');
}

function fail(words, field) {
  show(failed, Boolean(words));
  failed.textContent = words;
  for (const input of form.querySelectorAll('input')) {
    const wrong = input.name === field;
    for (const [name, value] of [
      ['aria-invalid', 'true'],
      ['aria-describedby', failed.id],
    ])
      if (wrong) input.setAttribute(name, value);
      else input.removeAttribute(name);
  }
  if (field && form.elements[field]) form.elements[field].focus();
}

function mistake({ email, password, name }) {
  if (makingAccount() && !name.value.trim()) return ['sign_up.name_missing', 'name'];
  if (!/^\S+@\S+\.\S+$/.test(email.value.trim())) return ['sign_in.email_wrong', 'email'];
  if (!password.value) return ['sign_in.password_missing', 'password'];
  if (makingAccount() && password.value.length < PASSWORD_MIN) return ['sign_up.password_short', 'password'];
  return null;
}

async function send(event) {
  event.preventDefault();
  const { email, password, name } = form.elements;
  const wrong = mistake(form.elements);
  if (wrong) return fail(t(wrong[0], { n: PASSWORD_MIN }), wrong[1]);
  fail('');
  return busy($('#go'), async () => {
    try {
      if (makingAccount()) await signUp(email.value.trim(), password.value, name.value.trim());
      else await signIn(email.value.trim(), password.value);
      location.replace(safeNext(query('next')));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fail(
        problemText(problem),
        { email_taken: 'email', wrong_credentials: 'password' }[problem.code] ?? problem.field,
      );
    }
  });
}

for (const radio of form.elements.mode) radio.addEventListener('change', turn);
turn();
whenSent(form, send);
