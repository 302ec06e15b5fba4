/*
 * What the waiting page shows in each state. A view is made once, when the state begins, and then
 * told what is new, so nothing flickers and nothing loses its place.
 */
import { until } from '../clock.js';
import { h, put, show, text } from '../dom.js';
import { has, localClock, number, range, spoken, t, ticking, venueTime } from '../i18n.js';
import { soundChoice } from './bell.js';
import { drawNote } from './draw.js';
import { progressBar, share, startOf } from './progress.js';

const estimateText = ({ estimate }) => (estimate ? range(estimate.low_s, estimate.high_s) : t('wait.no_estimate'));

function estimateWhy({ estimate, estimate_reason }) {
  return !estimate && has(`wait.reason.${estimate_reason}`) ? t(`wait.reason.${estimate_reason}`) : '';
}

function fact(key) {
  const value = h('dd', { class: 'num' });
  return { value, nodes: [h('dt', {}, t(key)), value] };
}

const advice = (...keys) =>
  h(
    'ul',
    { class: 'plain-list' },
    keys.map((key) => h('li', {}, t(key))),
  );

function leaveButton(actions) {
  return h('button', { class: 'btn btn-s', type: 'button', onclick: actions.leave }, t('wait.leave'));
}

/* A sale that stands still says so, and says what becomes of those who wait. */
function stopSign() {
  const node = h('div', { class: 'note note-warn', hidden: true });
  return {
    node,
    update({ board }) {
      const reason = ['paused', 'draining', 'sold_out'].find((state) => board?.state === state);
      show(node, Boolean(reason));
      if (reason && node.dataset.for !== reason) {
        node.dataset.for = reason;
        put(node, h('strong', {}, t(`wait.${reason}`)), h('p', {}, t(`wait.${reason}_detail`)));
      }
    },
  };
}

/* In line: how many are ahead, how long it may take, and that the place is safe. */
export function line({ id, concert }, actions) {
  const big = h('p', { class: 'big num' });
  const under = h('p', { class: 'big-label' });
  const bar = progressBar();
  const estimate = h('p', { class: 'estimate' });
  const why = h('p', { id: 'estimate-why' });
  const stopped = stopSign();
  const mine = fact('wait.your_number');
  const serving = fact('wait.serving');
  const seats = fact('wait.seats_left');
  const node = h(
    'div',
    { class: 'stack stack-l' },
    stopped.node,
    h(
      'section',
      { class: 'card wait-card' },
      big,
      under,
      bar.node,
      h('p', { class: 'estimate-label' }, t('wait.estimate')),
      estimate,
      why,
      h(
        'dl',
        { class: 'facts-row' },
        [mine, serving, seats].map(({ nodes }) => h('div', {}, nodes)),
      ),
    ),
    h(
      'section',
      { class: 'stack stack-s' },
      h('h2', {}, t('wait.expect')),
      advice('wait.safe', 'wait.then', 'wait.seats_note'),
      soundChoice(),
    ),
    drawNote(concert),
    h('div', {}, leaveButton(actions)),
  );
  return {
    node,
    update({ board, own, ahead, next_ms }) {
      const start = startOf(id, own.number, ahead);
      text(big, number(ahead));
      text(under, ahead === 0 ? t('wait.next') : t('wait.ahead_label', { n: ahead }));
      bar.to(share(start, ahead), next_ms);
      text(estimate, estimateText(own));
      text(why, estimateWhy(own));
      text(mine.value, number(own.number));
      text(serving.value, number(board?.serving ?? 0));
      text(seats.value, number(board?.seats_left ?? 0));
      stopped.update({ board });
    },
  };
}

/* Before the opening: a countdown, and why being early or late makes no difference. */
export function pre({ concert }, actions) {
  const big = h('p', { class: 'big num', role: 'timer' });
  const joined = h('div', { class: 'joined stack stack-s' });
  const stopped = stopSign();
  const opens = concert.opens_at;
  const node = h(
    'div',
    { class: 'stack stack-l' },
    stopped.node,
    h(
      'section',
      { class: 'card wait-card' },
      big,
      h('p', { class: 'big-label' }, t('wait.pre_label')),
      h('p', {}, t('wait.pre_at', { time: opens ? venueTime(opens, concert) : '' })),
      joined,
    ),
    h(
      'section',
      { class: 'stack stack-s' },
      h('h2', {}, t('wait.draw_title')),
      advice('wait.draw_1', 'wait.draw_2', 'wait.draw_3'),
      soundChoice(),
    ),
    drawNote(concert),
    h('div', {}, leaveButton(actions)),
  );
  return {
    node,
    tick() {
      const left = opens ? until(opens) : 0;
      text(big, left > 86400000 ? spoken(left) : ticking(left));
    },
    update({ board, own }) {
      stopped.update({ board });
      put(
        joined,
        h('p', { class: 'chip chip-good' }, t('wait.pre_joined')),
        board?.waiting ? h('p', { class: 'quiet num' }, t('wait.pre_others', { n: board.waiting })) : null,
        own?.early ? h('p', { class: 'quiet num' }, t('wait.pre_entry', { number: number(own.number) })) : null,
      );
    },
  };
}

/* Room is waiting: go in. A visible page goes by itself; a hidden one waits for its reader. */
export function admitted(model, actions) {
  const left = h('strong', { class: 'num', role: 'timer' });
  const enter = h(
    'button',
    { class: 'btn btn-main btn-wide', type: 'button', onclick: () => actions.enter(enter) },
    t('wait.enter'),
  );
  const auto = h('p', { class: 'quiet' });
  const node = h(
    'section',
    { class: 'card wait-card wait-ready stack', role: 'alert' },
    h('h2', {}, t('wait.admitted')),
    h('p', {}, t('wait.admitted_detail')),
    h('p', {}, `${t('wait.admitted_until')} `, left),
    enter,
    auto,
  );
  return {
    node,
    focus: () => enter.focus(),
    tick({ own, enters_at }) {
      text(left, own.expires_at ? ticking(until(own.expires_at)) : '');
      const ms = enters_at - Date.now();
      text(auto, enters_at ? t('wait.enter_auto', { n: Math.max(0, Math.ceil(ms / 1000)) }) : '');
    },
    update() {},
  };
}

/* Not in the queue: what the line looks like, and the way in. */
export function outside({ concert }, actions) {
  const join = h('button', { class: 'btn btn-main btn-wide', type: 'button', onclick: () => actions.join(join) });
  const crowd = h('dl', { class: 'facts-row' });
  const opens = h('p', { class: 'quiet' });
  const stopped = stopSign();
  const node = h(
    'div',
    { class: 'stack' },
    stopped.node,
    h(
      'section',
      { class: 'card wait-card stack' },
      h('h2', {}, t('wait.outside')),
      h('p', {}, t('wait.outside_detail')),
      crowd,
      join,
      opens,
    ),
  );
  return {
    node,
    update({ board, signed_in }) {
      stopped.update({ board });
      show(join, board?.state !== 'draining');
      text(join, t(signed_in ? 'wait.join' : 'wait.join_signed_out'));
      text(
        opens,
        board?.state === 'pre' && concert.opens_at
          ? t('wait.pre_at', { time: venueTime(concert.opens_at, concert) })
          : '',
      );
      put(
        crowd,
        board &&
          [
            ['wait.waiting', board.waiting],
            ['wait.inside', board.active],
            ['wait.seats_left', board.seats_left],
          ].map(([key, n]) => h('div', {}, h('dt', {}, t(key)), h('dd', { class: 'num' }, number(n ?? 0)))),
      );
    },
  };
}

/* The sale is over, for good or as far as anyone can tell. */
export function over(kind) {
  return () => ({
    node: h(
      'section',
      { class: 'empty' },
      h('h2', {}, t(`wait.${kind}`)),
      h('p', {}, t(`wait.${kind}_detail`)),
      h('a', { class: 'btn', href: '/' }, t('concerts.all')),
    ),
    update() {},
  });
}

/* When the last answer came, or since when none has. */
export function freshness() {
  const node = h('p', { class: 'fresh quiet num' });
  return {
    node,
    tick({ updated_at, trouble_since }) {
      node.classList.toggle('fresh-bad', Boolean(trouble_since));
      text(
        node,
        trouble_since
          ? t('wait.lost', { time: localClock(trouble_since) })
          : updated_at
            ? t('wait.updated', { time: localClock(updated_at) })
            : '',
      );
    },
  };
}
