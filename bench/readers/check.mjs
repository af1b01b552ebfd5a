// Reads Parquet files that we wrote with DuckDB and with hyparquet. A file NAME.parquet with NAME.json beside it must hold what that says;
// any other must be the same to both readers. Prints a line a file; ends with 1 where one differs.
//   npm install --prefix bench/readers && node bench/readers/check.mjs DIR...
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const files = process.argv.slice(2).flatMap(dir => readdirSync(dir, { recursive: true }).filter(f => f.endsWith('.parquet')).map(f => join(dir, f))).sort();
const duck = await (await DuckDBInstance.create()).connect();

// One form for both readers and the JSON: numbers that are not finite as words, 64-bit integers as text, bytes in Base64.
function plain(v) {
  if (v === null || v === undefined) return null;
  if (typeof v === 'bigint') return v.toString();
  if (typeof v === 'number') return Number.isFinite(v) ? (Object.is(v, -0) ? 0 : v) : String(v);
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64');
  if (v?.bytes instanceof Uint8Array) return Buffer.from(v.bytes).toString('base64');
  if (Array.isArray(v?.items)) return v.items.map(plain);
  if (Array.isArray(v) || ArrayBuffer.isView(v)) return Array.from(v, plain);
  if (typeof v === 'string' || typeof v === 'boolean') return v;
  throw new Error(`a value that this script does not know: ${v?.constructor?.name}`);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function differs(name, ours, theirs) {
  if (ours.length !== theirs.length) return `${name}: ${ours.length} rows, not ${theirs.length}`;
  for (let i = 0; i < ours.length; i++)
    if (!same(ours[i], theirs[i])) return `${name}, row ${i}: ${JSON.stringify(ours[i])}, not ${JSON.stringify(theirs[i])}`;
}

async function byDuckDB(file) {
  const table = await duck.runAndReadAll(`SELECT * FROM read_parquet('${file.replaceAll("'", "''")}', binary_as_string = false)`);
  const columns = table.getColumns();
  return Object.fromEntries(table.columnNames().map((name, i) => [name, (columns[i] ?? []).map(plain)]));
}

async function byHyparquet(file) {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file), compressors, utf8: false });
  return Object.fromEntries(Object.keys(rows[0] ?? {}).map(name => [name, rows.map(r => plain(r[name]))]));
}

let wrong = 0;
for (const file of files) {
  const told = file.replace(/parquet$/, 'json');
  const problems = [];
  try {
    const read = { DuckDB: await byDuckDB(file), hyparquet: await byHyparquet(file) };
    const expected = existsSync(told) ? JSON.parse(readFileSync(told, 'utf8')).columns : read.DuckDB;
    for (const [reader, columns] of Object.entries(read))
      for (const [name, values] of Object.entries(expected)) {
        const problem = columns[name] ? differs(name, columns[name], values.map(plain)) : values.length ? `${name}: not there` : undefined;
        if (problem) problems.push(`${reader}: ${problem}`);
      }
  } catch (error) {
    problems.push(error.message);
  }
  console.log(`${problems.length ? 'differs' : 'equal  '}  ${file}${problems.map(p => `\n         ${p}`).join('')}`);
  wrong += problems.length > 0;
}
console.log(`${files.length - wrong} equal, ${wrong} differ`);
process.exit(wrong ? 1 : 0);
