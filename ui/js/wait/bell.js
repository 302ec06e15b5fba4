/* Calling a fan back: the tab's title and icon, and a sound for those who asked for one. */
import { $, h } from '../dom.js';
import { t } from '../i18n.js';
import { keep, kept } from '../store.js';

const TONES_HZ = [659, 784, 988];
const TONE_S = 0.22;
let audio = null;

/* Browsers only allow sound after a click, so the click on the box makes the sound ready. */
export function soundChoice() {
  const box = h('input', {
    type: 'checkbox',
    checked: Boolean(kept('sound')),
    onchange: () => {
      keep('sound', box.checked);
      if (box.checked) ring();
    },
  });
  if (box.checked) addEventListener('pointerdown', wakeAudio, { once: true });
  return h('label', { class: 'check' }, box, h('span', {}, t('wait.sound')));
}

function wakeAudio() {
  audio ??= new AudioContext();
  audio.resume();
}

function ring() {
  wakeAudio();
  TONES_HZ.forEach((hz, i) => {
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    const at = audio.currentTime + i * TONE_S;
    tone.frequency.value = hz;
    loud.gain.setValueAtTime(0.25, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + TONE_S * 1.8);
    tone.connect(loud).connect(audio.destination);
    tone.start(at);
    tone.stop(at + TONE_S * 2);
  });
}

export function callBack() {
  $('link[rel="icon"]').href = '/img/mark-ready.svg';
  if (kept('sound')) ring();
}

export function calm() {
  $('link[rel="icon"]').href = '/img/mark.svg';
}
