// Tests of a plugin without a host: the same function, on rows held in memory. Not in the component.

import { answered, Call, Wrong } from './cordon.js';

/**
 * Runs a function on a case: `{ hook, service, now, locale, needs, cells, packs }`, of which all may be left out. Rows are
 * what a host would hand over, already reduced to the approved elements. Throws what the function throws; gives
 * `{ cards, systemActions, cells, notes }`, a card as `{ template, slots }` or `{ indicator, summary, detail }`, with what
 * else it has.
 */
export const run = (evaluate, given = {}) => {
  const { hook = 'patient-view', service = 'test', now = '2021-06-01T00:00:00Z', locale = 'en' } = given;
  const { needs = {}, cells = {}, packs = {} } = given;
  const kept = { ...cells };
  const notes = [];
  const call = new Call({
    hook: () => hook,
    service: () => service,
    now: () => now,
    locale: () => locale,
    view: (need) => (Object.hasOwn(needs, need) ? view(needs[need]) : null),
    cell: (name) => (Object.hasOwn(kept, name) ? cell(kept, name) : null),
    pack: (name) => (Object.hasOwn(packs, name) ? pack(packs[name]) : null),
    note: (code, numbers) => notes.push([code, ...numbers]),
  });
  const said = answered(evaluate(call));
  return { cards: said.cards.map(shown), systemActions: said.systemActions.map(shownAction), cells: kept, notes };
};

const view = (rows) => ({
  len: () => rows.length,
  read: (offset, limit) => rows.slice(offset, offset + limit).map((row) => JSON.stringify(row)),
  narrow: (by) => view(rows.filter((row) => matches(row, by))),
  table: (columns) => columns.map((asked, at) => column(rows, asked, at, columns.indexOf(asked) < at)),
});

// Which elements a need lists is the manifest's business: a case of `cordon test` holds a table against it.
const column = (rows, asked, at, before) => {
  const [, kind, path] = /^(number|instant|code|text):([a-z][a-zA-Z0-9]*(?:\.[a-z][a-zA-Z0-9]*){0,5})$/.exec(asked) ?? [];
  const fault = at >= 64 ? 'too-many' : kind == null ? 'malformed' : before ? 'repeated' : null;
  if (fault != null) throw Object.assign(new Error(fault), { payload: { column: at, fault } });
  const val = rows.map((row) => only(row, path.split('.'))).map((value) => (value == null ? null : KINDS[kind](value)));
  if (kind !== 'code') return { tag: `${kind}s`, val };
  const dictionary = val.filter((cell) => cell != null);
  return { tag: 'codes', val: { dictionary, cells: val.map((cell) => (cell == null ? null : dictionary.indexOf(cell))) } };
};

// What a path leads to, if it is one value.
const only = (row, path) => {
  const step = (values, name) => values.flatMap((value) => (typeof value === 'object' ? value?.[name] : null) ?? []);
  const values = path.reduce(step, [row]);
  return values.length === 1 ? values[0] : null;
};

const KINDS = {
  number: (value) => (Number.isFinite(value) ? value : null),
  instant: (value) => (/T.*(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) / 1000 : null),
  code: (value) => {
    if (typeof value === 'string') return { system: '', code: value };
    const coding = [value, ...(value.coding ?? [])].find((one) => one.code != null);
    return coding == null ? null : { system: coding.system ?? '', code: coding.code };
  },
  text: (value) => (typeof value === 'object' ? null : String(value)),
};

// What a host matches by more than a glance is for a case of `cordon test`, which runs the host's own rules.
const matches = (row, { codes, category, since, until, statuses }) => {
  if (category != null || since != null || until != null) {
    throw new Wrong('natively, rows are selected by codes and statuses only: test the rest with a case');
  }
  const codings = (row.code ?? row.medicationCodeableConcept ?? row.vaccineCode)?.coding ?? [];
  const same = ({ system, code }) => codings.some((held) => held.code === code && (system === '' || held.system === system));
  return (codes.length === 0 || codes.some(same)) && (statuses.length === 0 || statuses.includes(row.status));
};

const bytes = (value) => [...new TextEncoder().encode(JSON.stringify(value))];

const cell = (kept, name) => ({
  size: () => 4096,
  read: () => (kept[name] == null ? null : bytes(kept[name])),
  write: (content) => (kept[name] = JSON.parse(new TextDecoder().decode(Uint8Array.from(content)))),
  clear: () => (kept[name] = null),
});

const pack = (content) => ({
  version: () => 'test',
  len: () => bytes(content).length,
  read: (offset, limit) => bytes(content).slice(offset, offset + limit),
});

const shown = ({ text, suggestions, overrideReasons }) => ({
  ...(text.tag === 'free' ? text.val : { template: text.val.name, slots: slots(text.val) }),
  ...(suggestions.length > 0 && {
    suggestions: suggestions.map((one) => ({ ...one, actions: one.actions.map(shownAction) })),
  }),
  ...(overrideReasons.length > 0 && { overrideReasons }),
});

const shownAction = ({ tag, val }) => (tag === 'delete' ? { remove: val } : { propose: val.name, slots: slots(val) });

const slots = (filled) => Object.fromEntries(filled.slots.map(({ name, value }) => [name, value.val]));
