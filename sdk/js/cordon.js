// The Cordon SDK for JavaScript: from a function of one call to a plugin of `cordon:clinical@0.3.0`.
//
//     import { card, row, service } from './vendor/cordon-sdk/cordon.js';
//     export const cds = service((call) => {
//       const [newest] = call.need('potassium').rows();
//       return newest?.valueQuantity?.value >= 6 ? [card('high', { value: row(newest) })] : [];
//     });
//
// Everything read is a plain value and every handle is given back, so nothing is left to dispose of. What an element lacks is
// `undefined` or `null`: compare with `== null`, never with `=== undefined`. Builders check what they are given and name the
// field that is wrong. Whatever a function throws ends the call as `internal`, without a text: a text would be a way out.

/** LOINC. */
export const LOINC = 'http://loinc.org';
/** RxNorm. */
export const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
/** SNOMED CT. */
export const SNOMED_CT = 'http://snomed.info/sct';
/** The Unified Code for Units of Measure. */
export const UCUM = 'http://unitsofmeasure.org';

/** A wrong argument of one of these functions. Its text names the field; it is for the author's desk only. */
export class Wrong extends TypeError {}

/** Why a plugin could not answer: `missing-need`, `unreadable-data` or `internal`. */
export class Failure extends Error {
  constructor(failure) {
    super(failure);
    this.failure = failure;
  }
}

/** The export of a plugin, from its function: `export const cds = service(evaluate)`. */
export const service = (evaluate) => ({
  evaluate(handle) {
    const call = new Call(handle);
    try {
      return answered(evaluate(call));
    } catch (error) {
      throw error instanceof Failure ? error.failure : 'internal';
    } finally {
      call.close();
    }
  },
});

/** One CDS Hooks call. Everything beyond hook, service, time and language is a need. */
export class Call {
  #handle;
  #held = new Map();

  constructor(handle) {
    this.#handle = handle;
    /** The hook's name, for example `order-select`. */
    this.hook = handle.hook();
    /** The service's id in the manifest. */
    this.service = handle.service();
    /** The time of the call, frozen: an RFC 3339 instant in UTC. */
    this.now = handle.now();
    /** The language for texts, a BCP 47 tag. */
    this.locale = handle.locale();
  }

  /** The view of a need without which the plugin cannot work: `missing-need` if the hospital did not grant it. */
  need(name) {
    return this.view(name) ?? missing();
  }

  /** The view of a need, or `null` if the hospital did not grant it. */
  view(name) {
    const handle = this.#open('view', name);
    return handle == null ? null : new View(handle);
  }

  /** A declared cell; `missing-need` if the hospital did not grant it. */
  cell(name) {
    return new Cell(this.#open('cell', name) ?? missing());
  }

  /** A declared data pack; `missing-need` if the hospital did not grant it. */
  pack(name) {
    return new Pack(this.#open('pack', name) ?? missing());
  }

  /** Tells the operators a note of the manifest: its code and its numbers. */
  note(code, ...numbers) {
    this.#handle.note(count('note: code', code), numbers.map((number) => count(`note ${code}: number`, number)));
  }

  /** Gives all handles back. `service` does it. */
  close() {
    for (const handle of this.#held.values()) dispose(handle);
    this.#held.clear();
    dispose(this.#handle);
  }

  // One handle for each name, so that a loop holds no more than one.
  #open(kind, name) {
    const key = `${kind} ${text(`${kind}: name`, name)}`;
    if (!this.#held.has(key)) {
      const handle = this.#handle[kind](name);
      if (handle == null) return null;
      this.#held.set(key, handle);
    }
    return this.#held.get(key);
  }
}

/** One declared need, already reduced to what this call may see. Empty means that none was found in the data available. */
class View {
  #handle;

  constructor(handle) {
    this.#handle = handle;
  }

  /** How many rows there are, of those that match. */
  count(by) {
    return this.#narrowed(by, (view) => view.len());
  }

  /** The rows that match, newest first for dated resources: FHIR R4 resources with the approved elements. */
  rows(by) {
    const rows = this.#narrowed(by, (view) => view.read(0, view.len()));
    try {
      return rows.map((row) => JSON.parse(row));
    } catch {
      throw new Failure('unreadable-data');
    }
  }

  /**
   * The rows as columns, far cheaper than rows: `table('number:valueQuantity.value', 'code:code')` gives a list for each column
   * with a cell for each row. An absent cell is `null`, a code is `{ system, code }`.
   */
  table(...columns) {
    columns.forEach((column) => text('table: column', column));
    try {
      return this.#handle.table(columns).map(cells);
    } catch (error) {
      if (error?.payload?.fault == null) throw error;
      throw new Wrong(`table: column "${columns[error.payload.column]}" is ${error.payload.fault}`);
    }
  }

  #narrowed(by, use) {
    if (by == null) return use(this.#handle);
    const narrowed = this.#handle.narrow(selection(by));
    try {
      return use(narrowed);
    } finally {
      dispose(narrowed);
    }
  }
}

/** What is kept for this patient, purpose and clearance. A write is kept only if the call answers. */
class Cell {
  #handle;

  constructor(handle) {
    this.#handle = handle;
    /** The most bytes that it holds. */
    this.size = handle.size();
  }

  /** What it holds, as JSON; `null` if nothing, or nothing that can be read. */
  json() {
    const bytes = this.#handle.read();
    try {
      return bytes == null ? null : JSON.parse(decoded(bytes));
    } catch {
      return null;
    }
  }

  /** Puts a value in the place of what it holds, as JSON. */
  save(value) {
    const bytes = encoded(JSON.stringify(value));
    if (bytes.length > this.size) throw new Wrong(`cell: ${bytes.length} bytes, and it holds ${this.size}`);
    this.#handle.write(bytes);
  }

  /** Empties it. */
  clear() {
    this.#handle.clear();
  }
}

/** JSON of the publisher's, the same for every patient. */
class Pack {
  #handle;

  constructor(handle) {
    this.#handle = handle;
    /** The publisher's name for this state of it. */
    this.version = handle.version();
  }

  /** Its content. */
  json() {
    const piece = 1 << 20; // well under the host's limit for one transfer
    let whole = '';
    for (let at = 0; at < this.#handle.len(); at += piece) whole += binary(this.#handle.read(at, piece));
    return JSON.parse(decodeURIComponent(escape(whole)));
  }
}

/** A card in words of the manifest: a template's name and its slots, each a number, `code`, `date` or `row`. */
export const card = (template, slots = {}, more = {}) =>
  dressed({ tag: 'template', val: filled('card', template, slots) }, `card "${template}"`, more);

/** A card in words of the plugin's own, for `[cards] mode = "text"`. */
export const textCard = (indicator, summary, detail, more = {}) => {
  const known = ['info', 'warning', 'critical'];
  if (!known.includes(indicator)) wrong('card: indicator', `one of ${known.join(', ')}`, indicator);
  const line = text('card: summary', summary);
  if (line.length === 0 || [...line].length >= 140 || /[\r\n]/.test(line)) {
    wrong('card: summary', 'one line of 1 to 139 characters', summary);
  }
  const long = detail == null ? null : text('card: detail', detail);
  if (long != null && encoded(long).length > 4096) wrong('card: detail', 'at most 4096 bytes', `${long.length} characters`);
  return dressed({ tag: 'free', val: { summary: line, detail: long, indicator } }, 'card', more);
};

/** For a `code` slot: the name of one of its codes. */
export const code = (name) => new Slot('code', name);
/** For a `date` slot: a day, `YYYY-MM-DD`, or what begins with one. */
export const date = (day) => new Slot('date', day);
/** For a `from` slot: a row of its need, or its id. The host copies the element. */
export const row = (of) => new Slot('row', of?.id ?? of);

/** Proposes an order: a proposal of the manifest with its slots. */
export const propose = (name, slots = {}) => ({ tag: 'create', val: filled('proposal', name, slots) });
/** Proposes to remove a draft order: a row of a `context.draftOrders` need, or its id. */
export const remove = (draft) => ({ tag: 'delete', val: text('remove: id', draft?.id ?? draft) });
/** A change that the clinician may accept: one action or several. A templated card's suggestion has no label. */
export const suggest = (actions, { label = null, recommended = false } = {}) => {
  const list = [actions].flat();
  if (list.length === 0) wrong('suggestion: actions', 'at least one', actions);
  list.forEach(action);
  if (typeof recommended !== 'boolean') wrong('suggestion: recommended', 'true or false', recommended);
  return { label: label == null ? null : text('suggestion: label', label), recommended, actions: list };
};

/** Cards with what the EHR is told to store unasked: proposals with `system-action = true`, if the hospital granted it. */
export const answer = (cards, systemActions) => new Answer(cards, systemActions);

/** Whether the status says that a result stands (R4 value set observation-status). */
export const isFinal = (observation) => ['final', 'amended', 'corrected'].includes(observation?.status);

/** Whether a CodeableConcept holds exactly that code of that system. A text or a display is never a match. */
export const has = (concept, system, ...codes) =>
  (concept?.coding ?? []).some((coding) => coding?.system === system && codes.includes(coding.code));

/**
 * The number of a Quantity in the unit of a measure, `{ unit: 'cm', others: { m: 100 } }`: `{ value }`, or `{ why }` there is
 * none: `no-value`, `bound` (`<5` is no value), `no-unit` or `other-unit`. Nothing is guessed.
 */
export const measured = (quantity, { unit, others = {} }) => {
  if (!Number.isFinite(quantity?.value)) return { why: 'no-value' };
  if (quantity.comparator != null) return { why: 'bound' };
  if (quantity.system !== UCUM || quantity.code == null) return { why: 'no-unit' };
  if (quantity.code === unit) return { value: quantity.value };
  return Object.hasOwn(others, quantity.code)
    ? { value: quantity.value * others[quantity.code] }
    : { why: 'other-unit' };
};

/** The day that a FHIR date or instant names, `YYYY-MM-DD`; `null` for a year or a month, and for no date. */
export const day = (when) => (typeof when === 'string' && dayNumber(when) != null ? when.slice(0, 10) : null);

/** Whole days from one date to another; `null` if one of them names no day. */
export const daysBetween = (from, to) => {
  const [first, last] = [dayNumber(from), dayNumber(to)];
  return first == null || last == null ? null : last - first;
};

/** Completed years at a date; `null` if one of the two names no day. A 29 February becomes a year older on 1 March. */
export const ageOn = (birthDate, when) => {
  if (day(birthDate) == null || day(when) == null) return null;
  const years = Number(when.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return when.slice(5, 10) < birthDate.slice(5, 10) ? years - 1 : years;
};

// ---------------------------------------------------------------------------------------------------------------------------

class Slot {
  constructor(kind, value) {
    this.kind = kind;
    this.value = value;
  }
}

class Answer {
  constructor(cards, systemActions) {
    this.cards = cards;
    this.systemActions = systemActions;
  }
}

/** What a function answered, checked. */
export const answered = (said) => {
  const { cards, systemActions } = said instanceof Answer ? said : new Answer(said, []);
  list('answer: cards', cards, 10).forEach((one, at) => {
    if (one?.text == null) wrong(`answer: card ${at + 1}`, 'what `card` or `textCard` makes', one);
  });
  list('answer: system actions', systemActions, 4).forEach(action);
  return { cards, systemActions };
};

const dressed = (said, where, { suggestions = [], overrideReasons = [], ...rest }) => {
  for (const other of Object.keys(rest)) wrong(where, 'suggestions, overrideReasons', other);
  list(`${where}: suggestions`, suggestions, 4).forEach((one) => {
    if (one?.actions == null) wrong(`${where}: suggestions`, 'what `suggest` makes', one);
  });
  list(`${where}: overrideReasons`, overrideReasons, 100).forEach((name) => text(`${where}: override reason`, name));
  return { text: said, suggestions, overrideReasons };
};

const action = (one) => {
  if (one?.tag !== 'create' && one?.tag !== 'delete') wrong('action', 'what `propose` or `remove` makes', one);
};

const filled = (kind, name, slots) => {
  const where = `${kind} "${text(`${kind}: name`, name)}"`;
  if (slots == null || typeof slots !== 'object') wrong(`${where}: slots`, 'an object', slots);
  return { name, slots: Object.entries(slots).map(([slot, value]) => ({ name: slot, value: valued(`${where}: slot "${slot}"`, value) })) };
};

const valued = (where, value) => {
  if (value instanceof Slot && value.kind === 'date') {
    return { tag: 'date', val: day(value.value) ?? wrong(where, 'a day, YYYY-MM-DD', value.value) };
  }
  if (value instanceof Slot) return { tag: value.kind, val: text(where, value.value) };
  return Number.isFinite(value) ? { tag: 'number', val: value } : wrong(where, 'a finite number, `code`, `date` or `row`', value);
};

const selection = ({ codes = [], category = null, since = null, until = null, statuses = [], ...rest }) => {
  for (const other of Object.keys(rest)) wrong('selection', 'codes, category, since, until, statuses', other);
  const optional = (field, value) => (value == null ? null : text(`selection: ${field}`, value));
  return {
    codes: list('selection: codes', codes, 10000).map((coding) => ({
      system: text('selection: codes: system', coding?.system ?? ''),
      code: text('selection: codes: code', coding?.code),
    })),
    category: optional('category', category),
    since: optional('since', since),
    until: optional('until', until),
    statuses: list('selection: statuses', statuses, 10000).map((status) => text('selection: statuses', status)),
  };
};

const wrong = (where, needed, given) => {
  const shown = typeof given === 'string' ? JSON.stringify(given) : String(given);
  throw new Wrong(`${where}: ${needed} is needed, not ${shown}`);
};

// A lone surrogate is no character, and cannot cross the boundary.
const text = (where, value) =>
  typeof value === 'string' && !/[\uD800-\uDFFF]/u.test(value) ? value : wrong(where, 'a text', value);

// An integer that does not fit would be changed silently on its way out.
const count = (where, value) =>
  Number.isInteger(value) && value >= 0 && value <= 4294967295 ? value : wrong(where, 'an integer from 0 to 4294967295', value);

const list = (where, value, most) =>
  Array.isArray(value) && value.length <= most ? value : wrong(where, `a list of at most ${most}`, Array.isArray(value) ? `${value.length}` : value);

const missing = () => {
  throw new Failure('missing-need');
};

const cells = ({ tag, val }) =>
  tag === 'codes' ? val.cells.map((place) => (place == null ? null : val.dictionary[place])) : [...val];

const dispose = (handle) => handle[Symbol.dispose]?.();

// There is no TextEncoder here.
const encoded = (words) => Uint8Array.from(unescape(encodeURIComponent(words)), (char) => char.charCodeAt(0));
const binary = (bytes) => {
  let chars = '';
  for (const byte of bytes) chars += String.fromCharCode(byte);
  return chars;
};
const decoded = (bytes) => decodeURIComponent(escape(binary(bytes)));

// Days since 1970-01-01 in the proleptic Gregorian calendar (R4 dateTime); `null` for what names no day.
const dayNumber = (when) => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:T.*)?$/.exec(when ?? '');
  if (parts == null) return null;
  const [year, month, of] = parts.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (month < 1 || month > 12 || of < 1 || of > lengths[month - 1]) return null;
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const inYear = lengths.slice(0, month - 1).reduce((sum, days) => sum + days, 0);
  return before * 365 + leaps + inYear + of - 719163;
};
