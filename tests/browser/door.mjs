/*
 * The door, with a camera: Chromium is given a film of the fan's own ticket for one. What the camera shows is what the
 * ticket's page shows.
 */
import fs from 'node:fs';
import path from 'node:path';
import { assert, concert, end, fan, launch, operator, shot, shots, test, ticketOf, url } from './lib.mjs';

const WIDE = 640;
const HIGH = 480;

/* One picture as a film of raw luma, which is what Chromium takes for a camera. */
async function filmOf(page, picture, file) {
  const luma = await page.evaluate(
    async ({ src, wide, high }) => {
      const image = Object.assign(new Image(), { src });
      await image.decode();
      const pen = Object.assign(document.createElement('canvas'), { width: wide, height: high }).getContext('2d');
      pen.fillStyle = '#fff';
      pen.fillRect(0, 0, wide, high);
      pen.drawImage(image, (wide - high * 0.8) / 2, high * 0.1, high * 0.8, high * 0.8);
      const { data } = pen.getImageData(0, 0, wide, high);
      return Array.from({ length: wide * high }, (_, i) => data[i * 4]);
    },
    { src: picture, wide: WIDE, high: HIGH },
  );
  const frame = Buffer.concat([Buffer.from('FRAME\n'), Buffer.from(luma), Buffer.alloc((WIDE * HIGH) / 2, 128)]);
  fs.writeFileSync(
    file,
    Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDE} H${HIGH} F10:1 Ip A1:1 C420jpeg\n`), frame, frame]),
  );
}

const { id } = await concert();
const elsewhere = await concert();
const buyer = await fan(45);
const number = await ticketOf(buyer, id, 12);
const film = path.join(shots, 'ticket.y4m');
fs.mkdirSync(shots, { recursive: true });

await test('the ticket page shows the code', async () => {
  await buyer.page.goto(`/ticket.html?n=${number}`);
  await buyer.page.locator('.code img').waitFor();
  await shot(buyer, 'ticket-code');
  await filmOf(buyer.page, `${url}/api/v1/reservations/${number}/ticket.svg`, film);
});

const withCamera = await launch(
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-video-capture=${film}`,
);
const one = await operator({ chromium: withCamera });
const { page } = one;
let ticket = '';

await test('the camera reads it, once it is valid, typed once more it is used', async () => {
  await page.goto('/operator-door.html');
  await page.getByRole('button', { name: 'Use camera' }).click();
  await page.locator('.verdict-good').getByText('A, row 2, seat 2').waitFor({ timeout: 90000 });
  await shot(one, 'door-valid');
  ticket = await page.inputValue('[name=ticket]');
  await page.getByRole('button', { name: 'Stop camera' }).click();
  await page.getByRole('button', { name: 'Check' }).click();
  await page.locator('.verdict-used').getByText('Already used').waitFor();
  await page.locator('.verdict-used').getByText(number).waitFor();
  await shot(one, 'door-used');
});

await test('a cancelled one, one for another concert, and one that is none are told apart', async () => {
  await page.locator('[name=concert]').selectOption(String(elsewhere.id));
  await page.fill('[name=ticket]', 'not a ticket');
  await page.keyboard.press('Enter');
  await page.locator('.verdict-bad').getByText('Not a ticket of ours').waitFor();
  await page.fill('[name=ticket]', ticket);
  await page.keyboard.press('Enter');
  await page.locator('.verdict').getByText('For another concert').waitFor();
  await shot(one, 'door-elsewhere');
  assert.deepEqual(one.complaints, []);
});

await one.close();
await buyer.close();
await withCamera.close();
await end();
