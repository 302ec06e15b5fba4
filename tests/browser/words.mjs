/* The dictionaries: both languages have the same words, and every word a page asks for exists. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { assert, end, test } from './lib.mjs';

const ui = path.join(process.env.FRONTROW_SRC, 'ui');
const read = async (name) => (await import(pathToFileURL(path.join(ui, 'i18n', name)))).default;
const [en, ko, op_en, op_ko] = await Promise.all(['en.js', 'ko.js', 'operator.en.js', 'operator.ko.js'].map(read));

const gapsOf = (word) =>
  [...new Set((typeof word === 'string' ? word : Object.values(word).join(' ')).match(/\{\w+\}/g) ?? [])].sort();

function files(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? files(name) : [name];
  });
}

const sources = [
  ...files(path.join(ui, 'js')),
  ...fs
    .readdirSync(ui)
    .filter((name) => name.endsWith('.html'))
    .map((name) => path.join(ui, name)),
];

/* Keys written out, and the prefixes of those put together from a state: t(`wait.${kind}`). */
function asked(text) {
  const whole = [
    ...text.matchAll(/\b(?:t|has)\('([\w.]+)'/g),
    ...text.matchAll(/data-t(?:itle|-label)?="([\w.]+)"/g),
    ...text.matchAll(/'((?:op|csv|door|health|wait|seat|pay|points|ticket|fair|concert)\.[a-z_0-9.]+)'/g),
  ].map((m) => m[1]);
  const begun = [...text.matchAll(/\bt\(`([\w.]+)\$/g)].map((m) => m[1]);
  return { whole, begun };
}

for (const [what, one, other] of [
  ['fans', en, ko],
  ['operators', op_en, op_ko],
]) {
  await test(`English and Korean have the same words for ${what}`, async () =>
    assert.deepEqual(Object.keys(ko === other ? ko : op_ko), Object.keys(one)));
  await test(`and the same gaps in them, for ${what}`, async () => {
    const differ = Object.keys(one).filter(
      (key) =>
        gapsOf(one[key])
          .filter((gap) => gap !== '{n}')
          .join() !==
        gapsOf(other[key] ?? '')
          .filter((gap) => gap !== '{n}')
          .join(),
    );
    assert.deepEqual(differ, []);
  });
}

await test('every word that a page asks for is there', async () => {
  const known = new Set([...Object.keys(en), ...Object.keys(op_en)]);
  const missing = sources.flatMap((file) => {
    const { whole, begun } = asked(fs.readFileSync(file, 'utf8'));
    return [
      ...whole.filter((key) => !known.has(key)),
      ...begun.filter((prefix) => ![...known].some((key) => key.startsWith(prefix))),
    ].map((key) => `${path.relative(ui, file)}: ${key}`);
  });
  assert.deepEqual(missing, []);
});

/* What a fan can cause is told in the pages' own words; for the rest the server's say what and where. */
const SERVERS_OWN = ['done', 'bad_value'];

await test('every refusal of the server has words', async () => {
  const source = fs.readFileSync(path.join(process.env.FRONTROW_SRC, 'src', 'base', 'outcome.def'), 'utf8');
  const codes = [...source.matchAll(/^OUTCOME\(\w+, "(\w+)"/gm)].map((m) => m[1]);
  assert.ok(codes.length > 20);
  assert.deepEqual(
    codes.filter((code) => !(`error.${code}` in en) && !SERVERS_OWN.includes(code)),
    [],
  );
});

await test('every promise has words', async () => {
  const source = fs.readFileSync(path.join(process.env.FRONTROW_SRC, 'sql', 'check', 'invariants.sql'), 'utf8');
  const names = [...source.matchAll(/^-- promise: (\w+)/gm)].map((m) => m[1]);
  assert.ok(names.length > 10);
  assert.deepEqual(
    names.filter((name) => !(`promise.${name}` in op_en)),
    [],
  );
});

await end();
