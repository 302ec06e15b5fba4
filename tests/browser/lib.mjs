/*
 * What every browser test needs: TAP, Chromium, fans and operators, and concerts of its own.
 *
 * A test is `test('sentence', async () => { … })`; it passes when it does not throw. FRONTROW_URL says
 * where the server is, SHOTS where screenshots go.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export { assert };

const tools = createRequire(path.join(process.env.BROWSER_TOOLS ?? '.', 'node_modules', 'x'));
const { chromium } = tools('playwright-core');
export const axeSource = fs.readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');

export const url = process.env.FRONTROW_URL;
export const shots = process.env.SHOTS ?? 'shots';
const PASSWORD = 'demo-password';
const WAIT_MS = Number(process.env.WAIT_MS ?? 30000);
const TEST_MS = 180000;

export const DESKTOP = { viewport: { width: 1280, height: 860 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

const CHROMIUM = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

export const launch = (...more) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...CHROMIUM, ...more] });

const browser = await launch();

// ---- TAP ----

let count = 0;
let failed = 0;

export async function test(what, body) {
  const late = new Promise((_, no) => {
    setTimeout(() => no(new Error(`not done after ${TEST_MS} ms`)), TEST_MS).unref();
  });
  let error = null;
  await Promise.race([body(), late]).catch((e) => {
    error = e;
  });
  count += 1;
  console.log(`${error ? 'not ok' : 'ok'} ${count} - ${what}`);
  if (!error) return;
  failed += 1;
  for (const line of String(error.stack ?? error)
    .split('\n')
    .slice(0, 12))
    console.log(`#   ${line}`);
  await Promise.all(
    open.map((person, i) =>
      person.page.screenshot({ path: path.join(shots, `failed-${count}-${i}.png`) }).catch(() => {}),
    ),
  );
}

export async function end() {
  console.log(`1..${count}`);
  await browser.close();
  process.exit(failed ? 1 : 0);
}

// ---- people ----

const open = [];

/* A browser of one person. What the page complains about is collected in `complaints`. */
export async function person({
  email,
  lang = 'en',
  theme = 'light',
  size = DESKTOP,
  chromium: where = browser,
  ...more
} = {}) {
  const context = await where.newContext({
    baseURL: url,
    locale: lang === 'ko' ? 'ko-KR' : 'en-GB',
    colorScheme: theme,
    ...size,
    ...more,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  const one = {
    context,
    page,
    complaints,
    api: apiOf(context),
    close: () => {
      open.splice(open.indexOf(one), 1);
      return context.close();
    },
  };
  if (email) await signedIn(one, email);
  open.push(one);
  return one;
}

export const fan = (number, options) => person({ email: `fan${number}@demo.test`, ...options });
export const operator = (options) => person({ email: 'operator@demo.test', ...options });

/* The cookie comes from the server; the page only keeps a name to greet. */
async function signedIn({ context, api }, email) {
  const { expires_at } = await api('POST', '/sessions', { email, password: PASSWORD });
  const { account_id, name, role } = await api('GET', '/account');
  await context.addInitScript((who) => {
    if (!localStorage.getItem('who')) localStorage.setItem('who', who);
  }, JSON.stringify({ account_id, name, role, expires_at }));
}

let keys = 0;

function apiOf(context) {
  return async (method, where, data) => {
    const headers = {
      'Idempotency-Key': `test-${process.pid}-${(keys += 1)}`,
      'Sec-Fetch-Site': 'same-origin',
      Origin: url,
    };
    const answer = await context.request.fetch(`${url}/api/v1${where}`, { method, data, headers });
    const body = (await answer.text()) || '{}';
    if (!answer.ok()) throw new Error(`${method} ${where}: ${answer.status()} ${body}`);
    return JSON.parse(body);
  };
}

// ---- concerts ----

const boss = await operator();

export const api = boss.api;

/* A concert that only this test knows. */
export async function concert(policy = {}) {
  const plan = {
    title: `Test ${process.pid}-${(keys += 1)}`,
    venue: 'Test Hall',
    starts_at: '2027-03-01T10:00:00.000Z',
    grades: [
      { grade: 'R', price: 70000 },
      { grade: 'S', price: 50000 },
    ],
    sections: [
      { section: 'A', grade: 'R', rows: 3, seats_per_row: 10 },
      { section: 'B', grade: 'S', rows: 4, seats_per_row: 12 },
    ],
    ...policy,
  };
  return { ...plan, id: (await boss.api('POST', '/operator/concerts', plan)).concert_id };
}

export async function until(what, check, ms = WAIT_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    if (await check()) return;
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((done) => {
      setTimeout(done, 100);
    });
  }
}

/* Into the room without the pages, for tests that begin there. */
export async function inside(one, id) {
  await one.api('POST', `/concerts/${id}/queue`);
  await until('admitted', async () => {
    const { state } = await one.api('GET', `/concerts/${id}/queue`);
    if (state === 'admitted') await one.api('POST', `/concerts/${id}/queue`);
    return state === 'active';
  });
}

export async function atSeats(one, id) {
  await inside(one, id);
  await one.page.goto(`/seats.html?c=${id}`);
  await one.page.waitForSelector('#seats:not([hidden])');
}

/* A paid seat without the pages; resolves with its reservation number. */
export async function ticketOf(one, id, seat = 1) {
  await inside(one, id);
  const { holds } = await one.api('POST', `/concerts/${id}/holds`, { seats: [seat] });
  const [{ reservation_number }] = holds;
  await one.api('POST', '/payments', { reservation_numbers: [reservation_number] });
  return reservation_number;
}

export const numberOf = async ({ page }) => page.locator('.facts-row dd').first().textContent();

/* One seat in the room, one fan in it, one in line. */
export async function line(inside_number, waiting_number, policy = {}) {
  const { id } = await concert({ capacity: 1, ...policy });
  const first = await fan(inside_number);
  const second = await fan(waiting_number);
  await inside(first, id);
  await second.page.goto(`/wait.html?c=${id}#join`);
  await second.page.waitForSelector('.bar');
  return { id, first, second };
}

export async function closeAll(...people) {
  for (const one of people) await one.close();
}

/* Whoever is quick: `early` is done when the page has been loaded, but not the words that its scripts wait for. */
export async function beforeTheWords({ page }, where, early) {
  let letGo;
  const held = new Promise((go) => {
    letGo = go;
  });
  await page.route('**/i18n/*.js', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(where);
  await early();
  letGo();
}

/* Seats by the list, as a screen reader's user would. */
export async function pickByList({ page }, numbers) {
  await page.locator('#way input[value=list]').check({ force: true });
  for (const number of numbers) await page.locator('.seat-row button', { hasText: new RegExp(`^${number}$`) }).click();
}

// ---- looking ----

export async function shot({ page }, name) {
  fs.mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
}

/* What axe finds that is serious or worse, as one line each. */
export async function axe({ page }) {
  return page.evaluate(async (source) => {
    new Function(source)();
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  }, axeSource);
}
