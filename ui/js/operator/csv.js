/*
 * A seat plan from a CSV file: section, grade, price, rows, seats_per_row. Every mistake is told
 * with its line, so that the file can be mended where it was made.
 */
export const COLUMNS = ['section', 'grade', 'price', 'rows', 'seats_per_row'];

const SECTIONS_MAX = 500;
const GRADES_MAX = 50;
const SEATS_MAX = 50000;
const NAME_MAX = 32;
const PRICE_MAX = 100000000;
const ROWS_MAX = 500;

/* One line's fields; quotes as in RFC 4180, semicolons as some spreadsheets write them. */
function fields(line) {
  const split = line.includes('\t') ? '\t' : line.includes(';') && !line.includes(',') ? ';' : ',';
  const out = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '"' && line[i + 1] === '"') {
      field += '"';
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === split && !quoted) {
      out.push(field.trim());
      field = '';
    } else field += c;
  }
  return [...out, field.trim()];
}

const whole = (text, least, most) => /^[0-9]{1,12}$/.test(text) && Number(text) >= least && Number(text) <= most;

function mistakes(row, plan) {
  const wrong = [];
  if (!row.section || row.section.length > NAME_MAX) wrong.push(['csv.section', {}]);
  else if (plan.sections.some(({ section }) => section === row.section))
    wrong.push(['csv.section_twice', { name: row.section }]);
  if (!row.grade || row.grade.length > NAME_MAX) wrong.push(['csv.grade', {}]);
  if (!whole(row.price, 0, PRICE_MAX)) wrong.push(['csv.price', { value: row.price }]);
  else if (plan.grades.some(({ grade, price }) => grade === row.grade && price !== Number(row.price)))
    wrong.push(['csv.price_differs', { name: row.grade }]);
  if (!whole(row.rows, 1, ROWS_MAX)) wrong.push(['csv.rows', { value: row.rows }]);
  if (!whole(row.seats_per_row, 1, ROWS_MAX)) wrong.push(['csv.seats_per_row', { value: row.seats_per_row }]);
  return wrong;
}

/* Returns { grades, sections, seats, errors: [{ line, key, gaps }] }. */
export function parsePlan(text) {
  const plan = { grades: [], sections: [], seats: 0, errors: [] };
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  let head = null;
  lines.forEach((line, i) => {
    if (!line.trim()) return;
    const error = (key, gaps = {}) => plan.errors.push({ line: i + 1, key, gaps });
    const values = fields(line);
    if (!head) {
      head = values.map((name) => name.toLowerCase());
      const absent = COLUMNS.filter((name) => !head.includes(name));
      if (absent.length) error('csv.head', { names: absent.join(', ') });
      return;
    }
    if (COLUMNS.some((name) => !head.includes(name))) return;
    if (values.length !== head.length) {
      error('csv.fields', { n: values.length, wanted: head.length });
      return;
    }
    const row = Object.fromEntries(head.map((name, at) => [name, values[at]]));
    const wrong = mistakes(row, plan);
    wrong.forEach(([key, gaps]) => error(key, gaps));
    if (!wrong.length) add(plan, row);
  });
  bounds(plan, lines.length);
  return plan;
}

function add(plan, { section, grade, price, rows, seats_per_row }) {
  if (!plan.grades.some((known) => known.grade === grade)) plan.grades.push({ grade, price: Number(price) });
  plan.sections.push({ section, grade, rows: Number(rows), seats_per_row: Number(seats_per_row) });
  plan.seats += Number(rows) * Number(seats_per_row);
}

function bounds(plan, line) {
  const error = (key, gaps) => plan.errors.push({ line, key, gaps });
  if (!plan.sections.length && !plan.errors.length) error('csv.empty', {});
  if (plan.sections.length > SECTIONS_MAX) error('csv.sections_max', { n: SECTIONS_MAX });
  if (plan.grades.length > GRADES_MAX) error('csv.grades_max', { n: GRADES_MAX });
  if (plan.seats > SEATS_MAX) error('csv.seats_max', { n: SEATS_MAX });
}
