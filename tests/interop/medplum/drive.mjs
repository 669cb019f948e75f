// Drives a CDS Hooks service with the CDS Hooks client of @medplum/core: discovery, call, feedback.
// What is the client's and what is ours is said in ../README.md. One JSON object goes to standard output, nothing else.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import './websocket.mjs';
import { MedplumClient, buildCdsRequest } from '@medplum/core';
import { openRecords } from './records.mjs';

const require = createRequire(import.meta.url);

const HELP = `usage: node drive.mjs --base URL [--tokens FILE] --call SERVICE=REQUEST.json ... [--build SERVICE=CONTEXT.json ...]
  --base     what stands before /cds-services, for example http://127.0.0.1:8080
  --tokens   JSON object: endpoint URL -> token, or list of tokens that are used in turn; endpoints without one get none
  --call     sends the CDS Hooks request in the file, as it is
  --build    file {"hook", "user": {FHIR resource}, "context"}: the client fills the advertised prefetch templates itself
  --records  FHIR Bundle that answers the client's prefetch queries (only with --build)
  --settle   "override" (default) or "accept": what the feedback says of each card
  --feedback SERVICE=FEEDBACK.json ...  last, sends the feedback in the file, as it is
example: node drive.mjs --base http://127.0.0.1:8080 --tokens tokens.json --call renal-dosing=order-select.json`;

const { values: options } = parseArgs({
  options: {
    base: { type: 'string' }, tokens: { type: 'string' }, records: { type: 'string' }, help: { type: 'boolean' },
    settle: { type: 'string', default: 'override' },
    feedback: { type: 'string', multiple: true, default: [] },
    call: { type: 'string', multiple: true, default: [] }, build: { type: 'string', multiple: true, default: [] },
  },
});
if (options.help || !options.base || options.call.length + options.build.length === 0) {
  console.error(HELP);
  process.exit(2);
}

// The client logs to the console; standard output is ours.
console.log = console.info = console.warn = (...words) => console.error(...words);

const base = options.base.replace(/\/+$/, '');
const tokens = options.tokens ? readJson(options.tokens) : {};
const exchanges = [];
const records = options.records ? await openRecords(readJson(options.records)) : undefined;
const client = new MedplumClient({
  baseUrl: `${base}/`,
  // A retry would send the same jti again, and a repeated jti must be refused.
  maxRetries: 0,
  cacheTime: 0,
  fetch: (url, init) => (String(url).startsWith(`${base}/fhir/`) ? answerQuery(url, init) : exchange(url, init)),
});

const seen = { client: identity(), services: [], calls: [], feedback: [], exchanges };
seen.services = (await at(`${base}/cds-services`, 'discovery', () => client.getCdsServices())).answer?.services ?? [];
for (const [service, file] of options.call.map(pair)) {
  await callAndSettle(service, readJson(file));
}
for (const [service, file] of options.build.map(pair)) {
  const { hook, user, context } = readJson(file);
  const advertised = seen.services.find((each) => each.id === service && each.hook === hook);
  await callAndSettle(service, await buildCdsRequest(client, user, advertised, context));
}
for (const [service, file] of options.feedback.map(pair)) {
  await settle(service, readJson(file));
}
process.stdout.write(`${JSON.stringify(seen)}\n`);

/** Sends one request, then feedback about every card that came back. */
async function callAndSettle(service, request) {
  const endpoint = `${base}/cds-services/${service}`;
  const call = await at(endpoint, 'call', () => client.callCdsService(service, request));
  const cards = call.answer?.cards ?? [];
  seen.calls.push({ service, hook: request.hook, status: call.status, cards, outcome: call.outcome });
  if (cards.length > 0) {
    await settle(service, { feedback: cards.map((card) => feedbackOf(card)) });
  }
}

/** The client has no feedback operation: the body is ours, its transport and authentication are the client's. */
async function settle(service, body) {
  const endpoint = `${base}/cds-services/${service}/feedback`;
  const sent = await at(endpoint, 'feedback', () => client.post(endpoint, body, 'application/json'));
  seen.feedback.push({ service, status: sent.status, cards: body.feedback.length, outcome: sent.outcome });
}

/** CDS Hooks 2.0, section Feedback: one entry per card, accepted only with the suggestions that were taken. */
function feedbackOf(card) {
  const outcomeTimestamp = new Date().toISOString();
  const suggestion = card.suggestions?.[0];
  if (options.settle === 'accept' && suggestion) {
    return { card: card.uuid, outcome: 'accepted', acceptedSuggestions: [{ id: suggestion.uuid }], outcomeTimestamp };
  }
  const reason = card.overrideReasons?.[0];
  const overrideReason = reason && { reason: { code: reason.code, system: reason.system } };
  return { card: card.uuid, outcome: 'overridden', ...(overrideReason && { overrideReason }), outcomeTimestamp };
}

/** Runs one operation with the token of its endpoint; a refusal is a result, not a crash. */
async function at(endpoint, kind, operation) {
  client.setAccessToken(nextToken(endpoint));
  const before = exchanges.length;
  const result = {};
  try {
    result.answer = await operation();
  } catch (error) {
    result.outcome = error.outcome ?? { message: String(error.cause ?? error) };
  }
  const made = exchanges.slice(before);
  made.forEach((each) => { each.kind = kind; });
  result.status = made.at(-1)?.status ?? 0;
  return result;
}

function nextToken(endpoint) {
  const held = tokens[endpoint];
  return (Array.isArray(held) ? held.shift() : held) ?? '';
}

/** The wire as it was, without the token. */
async function exchange(url, init) {
  const made = { method: init?.method ?? 'GET', url: String(url), request: parsed(init?.body) };
  exchanges.push(made);
  // The service may have closed an idle connection while the client was busy: let Node see it before it is used again.
  await new Promise(setImmediate);
  const response = await fetch(url, init);
  const body = await response.clone().text();
  made.status = response.status;
  made.contentType = response.headers.get('content-type');
  made.response = parsed(body);
  return response;
}

async function answerQuery(url, init) {
  if (!records) {
    throw new Error('--build needs --records');
  }
  return records(String(url).slice(`${base}/fhir/R4/`.length), init?.method ?? 'GET');
}

function identity() {
  const { name, version } = require('./node_modules/@medplum/core/package.json');
  return { name, version };
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return { notJson: text.length };
  }
}

function pair(word) {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
