/* The waiting page: its states, and that a place survives what happens to browsers. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { api, assert, closeAll, concert, end, fan, line, numberOf, person, PHONE, shot, test, until } from './lib.mjs';

/* A poll on a machine that has other things to do. */
const POLL_MS = 15000;

const redis = (...words) =>
  execFileSync('redis-cli', ['-s', path.join(process.env.FRONTROW_RUN, 'redis.sock'), ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);

await test('the place survives a reload, a second tab and a lost connection', async () => {
  const { id, first, second } = await line(20, 21);
  const number = await numberOf(second);
  await second.page.reload();
  await second.page.waitForSelector('.bar');
  assert.equal(await numberOf(second), number);
  const tab = await second.context.newPage();
  await tab.goto(`/wait.html?c=${id}`);
  await tab.waitForSelector('.bar');
  assert.equal(await numberOf({ page: tab }), number);
  await tab.close();
  await second.context.setOffline(true);
  await second.page.locator('.fresh-bad').waitFor();
  await shot(second, 'wait-lost');
  await second.context.setOffline(false);
  await until('connected again', async () => (await second.page.locator('.fresh-bad').count()) === 0);
  assert.equal(await numberOf(second), number);
  await closeAll(first, second);
});

await test('the one in line is called when there is room: title, icon, a way in', async () => {
  const { id, first, second } = await line(22, 23);
  await first.api('DELETE', `/concerts/${id}/queue`);
  await second.page.waitForSelector('.wait-ready');
  await shot(second, 'wait-admitted');
  assert.match(await second.page.title(), /Your turn/);
  assert.match(await second.page.locator('link[rel=icon]').getAttribute('href'), /ready/);
  await second.page.getByRole('button', { name: 'Choose seats now' }).click();
  await second.page.waitForURL(/seats\.html/);
  await closeAll(first, second);
});

await test('in a hidden tab the fan is called by title and sound, and goes in when seen again', async () => {
  const { first, second, id } = await line(35, 36);
  const { page } = second;
  await page.evaluate(() => {
    window.looking = false;
    window.tones = 0;
    Object.defineProperty(document, 'visibilityState', { get: () => (window.looking ? 'visible' : 'hidden') });
    const make = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function tone() {
      window.tones += 1;
      return make.call(this);
    };
  });
  assert.match(await page.title(), /0 ahead/);
  await page.getByLabel('Play a sound').check();
  assert.equal(await page.evaluate(() => window.tones), 3, 'it is heard when it is chosen');
  await first.api('DELETE', `/concerts/${id}/queue`);
  await page.waitForSelector('.wait-ready');
  await until('the title calls', async () => /Your turn/.test(await page.title()));
  await until('it is heard', async () => (await page.evaluate(() => window.tones)) === 6);
  assert.doesNotMatch(await page.locator('.wait-ready').innerText(), /take you in/);
  assert.equal((await second.api('GET', `/concerts/${id}/queue`)).state, 'admitted');
  await page.evaluate(() => {
    window.looking = true;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForURL(/seats\.html/);
  await closeAll(first, second);
});

await test('a fan sees within the next poll that the operator has paused, and resumed', async () => {
  const { id, first, second } = await line(24, 25);
  let polls = 0;
  second.page.on('response', (answer) => {
    if (answer.url().endsWith('/board')) polls += 1;
  });
  await api('POST', `/operator/concerts/${id}/queue/pause`);
  polls = 0;
  await second.page.locator('.note-warn').getByText('The queue is paused').waitFor({ timeout: POLL_MS });
  /* nginx keeps a board for a second: one poll may still have had the old one, and one may have been under way. */
  assert.ok(polls <= 3, `${polls} polls`);
  await shot(second, 'wait-paused');
  await api('POST', `/operator/concerts/${id}/queue/resume`);
  await second.page.locator('.note-warn').waitFor({ state: 'hidden', timeout: POLL_MS });
  await closeAll(first, second);
});

await test('what Redis loses is given back to the pages, though another device came anew before', async () => {
  const { id } = await concert({ capacity: 1 });
  const [first, second] = [await fan(61), await fan(62)];
  await first.page.goto(`/wait.html?c=${id}#join`);
  await first.page.getByRole('button', { name: 'Choose seats now' }).click();
  await first.page.waitForURL(/seats\.html/);
  await first.page.waitForSelector('#seats:not([hidden])');
  await second.page.goto(`/wait.html?c=${id}#join`);
  await second.page.waitForSelector('.bar');
  const placeOf = async (one) => (await one.api('GET', `/concerts/${id}/queue`)).number;
  assert.deepEqual([await placeOf(first), await placeOf(second)], [1, 2]);
  await first.page.waitForResponse((answer) => answer.url().endsWith(`/concerts/${id}/board`));
  redis('DEL', ...redis('--scan', '--pattern', `*:{c${id}}*`));
  await second.api('POST', `/concerts/${id}/queue`);
  await until('the fan in line is back', async () => (await placeOf(second)) === 2, 40000);
  await first.page.waitForURL(/wait\.html/, { timeout: 40000 });
  assert.equal(await placeOf(first), 1);
  await first.page.waitForSelector('.wait-ready', { timeout: 60000 });
  await closeAll(first, second);
});

await test('a closed sale is said plainly', async () => {
  const { id, first, second } = await line(26, 27);
  await api('POST', `/operator/concerts/${id}/queue/close`);
  await second.page.getByRole('heading', { name: 'The sale is closed' }).waitFor({ timeout: POLL_MS });
  await closeAll(first, second);
});

await test('before the opening there is a countdown, at the opening the way in, without a reload', async () => {
  const one = await fan(28);
  const { id } = await concert({ opens_at: new Date(Date.now() + 15000).toISOString() });
  await one.page.goto(`/wait.html?c=${id}#join`);
  await one.page.getByText('until the sale opens').waitFor();
  assert.match(await one.page.locator('.big').textContent(), /^0:[01]\d$/);
  await one.page.waitForURL(/seats\.html/, { timeout: 40000 });
  await one.close();
});

await test('the draw: the entry number is noted down, and the browser works out the place that the server gave', async () => {
  const fans = [await fan(47), await fan(48), await fan(49)];
  const { id } = await concert({ opens_at: new Date(Date.now() + 3600000).toISOString() });
  for (const one of fans.slice(1)) await one.api('POST', `/concerts/${id}/queue`);
  const { page, api: ask } = fans[0];
  await page.goto(`/wait.html?c=${id}#join`);
  await page.getByText('Your entry number in the draw: 3').waitFor();
  await page.getByText('See what was promised').waitFor();
  await api('PATCH', `/operator/concerts/${id}`, { opens_at: new Date(Date.now() + 3000).toISOString() });
  await until('drawn', async () => !(await ask('GET', `/concerts/${id}/queue`)).early, 40000);
  const { number } = await ask('GET', `/concerts/${id}/queue`);
  await page.goto(`/fair.html?c=${id}`);
  assert.equal(await page.inputValue('[name=entry]'), '3');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText(`Entry number 3 was drawn as number ${number}.`).waitFor();
  await page.getByText(new RegExp(`^${number - 1} (person was|people were) drawn before it`)).waitFor();
  assert.equal(await page.locator('.check-good').count(), 3, 'the promise noted down, the seed and the list');
  assert.equal(await page.locator('.check-bad').count(), 0);
  await page.fill('[name=entry]', '4');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Entry number 4 did not take part').waitFor();
  await closeAll(...fans);
});

await test('a fan may leave, after being asked', async () => {
  const { id, first, second } = await line(29, 30);
  await second.page.getByRole('button', { name: 'Leave the queue' }).click();
  await second.page.locator('dialog').getByRole('button', { name: 'Leave' }).click();
  await second.page.waitForURL(/concert\.html/);
  assert.equal((await second.api('GET', `/concerts/${id}/queue`)).state, 'none');
  await closeAll(first, second);
});

await test('without JavaScript the waiting page shows the place and refreshes itself', async () => {
  const { id, first, second } = await line(33, 34);
  const plain = await person({ email: 'fan34@demo.test', javaScriptEnabled: false });
  await plain.page.goto(`/wait.html?c=${id}`);
  await plain.page.locator('noscript a, .note a').first().click();
  await plain.page.waitForURL(/wait-plain/);
  assert.equal((await plain.page.locator('.big').textContent()).trim(), '0');
  assert.match(await plain.page.content(), new RegExp(`url=/wait-plain\\.html\\?c=${id}`));
  await shot(plain, 'wait-plain');
  const { id: later } = await concert({ opens_at: new Date(Date.now() + 3600000).toISOString() });
  await plain.api('POST', `/concerts/${later}/queue`);
  await plain.page.goto(`/wait-plain.html?c=${later}`);
  const told = ({ page }) => page.locator('main').innerText();
  assert.match(await told(plain), /Your entry number in the draw: 1\n/);
  assert.doesNotMatch(await told(plain), /[가-힣]/);
  const korean = await person({ email: 'fan34@demo.test', javaScriptEnabled: false, lang: 'ko', size: PHONE });
  await korean.page.goto(`/wait-plain.html?c=${later}`);
  assert.match(await told(korean), /추첨 참가 번호: 1\n/);
  assert.doesNotMatch(await told(korean), /Your entry/);
  await shot(korean, 'wait-plain-ko');
  await closeAll(first, second, plain, korean);
});

await end();
