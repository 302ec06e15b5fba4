/*
 * How long a frame of the seat map takes in a real browser without a GPU: a hall of FRAMES_SEATS seats is panned and
 * zoomed for FRAMES_SECONDS each, with and without seats changing meanwhile. bench/frames starts what it needs.
 *
 * Two figures: the time from frame to frame as the browser gave them, which cannot be below its 16.7 ms, and how long the
 * page itself worked for one.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { chromium } = createRequire(path.join(process.env.BROWSER_TOOLS, 'node_modules', 'x'))('playwright-core');
const url = process.env.FRONTROW_URL;
const concert = process.env.FRAMES_CONCERT ?? '3';
const seconds = Number(process.env.FRAMES_SECONDS ?? 5);
const VIEWPORT = { width: 1440, height: 900 };
const ACTIONS = ['pan the whole hall', 'pan close up', 'zoom in and out', 'pan while 200 seats change a second'];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-dev-shm-usage',
  ],
});
const page = await browser.newPage({ viewport: VIEWPORT });
await page.goto(`${url}/`);

const results = await page.evaluate(
  async ({ concert: id, seconds: each, actions }) => {
    const [{ loadLayout }, { seatMap }, { decode }, { get }] = await Promise.all(
      ['layout', 'map', 'live'].map((name) => import(`/js/seats/${name}.js`)).concat(import('/js/api.js')),
    );
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/css/seats.css' }));
    const layout = await loadLayout(await get(`/concerts/${id}`));
    const { state, total } = await get(`/concerts/${id}/seats`);
    const live = { state: decode(state, total) };
    const began = performance.now();
    const map = seatMap(layout, live, { has: () => false, list: [] }, () => {});
    const made_ms = performance.now() - began;
    document.querySelector('main').className = 'wide';
    document.querySelector('main').replaceChildren(map.node);
    const canvas = document.querySelector('canvas');
    await new Promise((done) => {
      setTimeout(done, 500);
    });

    const box = canvas.getBoundingClientRect();
    const point = (type, x, y) =>
      canvas.dispatchEvent(
        new PointerEvent(type, { pointerId: 1, bubbles: true, clientX: box.left + x, clientY: box.top + y }),
      );
    canvas.setPointerCapture = () => {};
    const key = (name) => canvas.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
    const frame = () => new Promise(requestAnimationFrame);
    const circle = (n) => [box.width / 2 + 180 * Math.sin(n / 20), box.height / 2 + 120 * Math.cos(n / 17)];

    function change(n) {
      const seats = Array.from({ length: 4 }, (_, i) => 1 + (((n * 4 + i) * 7919) % total));
      seats.forEach((seat) => {
        live.state[seat] = (live.state[seat] + 1) % 3;
      });
      map.update(seats);
    }

    /* What the page does in a frame: the input's handlers, and the drawing that they asked for. */
    async function run(what) {
      key('0');
      key('+');
      for (let i = 0; what === actions[1] && i < 12; i++) key('+');
      point('pointerdown', ...circle(0));
      const apart = [];
      const worked = [];
      const asked = window.requestAnimationFrame;
      let drawing = 0;
      window.requestAnimationFrame = (f) =>
        asked((now) => {
          const from = performance.now();
          f(now);
          drawing += performance.now() - from;
        });
      let last = await frame();
      const end = last + each * 1000;
      for (let n = 0; last < end; n++) {
        drawing = 0;
        const from = performance.now();
        if (what === actions[2]) key(Math.floor(n / 12) % 2 ? '-' : '+');
        else point('pointermove', ...circle(n));
        if (what === actions[3]) change(n);
        const handled = performance.now() - from;
        const now = await new Promise((done) => {
          asked(done);
        });
        worked.push(handled + drawing);
        apart.push(now - last);
        last = now;
      }
      window.requestAnimationFrame = asked;
      point('pointerup', ...circle(0));
      const at = (list, part) => [...list].sort((a, b) => a - b)[Math.floor(list.length * part)];
      return {
        what,
        frames: apart.length,
        frame_ms: at(apart, 0.5),
        frame_p99_ms: at(apart, 0.99),
        page_ms: at(worked, 0.5),
        page_p99_ms: at(worked, 0.99),
      };
    }

    const rows = [];
    for (const what of actions) rows.push(await run(what));
    return { seats: total, made_ms, rows };
  },
  { concert, seconds, actions: ACTIONS },
);

await browser.close();
const ms = (n) => n.toFixed(1).padStart(8);
console.log(
  `${results.seats} seats, map made in ${results.made_ms.toFixed(0)} ms, canvas without GPU at ${VIEWPORT.width}×${VIEWPORT.height}`,
);
console.log(`${'milliseconds'.padEnd(40)}   frame      p99    page      p99  frames/s`);
for (const row of results.rows) {
  console.log(
    `${row.what.padEnd(40)}${ms(row.frame_ms)} ${ms(row.frame_p99_ms)}${ms(row.page_ms)} ${ms(row.page_p99_ms)}${ms(row.frames / seconds)}`,
  );
}
if (process.env.FRAMES_OUTPUT) fs.writeFileSync(process.env.FRAMES_OUTPUT, `${JSON.stringify(results, null, 1)}\n`);
