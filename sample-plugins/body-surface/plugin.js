// Body surface area for orders that are dosed by it, from the newest height and weight that count.

import { ageOn, card, code, row, service } from './vendor/cordon-sdk/cordon.js';
import { isDosedBySurface, mosteller, newest } from './surface.js';

/** In centimetres. One inch is 2.54 cm (UCUM). Bounds: policy; a figure beyond them is a slip of the pen in an adult. */
export const HEIGHT = {
  codes: ['8302-2', '3137-7'],
  measure: { unit: 'cm', others: { m: 100, '[in_i]': 2.54 } },
  least: 100,
  most: 250,
  // Policy: an adult's height changes little within a year.
  days: 365,
};

/** In kilograms. One avoirdupois pound is 0.45359237 kg (UCUM). */
export const WEIGHT = {
  codes: ['29463-7', '3141-9'],
  measure: { unit: 'kg', others: { g: 0.001, '[lb_av]': 0.45359237 } },
  least: 25,
  most: 350,
  // Policy: weight is taken again in each cycle of a therapy.
  days: 30,
};

/** Answers one call. */
export const evaluate = (call) => {
  if (!call.need('draft').rows().some(isDosedBySurface)) return [];
  const [patient] = call.need('patient').rows();
  const height = newest(call.need('height').rows(), HEIGHT, call.now);
  const weight = newest(call.need('weight').rows(), WEIGHT, call.now);
  const why = unsuited(patient, call.now) ?? (height.why && `height-${height.why}`) ?? (weight.why && `weight-${weight.why}`);
  if (why != null) return [card('not-computed', { why: code(why) })];
  const inputs = { height: row(height.row), weight: row(weight.row), 'height-on': row(height.row), 'weight-on': row(weight.row) };
  return [card('surface', { surface: mosteller(height.value, weight.value), ...inputs })];
};

/** Why nothing is computed for this patient. */
const unsuited = (patient, now) => {
  const age = ageOn(patient?.birthDate, now);
  if (age == null) return 'age';
  if (age < 18) return 'child';
  // A date of death, past or not, leaves no doubt that the order wants a second look.
  return patient.deceasedBoolean === true || patient.deceasedDateTime != null ? 'deceased' : null;
};

export const cds = service(evaluate);
