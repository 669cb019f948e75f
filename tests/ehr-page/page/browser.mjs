// A real Chromium behind two counters: every request is intercepted, and what interception does not see (preconnects,
// sockets) ends at a proxy which answers for the EHR's page and for nothing else.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const HERE = import.meta.dirname;
const ORIGIN = 'http://ehr.test';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// A busy machine starts a browser slowly.
const PATIENCE = 120_000;

// Chromium itself asks its maker, whatever its flags say: refused like everything else, and not a card's doing.
const MAKER = /(^|\.)(google|googleapis|gvt1)\.com(:443)?$/;

const files = async (entry) => {
  const bundle = await build({
    entryPoints: [join(HERE, entry)],
    bundle: true,
    write: false,
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const type = { '/': 'text/html', '/ehr.css': 'text/css', '/ehr.js': 'text/javascript' };
  const body = {
    '/': await readFile(join(HERE, 'index.html')),
    '/ehr.css': await readFile(join(HERE, 'ehr.css')),
    '/ehr.js': bundle.outputFiles[0].contents,
  };
  return { type, body };
};

const served = ({ type, body }, arrived) => {
  const server = createServer((request, response) => {
    const path = request.url.startsWith(ORIGIN) ? request.url.slice(ORIGIN.length) : undefined;
    if (path in body) return response.writeHead(200, { 'content-type': `${type[path]}; charset=utf-8` }).end(body[path]);
    arrived(request.url);
    return response.writeHead(403).end();
  });
  const refuse = (request, socket) => {
    arrived(request.url);
    socket.on('error', () => {});
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  };
  server.on('connect', refuse);
  server.on('upgrade', refuse);
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server)));
};

// Calls `use` with { fresh, requests }: `fresh()` gives an empty page; `requests` collects what a page asked for.
export const withBrowser = async (entry, options, use) => {
  const requests = [];
  const pages = await files(entry);
  const server = await served(pages, (url) => MAKER.test(url) || requests.push({ seen: 'proxy', url }));
  const profile = await mkdtemp(join(tmpdir(), 'cordon-ehr-page-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: FLAGS,
    proxy: { server: `http://127.0.0.1:${server.address().port}` },
    serviceWorkers: 'block',
    timeout: PATIENCE,
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  try {
    await context.route('**/*', (route) => {
      const request = route.request();
      const url = request.url();
      if (url.startsWith(ORIGIN) && url.slice(ORIGIN.length) in pages.body) return route.continue();
      requests.push({ seen: 'page', url, type: request.resourceType() });
      // A navigation that is answered with nothing leaves the page as it is.
      return request.isNavigationRequest() ? route.fulfill({ status: 204 }) : route.abort();
    });
    const fresh = async () => {
      const page = await context.newPage();
      page.on('dialog', (dialog) => dialog.dismiss());
      await page.goto(`${ORIGIN}/`);
      return page;
    };
    return await use({ fresh, requests });
  } finally {
    await context.close();
    await new Promise((closed) => server.close(closed).closeAllConnections());
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
};
