// The rules: which measurement counts, and what the surface is.

import { LOINC, UCUM, daysBetween, has, isFinal, measured } from './vendor/cordon-sdk/cordon.js';

/** In square metres, from cm and kg. Mosteller, N Engl J Med 1987;317:1098. */
export const mosteller = (height, weight) => Math.sqrt((height * weight) / 3600);

/** Whether an order has a dose per square metre: a UCUM unit that ends in `/m2`. */
export const isDosedBySurface = (order) =>
  order.status !== 'entered-in-error' &&
  order.doNotPerform !== true &&
  (order.dosageInstruction ?? [])
    .flatMap((dosage) => dosage.doseAndRate ?? [])
    .some(({ doseQuantity }) => doseQuantity?.system === UCUM && /\/m2(\/|$)/.test(doseQuantity.code ?? ''));

/**
 * The newest measurement that stands, as `{ value, row }`; or `{ why }` there is none that may be used: `none`, `status`, `unit`,
 * `date`, `old` or `bounds`. A newer one that stands and cannot be used is not passed over for an older one.
 */
export const newest = (rows, { codes, measure, least, most, days }, now) => {
  const right = rows.filter((row) => has(row.code, LOINC, ...codes));
  const standing = right.filter((row) => isFinal(row) && !isLater(row.effectiveDateTime, now));
  const row = standing.reduce((held, found) => (isLater(found.effectiveDateTime, held?.effectiveDateTime) ? found : held), standing[0]);
  if (row == null) return { why: right.length > 0 ? 'status' : 'none' };
  const { value } = measured(row.valueQuantity, measure);
  if (value == null) return { why: 'unit' };
  const age = daysBetween(row.effectiveDateTime, now);
  if (age == null) return { why: 'date' };
  if (age > days) return { why: 'old' };
  return value >= least && value <= most ? { value, row } : { why: 'bounds' };
};

/** By the day; of two on one day the view's own order, newest first, decides. */
const isLater = (when, than) => (daysBetween(than, when) ?? 0) > 0;
