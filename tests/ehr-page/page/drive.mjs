// Shows cards in every renderer and reports what left the page and what stands in it.
// usage: node drive.mjs [--batch N] < CARDS.ndjson > REPORT.json
// The first line says { "footer", "manifest": [addresses that the signed manifest names] }, each other line one
// { "id", "mark", "card" }; `mark` is the secret that is planted in the card's texts.
import { text } from 'node:stream/consumers';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withBrowser } from './browser.mjs';

const { values } = parseArgs({ options: { batch: { type: 'string', default: '500' } } });
const [{ footer, manifest }, ...cards] = (await text(process.stdin)).split('\n').filter(Boolean).map((line) => JSON.parse(line));
if (/google|gvt1/i.test(JSON.stringify(cards))) throw new Error('no card may name what browser.mjs passes over');
const SIZE = Number(values.batch);
// How long a page may go on asking after it was filled.
const SETTLE = 150;
// How many pages at a time.
const PAGES = 3;

const marked = (url) => {
  const lower = url.toLowerCase();
  return cards.find(({ mark }) => mark && lower.includes(mark))?.id ?? '';
};

// One page with these cards, and what stands in it.
const one = async ({ fresh }, renderer, batch) => {
  const page = await fresh();
  const show = ([cards, renderer]) => window.cordon.show(JSON.parse(cards), renderer);
  const failed = await page.evaluate(show, [JSON.stringify(batch), renderer]);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await after(SETTLE);
  const count = ([renderer, manifest, footer]) => [window.cordon.count(renderer, manifest, footer), window.cordon.strays()];
  const [found, strays] = await page.evaluate(count, [renderer, manifest, footer]);
  await page.close();
  return [...failed, ...found, ...strays.map((html) => ({ id: '', kind: 'stray', what: 'page', html }))];
};

// All cards in one renderer, some pages at a time.
const all = async (browser, renderer) => {
  const batches = [];
  for (let from = 0; from < cards.length; from += SIZE) batches.push(cards.slice(from, from + SIZE));
  const findings = [];
  const worker = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) findings.push(...(await one(browser, renderer, batch)));
  };
  await Promise.all(Array.from({ length: PAGES }, worker));
  const asked = browser.requests.splice(0).filter(({ url }) => !manifest.includes(url));
  findings.push(...asked.map(({ seen, url }) => ({ id: marked(url), kind: 'request', what: seen, html: url.slice(0, 160) })));
  return findings.map((finding) => ({ renderer, ...finding }));
};

const report = await withBrowser('probe.mjs', {}, async (browser) => {
  const page = await browser.fresh();
  const names = await page.evaluate(() => window.cordon.names);
  await page.close();
  const findings = [];
  for (const renderer of names) findings.push(...(await all(browser, renderer)));
  return { renderers: names, cards: cards.length, findings };
});
process.stdout.write(JSON.stringify(report));
