/*
 * Asking again and again, politely: jitter keeps a crowd from asking in step, failures back off. A
 * hidden tab's timers sleep, so the page asks at once when it is seen again, when the network is
 * back, and when the browser brings it back from its cache.
 */
import { pauseBefore } from './api.js';

const JITTER = 0.2;
const AWAKE_MS_MIN = 1000;

export const jittered = (ms) => ms * (1 - JITTER + 2 * JITTER * Math.random());

/* Runs `work` again and again; it resolves with the next pause in ms, or with null to stop. */
export function repeat(work, failed) {
  let timer = 0;
  let running = false;
  let again = false;
  let failures = 0;
  let last = 0;
  let stopped = false;

  async function run() {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    last = Date.now();
    const pause = await work().then(
      (ms) => {
        failures = 0;
        return ms;
      },
      (problem) => {
        failures += 1;
        return failed(problem, failures) === null ? null : pauseBefore(failures, problem);
      },
    );
    running = false;
    if (pause === null || stopped) {
      stopped = true;
      return;
    }
    timer = setTimeout(run, again ? 0 : pause);
    again = false;
  }

  function wake() {
    if (!stopped && document.visibilityState === 'visible' && Date.now() - last > AWAKE_MS_MIN) run();
  }

  document.addEventListener('visibilitychange', wake);
  addEventListener('online', wake);
  addEventListener('pageshow', (event) => {
    if (event.persisted) {
      stopped = false;
      run();
    }
  });
  run();
  return {
    now: run,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
