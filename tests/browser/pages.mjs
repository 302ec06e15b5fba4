/*
 * Every page in both languages, both themes and two sizes: nothing serious for axe, no word missing,
 * nothing wider than the screen, nothing the page complains about. The screenshots are kept.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  assert,
  atSeats,
  axe,
  concert,
  DESKTOP,
  end,
  fan,
  inside,
  operator,
  person,
  PHONE,
  pickByList,
  shot,
  test,
  until,
  url,
} from './lib.mjs';

const FIRST_PAGE_BYTES_MAX = 100000;

const LOOKS = [
  { name: 'desktop-light-en', lang: 'en', theme: 'light', size: DESKTOP },
  { name: 'desktop-dark-ko', lang: 'ko', theme: 'dark', size: DESKTOP },
  { name: 'phone-light-ko', lang: 'ko', theme: 'light', size: PHONE },
  { name: 'phone-dark-en', lang: 'en', theme: 'dark', size: PHONE },
];

const dictionary = path.join(process.env.FRONTROW_SRC, 'ui', 'i18n');
const keys = [];
for (const name of ['en.js', 'operator.en.js'])
  keys.push(...Object.keys((await import(pathToFileURL(path.join(dictionary, name)))).default));

const first = await fan(60);
const drawn = await concert({ opens_at: new Date(Date.now() + 12000).toISOString() });
await first.api('POST', `/concerts/${drawn.id}/queue`);
const soon = new Date(Date.now() + 3600000).toISOString();
const calm = await concert();
const later = await concert({ opens_at: soon });
const crowded = await concert({ capacity: 1 });
const shut = await concert();
await inside(first, crowded.id);
await first.api('POST', `/concerts/${calm.id}/queue`);

/* Words that are still keys, or gaps that nobody filled. */
function unfilled({ page }) {
  return page.evaluate((all) => {
    const known = new Set(all.filter((key) => key.includes('.')));
    const texts = [...document.querySelectorAll('body *')]
      .flatMap((node) => [
        node.getAttribute('aria-label'),
        node.getAttribute('title'),
        node.alt,
        ...[...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data),
      ])
      .filter(Boolean);
    return texts.filter(
      (text) => known.has(text.trim()) || /\{\w+\}/.test(text) || text.includes('undefined') || text.includes('NaN'),
    );
  }, keys);
}

async function look(one, name) {
  await shot(one, name);
  assert.deepEqual(await axe(one), [], 'axe');
  assert.deepEqual(await unfilled(one), [], 'words');
  assert.ok(await one.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen');
  assert.deepEqual(one.complaints.splice(0), [], 'complaints');
}

const visit =
  (where, ready) =>
  async ({ page }) => {
    await page.goto(where);
    await page.waitForSelector(ready);
  };

const ANYBODY = [
  ['concerts', visit('/', '.ticket')],
  ['concert', visit(`/concert.html?c=${calm.id}`, '.sides')],
  ['concert-pre', visit(`/concert.html?c=${later.id}`, '.sides')],
  ['concert-unknown', visit('/concert.html?c=999999', '.empty')],
  ['no-page', visit('/no/such/page', 'html.ready .empty')],
  ['sign-in', visit('/sign-in.html', 'html.ready #go')],
  [
    'sign-in-wrong',
    async ({ page }) => {
      await page.fill('[name=email]', 'nobody');
      await page.click('#go');
      await page.waitForSelector('#failed:not([hidden])');
    },
  ],
  [
    'sign-up',
    async ({ page }) => {
      await page.locator('[name=mode][value=up]').check({ force: true });
      await page.waitForSelector('#name-field:not([hidden])');
    },
  ],
  ['wait-outside', visit(`/wait.html?c=${calm.id}`, '.wait-card')],
  ['fair', visit('/fair.html', '.plain-list')],
  ['fair-pre', visit(`/fair.html?c=${later.id}`, '.facts')],
  [
    'fair-drawn',
    async ({ page }) => {
      await page.goto(`/fair.html?c=${drawn.id}`);
      await page.fill('[name=entry]', '1');
      await page.click('form .btn');
      await page.waitForSelector('form .note-good');
    },
  ],
];

const FAN = [
  ['wait-pre', visit(`/wait.html?c=${later.id}#join`, '.big')],
  ['wait-line', visit(`/wait.html?c=${crowded.id}#join`, '.bar')],
  ['wait-closed', visit(`/wait.html?c=${shut.id}`, '.empty')],
  ['seats-map', async (one) => atSeats(one, calm.id)],
  [
    'seats-map-close',
    async ({ page }) => {
      await page.locator('.map').focus();
      for (const key of ['ArrowRight', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
      await page.waitForSelector('#tray:not([hidden])');
    },
  ],
  [
    'seats-list',
    async ({ page }) => {
      await page.locator('#way input[value=list]').check({ force: true });
      await page.waitForSelector('.seat-row:visible');
    },
  ],
  [
    'pay',
    async ({ page }) => {
      await page.click('#hold');
      await page.waitForSelector('#pay:not([hidden])');
    },
  ],
  [
    'paid',
    async ({ page }) => {
      await page.click('#go');
      await page.waitForSelector('.done');
    },
  ],
  ['pay-nothing', visit(`/pay.html?c=${calm.id}`, '.empty')],
  ['tickets', visit('/tickets.html', '.ticket')],
  [
    'ticket',
    async ({ page }) => {
      await page.click('.ticket h2 a');
      await page.waitForSelector('.pass');
    },
  ],
  [
    'ticket-cancel',
    async ({ page }) => {
      await page.click('.pass-foot .btn-bad');
      await page.waitForSelector('dialog[open]');
    },
  ],
  [
    'ticket-cancelled',
    async ({ page }) => {
      await page.click('dialog .btn-bad');
      await page.waitForSelector('.pass-off');
    },
  ],
  ['points', visit('/points.html', '#entries tr')],
];

const OFFICE = [
  ['operator', visit('/operator.html', 'tbody tr')],
  ['operator-concert', visit(`/operator-concert.html?c=${crowded.id}`, '#live:not([hidden]) .uplot')],
  ['operator-new', visit('/operator-new.html', '#plan-sum:not(:empty)')],
  [
    'operator-new-wrong',
    async ({ page }) => {
      await page.fill('[name=plan]', 'section,grade,price,rows,seats_per_row\nA,R,x,1,2\nA');
      await page.waitForSelector('.csv-errors');
    },
  ],
  ['operator-door', visit('/operator-door.html', '#camera:visible')],
  ['operator-health', visit('/operator-health.html', '.promises li')],
];

await operator().then(async (one) => {
  await one.api('POST', `/operator/concerts/${shut.id}/queue/close`);
  await one.close();
});

await until('drawn', async () => (await first.api('GET', `/concerts/${drawn.id}/draw`)).seed !== null);

let number = 61;
for (const { name, ...how } of LOOKS) {
  for (const [who, pages] of [
    [await person(how), ANYBODY],
    [await fan(number, how), FAN],
    [await operator(how), OFFICE],
  ]) {
    for (const [what, go] of pages) {
      await test(`${what}, ${name}`, async () => {
        await go(who);
        await who.page.waitForTimeout(300);
        await look(who, `${what}-${name}`);
      });
    }
    await who.close();
  }
  number += 1;
}

await test('the first page is below 100 kB all told', async () => {
  const one = await person();
  const client = await one.context.newCDPSession(one.page);
  let bytes = 0;
  await client.send('Network.enable');
  client.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await one.page.goto('/', { waitUntil: 'networkidle' });
  await one.close();
  console.log(`# ${bytes} bytes over the wire`);
  assert.ok(bytes < FIRST_PAGE_BYTES_MAX, `${bytes} bytes`);
});

await test('no page asks anybody else', async () => {
  const one = await person();
  const others = [];
  one.page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) others.push(request.url());
  });
  for (const where of ['/', `/concert.html?c=${calm.id}`, `/wait.html?c=${calm.id}`, '/operator.html'])
    await one.page.goto(where, { waitUntil: 'networkidle' });
  await one.close();
  assert.deepEqual(others, []);
});

await end();
