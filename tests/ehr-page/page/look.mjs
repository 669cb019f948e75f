// Pictures of cards as a clinician sees them, by day and by night.
// usage: node look.mjs --out DIR [--width 800] [--renderer react-markdown] < CARDS.ndjson
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { withBrowser } from './browser.mjs';

const { values } = parseArgs({
  options: { out: { type: 'string' }, width: { type: 'string', default: '800' }, renderer: { type: 'string', default: 'react-markdown' } },
});
const [, ...cards] = (await text(process.stdin)).split('\n').filter(Boolean);
const viewport = { width: Number(values.width), height: 600 };

for (const colorScheme of ['light', 'dark']) {
  await withBrowser('probe.mjs', { viewport, colorScheme, deviceScaleFactor: 1 }, async ({ fresh, requests }) => {
    const page = await fresh();
    const show = ([cards, renderer]) => window.cordon.look(JSON.parse(cards), renderer);
    await page.evaluate(show, [`[${cards.join(',')}]`, values.renderer]);
    const path = join(values.out, `${values.renderer}-${colorScheme}-${values.width}.png`);
    await page.screenshot({ path, fullPage: true });
    process.stdout.write(`${path}: ${cards.length} cards, ${requests.length} requests\n`);
  });
}
