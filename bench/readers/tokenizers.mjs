// Hugging Face's tokenizers (its Rust library, through Node) on a tokenizer that we learnt: the same ids, and how fast, one thread.
//   npm install --prefix bench/readers && RAYON_NUM_THREADS=1 node bench/readers/tokenizers.mjs DIR FILE.jsonl     (DIR: from `bench tokenize FILE.jsonl DIR`)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@anush008/tokenizers';

const [dir, file] = process.argv.slice(2);
const tokenizer = Tokenizer.fromFile(join(dir, 'tokenizer.json'));
const texts = readFileSync(file, 'utf8').split('\n').filter(l => l).map(l => JSON.parse(l)).flatMap(r => [r.chosen, r.rejected]);
const ours = JSON.parse(readFileSync(join(dir, 'ids.json'), 'utf8'));
const theirs = (await tokenizer.encodeBatch(texts, { addSpecialTokens: false })).map(e => e.getIds());
const wrong = ours.findIndex((ids, i) => JSON.stringify(ids) !== JSON.stringify(theirs[i]));
console.log(wrong < 0 ? `${ours.length} texts have the same ids` : `text ${wrong}: ours ${ours[wrong].slice(0, 20)}, theirs ${theirs[wrong].slice(0, 20)}`);

const corpus = [];
for (let bytes = 0; bytes < 50e6;) for (const text of texts) { corpus.push(text); bytes += Buffer.byteLength(text); }
const megabytes = corpus.reduce((sum, t) => sum + Buffer.byteLength(t), 0) / 1e6;
const rates = [];
for (let run = -1; run < 5; run++) {
  const began = performance.now();
  for (let at = 0; at < corpus.length; at += 1000) await tokenizer.encodeBatch(corpus.slice(at, at + 1000), { addSpecialTokens: false });
  if (run >= 0) rates.push(megabytes / (performance.now() - began) * 1000);
}
rates.sort((a, b) => a - b);
console.log(JSON.stringify({ Name: "encode, Hugging Face's tokenizers, one thread", Unit: 'MB/s', Median: rates[2], Min: rates[0], Max: rates[4], Runs: 5 }));
process.exit(wrong < 0 ? 0 : 1);
