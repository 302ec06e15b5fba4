/* The waiting page while the gate is away: alone, since nobody is admitted meanwhile. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assert, closeAll, end, line, numberOf, test } from './lib.mjs';

await test('the page waits through a restart of the gate and gets in afterwards', async () => {
  const { id, first, second } = await line(31, 32);
  const number = await numberOf(second);
  const pid = Number(fs.readFileSync(path.join(process.env.FRONTROW_RUN, 'gate.pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await second.page.waitForTimeout(5000);
  assert.equal(await numberOf(second), number, 'still in line, and told so');
  assert.equal(await second.page.locator('.fresh-bad').count(), 0, 'the board goes on');
  await first.api('DELETE', `/concerts/${id}/queue`);
  const gate = spawn('frontrow-gate', ['-c', path.join(process.env.FRONTROW_DIR, 'etc', 'frontrow.conf')], {
    stdio: 'ignore',
  });
  process.on('exit', () => gate.kill());
  await second.page.waitForURL(/seats\.html/, { timeout: 40000 });
  await closeAll(first, second);
});

await end();
