/* A fan's whole way, with a mouse, with a finger, with keys alone; and what may go wrong on it. */
import {
  api,
  assert,
  atSeats,
  beforeTheWords,
  concert,
  DESKTOP,
  end,
  fan,
  inside,
  person,
  PHONE,
  pickByList,
  shot,
  test,
  until,
} from './lib.mjs';

const balanceOf = async (one) => (await one.api('GET', '/points')).balance;

async function wholeWay(one, { id, title }, email) {
  const { page } = one;
  await page.goto('/');
  await page.getByRole('link', { name: title }).click();
  await page.getByRole('link', { name: 'Join the queue' }).click();
  await page.locator('[name=mode][value=up]').check({ force: true });
  await page.getByLabel('Name').fill('Mina Kim');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('correct horse');
  await page.locator('#go').click();
  await page.waitForURL(/wait\.html|seats\.html/);
  await page.waitForURL(/seats\.html/, { timeout: 30000 });
  await page.getByRole('button', { name: 'Find seats' }).click();
  await page.waitForURL(/pay\.html/);
  await page.waitForSelector('.short');
  assert.ok(await page.locator('#go').isDisabled(), 'paying without points');
  await page.locator('.top-up .btn-main').click();
  await until('enough points', async () => page.locator('#go').isEnabled());
  await page.locator('#go').click();
  await page.getByRole('heading', { name: 'These seats are yours' }).waitFor();
  await page.getByRole('link', { name: 'My tickets', exact: true }).last().click();
  await page.waitForSelector('.ticket');
  assert.equal(await page.locator('.ticket').count(), 2);
  await page.locator('.ticket h2 a').first().click();
  await page.getByRole('button', { name: 'Cancel ticket' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Cancel ticket' }).click();
  await page.waitForSelector('.pass-off');
  const { reservations } = await one.api('GET', '/reservations');
  assert.deepEqual(reservations.map(({ concert_id, state }) => `${concert_id} ${state}`).sort(), [
    `${id} cancelled`,
    `${id} paid`,
  ]);
  assert.deepEqual(one.complaints, []);
}

for (const [name, size] of [
  ['desktop', DESKTOP],
  ['phone', PHONE],
]) {
  await test(`the whole way on a ${name}: sign up, queue, seats, top-up, pay, ticket, cancel`, async () => {
    const one = await person({ size });
    await wholeWay(one, await concert(), `mina-${name}-${process.pid}@example.test`);
    await one.close();
  });
}

await test('a password sent before the page can take it signs in, and is not in the address', async () => {
  const one = await person();
  const { page } = one;
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await beforeTheWords(one, '/sign-in.html', async () => {
    await page.fill('[name=email]', 'fan19@demo.test');
    await page.fill('[name=password]', 'demo-password');
    await page.keyboard.press('Enter');
  });
  await page.waitForURL((where) => where.pathname === '/');
  assert.deepEqual(
    asked.filter((address) => address.includes('demo-password')),
    [],
  );
  await one.close();
});

await test('what is wrong with a sign-in is tied to its field', async () => {
  const one = await person();
  const { page } = one;
  await page.goto('/sign-in.html');
  await page.fill('[name=email]', 'nobody');
  await page.keyboard.press('Enter');
  const wrong = page.locator('[name=email][aria-invalid=true][aria-describedby=failed]');
  await wrong.waitFor();
  assert.match(await page.locator('#failed').innerText(), /e-mail/i);
  assert.ok(await wrong.evaluate((field) => field === document.activeElement));
  await wrong.fill('fan19@demo.test');
  await page.fill('[name=password]', 'not the password');
  await page.keyboard.press('Enter');
  await page.locator('[name=password][aria-invalid=true][aria-describedby=failed]').waitFor();
  assert.equal(await page.locator('[aria-invalid]').count(), 1);
  await one.close();
});

/* Tab until the focus is where we want it, as somebody without a mouse does. */
async function tabTo(page, selector) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`Tab never came to ${selector}`);
}

await test('the whole way with keys alone, the map included', async () => {
  const { id } = await concert();
  const one = await person();
  const { page } = one;
  await page.goto(`/concert.html?c=${id}`);
  await page.waitForSelector('.sides');
  await tabTo(page, 'a.btn-main');
  await page.keyboard.press('Enter');
  await page.waitForURL(/sign-in/);
  await tabTo(page, '[name=email]');
  await page.keyboard.type('fan11@demo.test');
  await page.keyboard.press('Tab');
  await page.keyboard.type('demo-password');
  await page.keyboard.press('Enter');
  await page.waitForURL(/seats\.html/, { timeout: 30000 });
  await page.waitForSelector('#seats:not([hidden])');
  await tabTo(page, '.map');
  for (const key of ['ArrowRight', 'Enter', 'ArrowDown', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await until('two seats picked', async () => (await page.locator('.picked-seat').count()) === 2);
  await tabTo(page, '#hold');
  await page.keyboard.press('Enter');
  await page.waitForURL(/pay\.html/);
  await page.waitForSelector('#pay:not([hidden])');
  await tabTo(page, '#go');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.done');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'done-title', 'the focus is on the news');
  await one.close();
});

await test('two fans after one seat: the second is told which and offered one close by', async () => {
  const { id } = await concert();
  const [one, two] = [await fan(12), await fan(13)];
  await Promise.all([atSeats(one, id), atSeats(two, id)]);
  await two.page.route('**/seats', (route) => (two.blind ? route.abort() : route.continue()));
  await Promise.all([pickByList(one, [5, 6]), pickByList(two, [5, 6])]);
  two.blind = true;
  await one.page.click('#hold');
  await one.page.waitForURL(/pay\.html/);
  await two.page.click('#hold');
  await two.page.locator('#trouble').getByText('Someone else was faster').waitFor();
  await two.page.locator('#trouble').getByText('A, row 1, seat 5').first().waitFor();
  await shot(two, 'seat-lost');
  two.blind = false;
  await two.page.getByRole('button', { name: 'Pick these instead' }).click();
  await two.page.click('#hold');
  await two.page.waitForURL(/pay\.html/);
  await two.page.waitForSelector('.held');
  assert.equal(await two.page.locator('.held').count(), 2);
  await one.close();
  await two.close();
});

await test('a hold that runs out: warned, extended once, then told that nothing was paid', async () => {
  const { id } = await concert({ hold_ttl_s: 15 });
  const one = await fan(14);
  const before = await balanceOf(one);
  await atSeats(one, id);
  await pickByList(one, [1]);
  await one.page.click('#hold');
  await one.page.waitForSelector('.countdown-warn');
  await one.page.getByRole('button', { name: 'More time' }).click();
  await until('the extension is used up', async () => one.page.getByRole('button', { name: 'More time' }).isHidden());
  assert.doesNotMatch(await one.page.locator('.countdown').innerText(), /more time/);
  await shot(one, 'hold-warning');
  await one.page.getByText('The time to pay is over').waitFor({ timeout: 60000 });
  await shot(one, 'hold-over');
  assert.equal(await balanceOf(one), before);
  await one.close();
});

await test('a payment whose answer is lost is asked about again and paid once', async () => {
  const { id } = await concert();
  const one = await fan(15);
  const before = await balanceOf(one);
  const seen = [];
  await atSeats(one, id);
  await pickByList(one, [1]);
  await one.page.click('#hold');
  await one.page.waitForSelector('#pay:not([hidden])');
  await one.page.route('**/api/v1/payments', async (route) => {
    seen.push(route.request().headers()['idempotency-key']);
    const answer = await route.fetch();
    if (seen.length < 3) await route.abort('connectionreset');
    else await route.fulfill({ response: answer });
  });
  await one.page.click('#go');
  await one.page.waitForSelector('.done', { timeout: 40000 });
  assert.ok(seen.length >= 3 && new Set(seen).size === 1, `keys: ${seen}`);
  assert.equal(await balanceOf(one), before - 70000);
  assert.equal(
    await one.page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('key:')).length),
    0,
    'the key is thrown away once settled',
  );
  await one.close();
});

await test('a payment whose answer is lost for good is finished after a reload, with the same key', async () => {
  const { id } = await concert();
  const one = await fan(16);
  const before = await balanceOf(one);
  const seen = [];
  let broken = true;
  await atSeats(one, id);
  await pickByList(one, [2]);
  await one.page.click('#hold');
  await one.page.waitForSelector('#pay:not([hidden])');
  await one.page.route('**/api/v1/payments', async (route) => {
    seen.push(route.request().headers()['idempotency-key']);
    const answer = await route.fetch().catch(() => null);
    await (broken ? route.abort('connectionreset') : route.fulfill({ response: answer })).catch(() => {
      /* the page went away meanwhile */
    });
  });
  await one.page.click('#go');
  await until('tried', () => seen.length > 0);
  await one.page.reload();
  broken = false;
  await one.page.getByText('Your last payment got no answer').waitFor();
  await shot(one, 'pay-unfinished');
  await one.page.getByRole('button', { name: 'Ask again' }).click();
  await one.page.waitForSelector('.done');
  assert.equal(new Set(seen).size, 1, `keys: ${seen}`);
  assert.equal(await balanceOf(one), before - 70000);
  await one.close();
});

await test('whoever was not let in is sent to the queue', async () => {
  const { id } = await concert({ capacity: 1 });
  const [one, two] = [await fan(17), await fan(18)];
  await inside(one, id);
  await two.page.goto(`/seats.html?c=${id}`);
  await two.page.waitForURL(/wait\.html/);
  await one.close();
  await two.close();
});

await test('afterwards every promise holds', async () => {
  const { invariants } = await api('GET', '/operator/invariants');
  assert.deepEqual(
    invariants.filter(({ broken }) => broken > 0),
    [],
  );
});

await end();
