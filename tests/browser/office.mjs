/* The box office: a concert from a CSV file, the levers, the numbers, the promises. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { assert, beforeTheWords, concert, end, fan, inside, operator, shot, test, ticketOf, until } from './lib.mjs';

const PLAN = 'section,grade,price,rows,seats_per_row\nFloor,R,90000,5,20\nBalcony,S,60000,4,25\n';

await test('a CSV file with mistakes is shown line by line, a good one becomes a concert', async () => {
  const one = await operator();
  const { page } = one;
  await page.goto('/operator-new.html');
  await page.locator('#file').setInputFiles({
    name: 'plan.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('section,grade,price,rows,seats_per_row\nA,R,cheap,5,20\nB,S,1,0,2\n'),
  });
  await page.getByText('The plan has 2 mistakes').first().waitFor();
  assert.deepEqual(await page.locator('.csv-errors strong').allTextContents(), ['Line 2:', 'Line 3:']);
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

await test('a mistake that only the server sees is shown at its line as well', async () => {
  const one = await operator();
  const { page } = one;
  await page.goto('/operator-new.html');
  await page.locator('[name=plan]').fill('section,grade,price,rows,seats_per_row,section\nA,R,1000,2,2,B\n');
  await page.getByLabel('Title').fill('Twice');
  await page.locator('[name=starts_at]').fill('2027-05-01T19:30');
  await page.locator('#create').click();
  await page.locator('.csv-errors li').getByText('section: The first line names this column twice.').waitFor();
  assert.deepEqual(await page.locator('.csv-errors strong').allTextContents(), ['Line 1:']);
  await one.close();
});

await test('a reservation is found by its number, with who owns it', async () => {
  const { id, title } = await concert();
  const [one, buyer] = [await operator(), await fan(43)];
  const number = await ticketOf(buyer, id);
  const { page } = one;
  await page.goto('/operator.html');
  await page.fill('[name=number]', number);
  await page.keyboard.press('Enter');
  await page.locator('#found').getByText('fan43@demo.test').waitFor();
  await page.locator('#found').getByText(title).waitFor();
  await shot(one, 'operator-found');
  await page.fill('[name=number]', number.replace(/\d+$/, '77'));
  await page.keyboard.press('Enter');
  await page.locator('#found').getByText('No reservation').waitFor();
  for (const person of [one, buyer]) await person.close();
});

await test('a number sent before the page can look for it is looked for as soon as it can', async () => {
  const one = await operator();
  const { page } = one;
  await beforeTheWords(one, '/operator.html', async () => {
    await page.fill('[name=number]', '20270301.999999.1');
    await page.keyboard.press('Enter');
  });
  await page.locator('#found').getByText('No reservation').waitFor();
  assert.equal(new URL(page.url()).search, '');
  await one.close();
});

await test('a file chosen before the page can read it is read as soon as it can', async () => {
  const one = await operator();
  const { page } = one;
  await beforeTheWords(one, '/operator-new.html', () =>
    page.locator('#file').setInputFiles({ name: 'plan.csv', mimeType: 'text/csv', buffer: Buffer.from(PLAN) }),
  );
  await page.getByText('200 seats in 2 sections').waitFor();
  await one.close();
});

await test('a hold is released by the operator, after being asked, and the seat is free again', async () => {
  const { id } = await concert();
  const [one, holder] = [await operator(), await fan(44)];
  await inside(holder, id);
  await holder.api('POST', `/concerts/${id}/holds`, { seats: [3] });
  const { page } = one;
  await page.goto(`/operator-concert.html?c=${id}`);
  await page.locator('#holds').getByText('fan44@demo.test').waitFor();
  await page.locator('#holds').getByRole('button', { name: 'Release' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Release' }).click();
  await page.locator('#holds').getByText('No seats are set aside').waitFor();
  assert.deepEqual((await holder.api('GET', `/concerts/${id}/holds`)).holds, []);
  for (const person of [one, holder]) await person.close();
});

await test('the live view tells of the outbox and of the promises', async () => {
  const { id } = await concert();
  const one = await operator();
  await one.page.goto(`/operator-concert.html?c=${id}`);
  const tile = (name) => one.page.locator('.tile', { hasText: name }).locator('dd').first();
  await until('no promise is broken', async () => (await tile('Broken promises').textContent()) === '0');
  await until('the outbox is told', async () => /^\d+$/.test(await tile('Events to send').textContent()));
  await one.close();
});

await test('refusals are told by their reason, and the wait as it was told is kept by the server', async () => {
  const { id } = await concert({ capacity: 1 });
  const [one, holder, late] = [await operator(), await fan(45), await fan(46)];
  await inside(holder, id);
  await late.api('POST', `/concerts/${id}/queue`);
  const times = 3;
  for (let i = 0; i < times; i++)
    await assert.rejects(late.api('POST', `/concerts/${id}/holds`, { seats: [1] }), /403.*not_admitted/);
  const { page } = one;
  await page.goto(`/operator-concert.html?c=${id}`);
  const row = page.locator('#refused tr', { hasText: 'not_admitted' });
  const told = async () => (await row.locator('td').allTextContents()).join();
  await until('all three are told', async () => (await told()) === '3,3', 40000);
  /* The last in line: nothing was told so early, and the wait is over once the first has left. */
  await holder.api('DELETE', `/concerts/${id}/queue`);
  await until(
    'the wait is over',
    async () => {
      const { series } = await one.api('GET', `/operator/concerts/${id}/stats`);
      return series.some(({ true_s, waiting }) => waiting === 1 && true_s > 0);
    },
    40000,
  );
  await shot(one, 'operator-refused');
  for (const person of [one, holder, late]) await person.close();
});

/* As a group leaves it that has tried in vain; the event itself is one that nobody reacts to. */
function deadLetter(error) {
  const sql = `INSERT INTO dead_letter (consumer_group, event_id, aggregatetype, aggregateid, type, payload, error, attempts, created_at)
    VALUES ('payment-message', UUID(), 'payment', '999999', 'payment.forgotten', '{"payment_id":999999}', '${error}', 10, UTC_TIMESTAMP(3))`;
  execFileSync('mariadb', [
    '--no-defaults',
    `--socket=${path.join(process.env.FRONTROW_RUN, 'mariadb.sock')}`,
    `--user=${process.env.USER ?? 'root'}`,
    'frontrow',
    '-e',
    sql,
  ]);
}

await test('a dead letter is shown with its event and sent again, after being asked', async () => {
  const error = `refused by the receiver ${process.pid}`;
  deadLetter(error);
  const one = await operator();
  const { page } = one;
  await page.goto('/operator-health.html');
  const row = page.locator('#letters tr', { hasText: error });
  await row.getByText('Show the event').click();
  await row.getByText('"payment_id":999999').waitFor();
  await shot(one, 'operator-dead-letter');
  await row.getByRole('button', { name: 'Send again' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Send again' }).click();
  await row.getByText('Sent again').waitFor();
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
  await until(
    'the other is let in',
    async () => (await second.api('GET', `/concerts/${id}/queue`)).state !== 'waiting',
  );
  await shot(one, 'operator-levers');
  for (const person of [one, first, second]) await person.close();
});

await test('pause, resume, drain and close, the last two after being asked', async () => {
  const { id } = await concert();
  const one = await operator();
  const { page } = one;
  await page.goto(`/operator-concert.html?c=${id}`);
  for (const [lever, state, asks] of [
    ['Pause', 'Paused', false],
    ['Resume', 'On sale', false],
    ['Drain', 'Closing', true],
    ['Close', 'Closed', true],
  ]) {
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
