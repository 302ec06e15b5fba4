/* The box office: a concert from a CSV file, the levers, the numbers, the promises. */
import { assert, concert, end, fan, inside, operator, shot, test, until } from './lib.mjs';

const PLAN = 'section,grade,price,rows,seats_per_row\nFloor,R,90000,5,20\nBalcony,S,60000,4,25\n';

await test('a CSV file with mistakes is shown line by line, a good one becomes a concert', async () => {
  const one = await operator();
  const { page } = one;
  await page.goto('/operator-new.html');
  await page.locator('#file').setInputFiles({ name: 'plan.csv', mimeType: 'text/csv', buffer: Buffer.from('section,grade,price,rows,seats_per_row\nA,R,cheap,5,20\nB,S,1,0,2\n') });
  await page.getByText('The plan has 2 mistakes').first().waitFor();
  assert.deepEqual((await page.locator('.csv-errors strong').allTextContents()), ['Line 2:', 'Line 3:']);
  await page.locator('#file').setInputFiles({ name: 'plan.csv', mimeType: 'text/csv', buffer: Buffer.from(PLAN) });
  await page.getByText('200 seats in 2 sections').waitFor();
  const title = `From a file ${process.pid}`;
  await page.getByLabel('Title').fill(title);
  await page.locator('[name=starts_at]').fill('2027-05-01T19:30');
  await page.locator('#create').click();
  await page.waitForURL(/operator-concert/);
  const id = new URL(page.url()).searchParams.get('c');
  const made = await one.api('GET', `/concerts/${id}`);
  assert.deepEqual([made.title, made.seats_total, made.starts_at], [title, 200, '2027-05-01T10:30:00.000Z']);
  await one.close();
});

await test('the levers: cap and pace are told with their effect, and applied', async () => {
  const { id } = await concert({ capacity: 1 });
  const [one, first, second] = [await operator(), await fan(40), await fan(41)];
  await inside(first, id);
  await second.api('POST', `/concerts/${id}/queue`);
  const { page } = one;
  await page.goto(`/operator-concert.html?c=${id}`);
  await page.waitForSelector('#live:not([hidden])');
  await page.locator('#effect').getByText('waiting').waitFor();
  await page.locator('[name=capacity]').fill('7');
  await page.locator('[name=limited]').check();
  await page.locator('[name=rate]').fill('30');
  await page.locator('#apply').click();
  await until('the board follows', async () => {
    const board = await one.api('GET', `/concerts/${id}/board`);
    return board.capacity === 7 && board.rate_per_minute === 30;
  });
  await until('the other is let in', async () => (await second.api('GET', `/concerts/${id}/queue`)).state !== 'waiting');
  await shot(one, 'operator-levers');
  for (const person of [one, first, second]) await person.close();
});

await test('pause, resume, drain and close, the last two after being asked', async () => {
  const { id } = await concert();
  const one = await operator();
  const { page } = one;
  await page.goto(`/operator-concert.html?c=${id}`);
  for (const [lever, state, asks] of [['Pause', 'Paused', false], ['Resume', 'On sale', false], ['Drain', 'Closing', true], ['Close', 'Closed', true]]) {
    await page.locator('#levers').getByRole('button', { name: lever }).click();
    if (asks) await page.locator('dialog').getByRole('button', { name: lever }).click();
    await page.locator('#state').getByText(state).waitFor();
  }
  await one.close();
});

await test('a fan is not let into the box office', async () => {
  const one = await fan(42);
  await one.page.goto('/operator.html');
  await one.page.getByText('For operators only').waitFor();
  await one.close();
});

await test('the promises are shown, and kept', async () => {
  const one = await operator();
  await one.page.goto('/operator-health.html');
  await one.page.locator('.note-good').getByText('promises are kept').waitFor();
  await one.close();
});

await end();
