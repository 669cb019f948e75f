import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as sdk from '../cordon.js';
import { run } from '../testing.js';

const { answer, card, code, date, propose, remove, row, service, suggest, textCard } = sdk;
const wrong = (build, field) =>
  assert.throws(build, (error) => error instanceof sdk.Wrong && error.message.startsWith(field), field);

/** A handle that counts what is alive. */
const world = (given = {}) => {
  const alive = { now: 0, most: 0 };
  const handle = (functions) => {
    alive.most = Math.max(alive.most, (alive.now += 1));
    return { ...functions, [Symbol.dispose]: () => (alive.now -= 1) };
  };
  const view = (rows) => handle({ len: () => rows.length, read: () => rows, narrow: () => view(rows.slice(1)) });
  const call = handle({
    hook: () => 'patient-view',
    service: () => 's',
    now: () => '2021-06-01T00:00:00Z',
    locale: () => 'en',
    view: (need) => (need in given ? view(given[need]) : undefined),
    cell: () => null,
    pack: () => null,
    note: () => {},
  });
  return { alive, call };
};
const evaluated = (evaluate, given) => service(evaluate).evaluate(world(given).call);

test('a builder names the field that is wrong', () => {
  wrong(() => card('t', { value: '6.4' }), 'card "t": slot "value"');
  wrong(() => card('t', { value: NaN }), 'card "t": slot "value"');
  wrong(() => card('t', { value: undefined }), 'card "t": slot "value"');
  wrong(() => card('t', { on: date('2021-05') }), 'card "t": slot "on"');
  wrong(() => card('t', { why: code(7) }), 'card "t": slot "why"');
  wrong(() => card('t', { value: row({}) }), 'card "t": slot "value"');
  wrong(() => card(undefined), 'card: name');
  wrong(() => card('t', {}, { sugestions: [] }), 'card "t"');
  wrong(() => card('t', {}, { suggestions: ['repeat'] }), 'card "t": suggestions');
  wrong(() => textCard('high', 'x'), 'card: indicator');
  wrong(() => textCard('info', 'two\nlines'), 'card: summary');
  wrong(() => textCard('info', 'x'.repeat(140)), 'card: summary');
  wrong(() => textCard('info', 'lone \uD800'), 'card: summary');
  wrong(() => textCard('info', 'x', 'ä'.repeat(2049)), 'card: detail');
  wrong(() => suggest([]), 'suggestion: actions');
  wrong(() => suggest(propose('p'), { recommended: 1 }), 'suggestion: recommended');
  wrong(() => remove({}), 'remove: id');
});

test('an answer that is none is named', () => {
  wrong(() => run(() => undefined), 'answer: cards');
  wrong(() => run(async () => []), 'answer: cards');
  wrong(() => run(() => ['x']), 'answer: card 1');
  wrong(() => run(() => answer([], ['x'])), 'action');
  wrong(() => run((call) => [call.note(7, -1)]), 'note 7: number');
  wrong(() => run((call) => call.need('a').rows({ code: [] }), { needs: { a: [] } }), 'selection');
  wrong(() => run((call) => call.need('a').rows({ codes: [{ system: 's' }] }), { needs: { a: [] } }), 'selection: codes: code');
});

test('what is thrown becomes a failure without a text', () => {
  const thrown = (evaluate, given) => {
    try {
      return evaluated(evaluate, given);
    } catch (error) {
      return error;
    }
  };
  assert.equal(thrown(() => { throw new Error('Anna'); }), 'internal');
  assert.equal(thrown(() => [card('t', { value: 'x' })]), 'internal');
  assert.equal(thrown((call) => call.need('labs').rows()), 'missing-need');
  assert.equal(thrown((call) => call.cell('seen')), 'missing-need');
  assert.equal(thrown((call) => call.need('labs').rows(), { labs: ['{'] }), 'unreadable-data');
});

test('handles are given back, also in a loop and after a throw', () => {
  const { alive, call } = world({ labs: ['{}', '{}'] });
  const evaluate = (given) => {
    for (let i = 0; i < 2000; i += 1) given.need('labs').rows({ statuses: ['final'] });
    throw new Error();
  };
  assert.throws(() => service(evaluate).evaluate(call));
  assert.deepEqual(alive, { now: 0, most: 3 });
});

test('an absent view is null, and an absent value is not a number', () => {
  assert.deepEqual(evaluated((call) => (call.view('labs') == null ? [] : undefined)), { cards: [], systemActions: [] });
  assert.deepEqual(sdk.measured(null, { unit: 'cm' }), { why: 'no-value' });
  assert.deepEqual(sdk.measured({ value: null }, { unit: 'cm' }), { why: 'no-value' });
  const cm = { value: 1, system: sdk.UCUM, code: 'cm' };
  assert.deepEqual(sdk.measured({ ...cm, comparator: '<' }, { unit: 'cm' }), { why: 'bound' });
  assert.deepEqual(sdk.measured({ ...cm, system: undefined }, { unit: 'cm' }), { why: 'no-unit' });
  assert.deepEqual(sdk.measured({ ...cm, code: 'toString' }, { unit: 'cm' }), { why: 'other-unit' });
});

test('a column that is none, or was asked for before, is named', () => {
  const ask = (...columns) => run((call) => call.need('labs').table(...columns), { needs: { labs: [] } });
  wrong(() => ask('status'), 'table: column "status" is malformed');
  wrong(() => ask('text:id', 'integer:status'), 'table: column "integer:status" is malformed');
  wrong(() => ask('text:a..b'), 'table: column "text:a..b" is malformed');
  wrong(() => ask('text:id', 'text:id'), 'table: column "text:id" is repeated');
  wrong(() => ask(...Array.from({ length: 65 }, (_, n) => `text:a${n}`)), 'table: column "text:a64" is too-many');
  wrong(() => ask(7), 'table: column');
});

test('columns hold a cell for each row, and nothing is guessed', () => {
  const quantity = { value: 6.4, unit: 'mmol/L', system: sdk.UCUM, code: 'mmol/L' };
  const coding = [{ display: 'x' }, { system: 's', code: 'k' }];
  const labs = [
    { status: 'final', effectiveDateTime: '1970-01-02T01:00:00+01:00', valueQuantity: quantity, code: { coding } },
    { status: 'final', effectiveDateTime: '1970-01-02', valueQuantity: { value: '6.4' }, code: { text: 'k' } },
    { category: [{ coding: [{ code: 'a' }] }, { coding: [{ code: 'b' }] }] },
  ];
  const asked = ['number:valueQuantity.value', 'code:valueQuantity', 'instant:effectiveDateTime', 'text:effectiveDateTime'];
  const more = ['code:code', 'code:status', 'code:category'];
  const read = (call) => (assert.deepEqual(call.need('labs').table(...asked, ...more), [
    [6.4, null, null],
    [{ system: sdk.UCUM, code: 'mmol/L' }, null, null],
    [86400, null, null],
    ['1970-01-02T01:00:00+01:00', '1970-01-02', null],
    [{ system: 's', code: 'k' }, null, null],
    [{ system: '', code: 'final' }, { system: '', code: 'final' }, null],
    [null, null, null],
  ]), []);
  assert.deepEqual(run(read, { needs: { labs } }).cards, []);
});

test('days are those of the calendar', () => {
  assert.equal(sdk.daysBetween('1970-01-01', '2000-03-01'), 11017);
  assert.equal(sdk.daysBetween('2023-12-31T23:00:00Z', '2024-03-01'), 61);
  for (const none of ['2024', '2024-02', '2024-02-30', '2023-02-29', '2024-13-01', 'x', null, undefined]) {
    assert.equal(sdk.day(none), null);
    assert.equal(sdk.daysBetween(none, '2024-01-01'), null);
  }
  assert.equal(sdk.ageOn('1960-02-29', '2023-02-28'), 62);
  assert.equal(sdk.ageOn('1960-02-29', '2023-03-01'), 63);
});

test('what is kept is JSON, within its size and in UTF-8', () => {
  const kept = run((call) => (call.cell('seen').save({ word: 'Größe 😀' }), []), { cells: { seen: null } });
  assert.deepEqual(kept.cells, { seen: { word: 'Größe 😀' } });
  const read = run((call) => [textCard('info', `${call.cell('seen').json()}${call.pack('limits').json().x}`)], {
    cells: { seen: 'é' },
    packs: { limits: { x: 'ß' } },
  });
  assert.equal(read.cards[0].summary, 'éß');
  wrong(() => run((call) => call.cell('seen').save('x'.repeat(5000)), { cells: { seen: null } }), 'cell');
});
