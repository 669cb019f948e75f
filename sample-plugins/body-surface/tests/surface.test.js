import assert from 'node:assert/strict';
import { test } from 'node:test';

import { evaluate, HEIGHT, WEIGHT } from '../plugin.js';
import { isDosedBySurface, mosteller, newest } from '../surface.js';
import { run } from '../vendor/cordon-sdk/testing.js';

const UCUM = 'http://unitsofmeasure.org';
const NOW = '2021-06-01T08:00:00Z';

const observation = (code, value, unit, more = {}) => ({
  resourceType: 'Observation',
  id: `row-${code}`,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code }] },
  effectiveDateTime: '2021-05-20',
  valueQuantity: { value, system: UCUM, code: unit },
  ...more,
});
const order = (code) => ({
  resourceType: 'MedicationRequest',
  id: 'order',
  dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 60, system: UCUM, code } }] }],
});
const call = (needs) =>
  run(evaluate, {
    now: NOW,
    needs: {
      draft: [order('mg/m2')],
      patient: [{ resourceType: 'Patient', birthDate: '1960-01-01' }],
      height: [observation('8302-2', 180, 'cm')],
      weight: [observation('29463-7', 80, 'kg')],
      ...needs,
    },
  }).cards;
const why = (needs) => call(needs)[0].slots.why;

test('the formula gives the values worked by hand', () => {
  // sqrt(180 * 80 / 3600) = sqrt(4); sqrt(170 * 70 / 3600) = sqrt(3.30556); sqrt(160 * 50 / 3600) = sqrt(2.22222).
  for (const [height, weight, surface] of [[180, 80, 2.0], [170, 70, 1.8181], [160, 50, 1.4907]]) {
    assert.ok(Math.abs(mosteller(height, weight) - surface) < 5e-5);
  }
});

test('the host copies the inputs from their rows', () => {
  const [shown] = call({});
  assert.equal(shown.template, 'surface');
  assert.deepEqual(shown.slots, {
    surface: 2,
    height: 'row-8302-2',
    weight: 'row-29463-7',
    'height-on': 'row-8302-2',
    'weight-on': 'row-29463-7',
  });
});

test('an order that is not dosed by area gets no card', () => {
  for (const unit of ['mg', 'mg/kg', 'mL/min/{1.73_m2}']) assert.deepEqual(call({ draft: [order(unit)] }), []);
  assert.equal(isDosedBySurface({ ...order('mg/m2'), doNotPerform: true }), false);
  assert.equal(isDosedBySurface(order('mg/m2/d')), true);
});

test('what is missing, preliminary, mistaken, stale or in another unit is said', () => {
  const height = (more, value = 180, unit = 'cm') => ({ height: [observation('8302-2', value, unit, more)] });
  assert.equal(why({ height: [] }), 'height-none');
  for (const status of ['preliminary', 'entered-in-error', undefined]) assert.equal(why(height({ status })), 'height-status');
  assert.equal(why(height({ effectiveDateTime: '2020-05-31' })), 'height-old');
  assert.equal(call(height({ effectiveDateTime: '2020-06-01' }))[0].template, 'surface');
  assert.equal(why(height({ effectiveDateTime: '2021' })), 'height-date');
  assert.equal(why(height({ effectiveDateTime: '2021-06-02' })), 'height-status');
  assert.equal(why(height({}, 1800, 'mm')), 'height-unit');
  assert.equal(why(height({ valueQuantity: undefined, valueString: '180 cm' })), 'height-unit');
  assert.equal(why(height({}, 18, 'cm')), 'height-bounds');
  assert.equal(why({ weight: [observation('29463-7', 80, 'kg', { effectiveDateTime: '2021-05-01' })] }), 'weight-old');
});

test('a bound is no value, and null is absent as undefined is', () => {
  const bound = { value: 180, comparator: '>', system: UCUM, code: 'cm' };
  assert.equal(why({ height: [observation('8302-2', 0, 'cm', { valueQuantity: bound })] }), 'height-unit');
  const nulls = { ...bound, comparator: null };
  assert.equal(call({ height: [observation('8302-2', 0, 'cm', { valueQuantity: nulls })] })[0].slots.surface, 2);
});

test('only living adults of known age are computed', () => {
  const patient = (more) => ({ patient: [{ resourceType: 'Patient', ...more }] });
  assert.equal(why({ patient: [] }), 'age');
  assert.equal(why(patient({ birthDate: '1960' })), 'age');
  assert.equal(why(patient({ birthDate: '2003-06-02' })), 'child');
  assert.equal(call(patient({ birthDate: '2003-06-01' }))[0].template, 'surface');
  assert.equal(why(patient({ birthDate: '1960-01-01', deceasedBoolean: true })), 'deceased');
});

test('the newest that stands counts, and is not passed over when it cannot be used', () => {
  const rows = [
    observation('29463-7', 70, 'kg', { id: 'mistaken', status: 'entered-in-error', effectiveDateTime: '2021-05-31' }),
    observation('29463-7', 160, '[lb_av]', { id: 'pounds', effectiveDateTime: '2021-05-30' }),
    observation('29463-7', 90, 'kg', { id: 'older', effectiveDateTime: '2021-05-20' }),
  ];
  const found = newest(rows, WEIGHT, NOW);
  assert.equal(found.row.id, 'pounds');
  assert.ok(Math.abs(found.value - 72.574779) < 1e-6);
  assert.equal(newest(rows.toReversed(), WEIGHT, NOW).row.id, 'pounds');
  assert.deepEqual(newest([{ ...rows[1], valueQuantity: undefined }, rows[2]], WEIGHT, NOW), { why: 'unit' });
  assert.deepEqual(newest(rows, HEIGHT, NOW), { why: 'none' });
});
