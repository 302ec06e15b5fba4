/*
 * The waiting page. The board is one document for everybody and cheap to ask; the fan's own place
 * is asked when the server said so, when the board has reached it, and when the sale's state
 * changes. The own question is also the sign of life that keeps the place.
 */
import { titled } from '../frame.js';
import { get } from '../api.js';
import { seatsPage } from '../concert.js';
import { $, busy, concertOfPage, h, put } from '../dom.js';
import { number, t } from '../i18n.js';
import { Problem, problemNote, problemText } from '../problem.js';
import { alarm, ask, toast } from '../say.js';
import { jittered, repeat } from '../repeat.js';
import { toSignIn, who } from '../session.js';
import { callBack, calm } from '../wait/bell.js';
import { estimateOf } from '../wait/estimate.js';
import { milestones } from '../wait/milestones.js';
import { backAt, beganAnew, goBack, hasTicket, join, leave, myPlace } from '../wait/place.js';
import { share, startOf } from '../wait/progress.js';
import { msFor } from '../wait/schedule.js';
import * as views from '../wait/views.js';

const ENTER_AFTER_MS = 10000;
const OVER_MS = 15000;
const SLACK_MS = 200;
const LOST_MS = 60000;

const VIEWS = { ...views, closed: views.over('closed'), sold_out: views.over('sold_out') };

const id = concertOfPage();
const place = $('#place');
const trouble = $('#trouble');
const fresh = views.freshness();
const tell = milestones();

const model = {
  id,
  concert: null,
  board: null,
  own: null,
  ahead: 0,
  next_ms: 0,
  own_due: 0,
  back_at: 0,
  signed_in: who() !== null,
  updated_at: 0,
  trouble_since: 0,
  lost_at: 0,
  enters_at: 0,
};
let view = { kind: '' };
let loop;

function kindNow() {
  const { own, board } = model;
  if (own?.state === 'admitted') return 'admitted';
  if (board?.state === 'closed') return 'closed';
  if (own?.state === 'waiting') return own.early || board?.state === 'pre' ? 'pre' : 'line';
  return board?.state === 'sold_out' ? 'sold_out' : 'outside';
}

function render() {
  const kind = kindNow();
  if (kind !== view.kind) {
    view = { kind, ...VIEWS[kind](model, actions) };
    put(place, view.node);
    begin(kind);
  }
  view.update(model);
  tick();
}

/* What happens once, when a state begins. */
function begin(kind) {
  model.enters_at = 0;
  if (kind === 'admitted') {
    callBack();
    alarm(t('wait.admitted'));
    view.focus();
  } else {
    calm();
  }
}

function title() {
  const { own, ahead, concert } = model;
  if (view.kind === 'admitted') return t('wait.title_ready');
  const where =
    view.kind === 'line' && own ? t('wait.title_ahead', { n: ahead, ahead: number(ahead) }) : t('wait.title');
  return `${where} · ${concert.title}`;
}

function tick() {
  if (!model.concert) return;
  enterByItself();
  view.tick?.(model);
  fresh.tick(model);
  titled(title());
}

/* Only a page that is being looked at goes in by itself: time inside is precious. */
function enterByItself() {
  if (view.kind !== 'admitted') return;
  if (document.visibilityState !== 'visible') {
    model.enters_at = 0;
    return;
  }
  model.enters_at ||= Date.now() + ENTER_AFTER_MS;
  if (Date.now() >= model.enters_at) actions.enter();
}

const toSeats = () => location.replace(seatsPage(id));

const actions = {
  async join(button) {
    if (!model.signed_in) {
      location.hash = 'join';
      toSignIn();
      return;
    }
    await busy(button, () => take(() => join(id)));
  },
  async enter(button) {
    if (actions.entering) return;
    actions.entering = true;
    await busy(button, () => take(() => join(id, { tries: 5 })));
    actions.entering = false;
  },
  async leave() {
    if (
      !(await ask({
        title: t('wait.leave_title'),
        detail: t('wait.leave_detail'),
        yes: t('wait.leave_yes'),
        no: t('wait.leave_no'),
        bad: true,
      }))
    )
      return;
    try {
      await leave(id);
      location.assign(`/concert.html?c=${id}`);
    } catch (problem) {
      toast(problemText(problem));
    }
  },
};

/* Do something about the own place, and show what came of it. */
async function take(what) {
  put(trouble);
  try {
    hear(await what());
    render();
    loop?.now();
  } catch (problem) {
    if (signedOut(problem)) actions.join();
    else put(trouble, problemNote(problem));
  }
}

function signedOut(problem) {
  if (!(problem instanceof Problem) || problem.status !== 401) return false;
  model.signed_in = false;
  model.own = null;
  return true;
}

function hear(own) {
  if (own.state === 'none' && hasPlace()) model.lost_at = Date.now();
  model.own = own;
  model.own_due = Date.now() + (own.next_poll_ms ?? 0);
  model.ahead = own.ahead ?? 0;
  model.updated_at = Date.now();
  if (own.state === 'active') toSeats();
}

const hasPlace = () => ['waiting', 'admitted'].includes(model.own?.state);

/* The own answer may tell of a loss before the board does, which nginx keeps for a moment. */
const hadPlace = () => hasPlace() || (Date.now() - model.lost_at < LOST_MS && hasTicket(id));

const ownIsDue = (board, before) =>
  model.signed_in &&
  (!model.own ||
    model.own.state === 'admitted' ||
    Date.now() + SLACK_MS >= model.own_due ||
    board.state !== before?.state ||
    board.serving >= model.own.number);

async function lookUp() {
  const before = model.board;
  const board = await get(`/concerts/${id}/board`, { shared: true, tries: 1 });
  model.board = board;
  if (beganAnew(board, before) && hadPlace()) model.back_at = backAt(model.ahead, model.own?.early);
  if (model.back_at) await askBack();
  else if (ownIsDue(board, before)) await askOwn();
  /* The absent are skipped, so the distance in numbers can only be too large: believe the smaller. */
  else if (model.own?.state === 'waiting') movedUp(board);
  model.updated_at = Date.now();
  model.trouble_since = 0;
  model.next_ms = jittered(pause(board));
  if (model.back_at) model.next_ms = Math.min(model.next_ms, Math.max(0, model.back_at - Date.now()));
  render();
  if (view.kind === 'line')
    tell(
      board.state === 'open' ? 'waiting' : board.state,
      share(startOf(id, model.own.number, model.ahead), model.ahead),
      model.ahead,
      model.own.estimate,
    );
  return model.next_ms;
}

function movedUp(board) {
  model.ahead = Math.min(model.ahead, Math.max(0, model.own.number - board.serving - 1));
  const moves = ['open', 'draining'].includes(board.state);
  model.own.estimate = moves ? estimateOf(board.flow, model.ahead) : null;
  model.own.estimate_reason = moves ? 'too_little_known' : board.state;
}

async function askOwn() {
  const had = hasPlace();
  try {
    hear(await myPlace(id, { tries: 1 }));
    /* The server forgot a place we hold a ticket for: hand the ticket in. */
    if (model.own.state === 'none' && had && hasTicket(id)) hear(await join(id));
  } catch (problem) {
    if (!signedOut(problem)) throw problem;
  }
}

async function askBack() {
  if (Date.now() + SLACK_MS < model.back_at) return;
  try {
    hear(await goBack(id));
  } catch (problem) {
    if (!signedOut(problem) && !problem.settled) throw problem;
    model.own_due = 0;
  }
  model.back_at = 0;
}

function pause(board) {
  if (['closed', 'sold_out'].includes(view.kind)) return OVER_MS;
  const by_board = msFor(board.poll, model.own?.state === 'waiting' ? model.ahead : Infinity);
  const by_server = model.own?.next_poll_ms;
  return by_server ? Math.min(by_board, by_server) : by_board;
}

function failed(problem) {
  if (problem instanceof Problem && [404, 422].includes(problem.status)) {
    put(trouble, problemNote(problem));
    return null;
  }
  if (!(problem instanceof Problem)) console.error(problem);
  model.trouble_since ||= Date.now();
  tick();
  return undefined;
}

async function begun() {
  if (!id)
    return put(
      place,
      h(
        'div',
        { class: 'empty' },
        h('h2', {}, t('concert.unknown')),
        h('a', { class: 'btn', href: '/' }, t('concerts.all')),
      ),
    );
  put(place, h('p', { class: 'loading' }, t('loading')));
  model.concert = await get(`/concerts/${id}`, { shared: true });
  $('h1').textContent = model.concert.title;
  $('#venue').textContent = model.concert.venue;
  $('#back').href = `/concert.html?c=${id}`;
  $('.wait-head').append(fresh.node);
  if (location.hash === '#join') {
    history.replaceState(null, '', location.pathname + location.search);
    await actions.join();
  }
  loop = repeat(lookUp, failed);
  setInterval(tick, 1000);
  return loop;
}

begun().catch((problem) =>
  put(
    place,
    problemNote(
      problem,
      h('button', { class: 'btn btn-s', type: 'button', onclick: () => location.reload() }, t('again')),
    ),
  ),
);
