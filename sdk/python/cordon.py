"""The Cordon SDK for Python: from a function of one call to a plugin of `cordon:clinical@0.3.0`.

    from cordon import card, row, service

    @service
    def evaluate(call):
        newest = next(iter(call.need("potassium").rows()), None)
        high = newest is not None and newest["valueQuantity"]["value"] >= 6
        return [card("high", value=row(newest))] if high else []

Everything read is a plain value and every handle is given back. Builders check what they are given and name the field that is
wrong. Whatever a function raises ends the call as `internal`, without a text: a text would be a way out. Import all that you
use at the top of a module: there are no files to import from while a call runs.
"""

import json
import math
import sys
from dataclasses import dataclass, field
from datetime import date as Day
from typing import Any, Callable, Optional, Union

try:  # in a component; absent in native tests
    from componentize_py_types import Err
    from wit_world.imports import advice, records
except ImportError:
    advice = records = Err = None

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED_CT = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"


class Wrong(TypeError):
    """A wrong argument of one of these functions. Its text names the field; it is for the author's desk only."""


class Failure(Exception):
    """Why a plugin could not answer: `missing-need`, `unreadable-data` or `internal`."""

    def __init__(self, failure: str):
        super().__init__(failure)
        self.failure = failure


def service(evaluate: Callable[["Call"], Any]) -> Callable[["Call"], Any]:
    """Makes a function the plugin: a decorator, used once, in `plugin.py`."""

    class Cds:
        def evaluate(self, handle):
            call = Call(handle)
            try:
                return _exported(answered(evaluate(call)))
            except Failure as failure:
                raise Err(advice.Failure[failure.failure.upper().replace("-", "_")])
            except Exception:
                raise Err(advice.Failure.INTERNAL)
            finally:
                call.close()

    if advice is not None:
        sys.modules[evaluate.__module__].Cds = Cds
    return evaluate


class Call:
    """One CDS Hooks call. Everything beyond hook, service, time and language is a need."""

    def __init__(self, handle):
        self._handle = handle
        self._held = {}
        self.hook: str = handle.hook()
        self.service: str = handle.service()
        self.now: str = handle.now()
        """The time of the call, frozen: an RFC 3339 instant in UTC."""
        self.locale: str = handle.locale()
        """The language for texts, a BCP 47 tag."""

    def need(self, name: str) -> "View":
        """The view of a need without which the plugin cannot work: `missing-need` if the hospital did not grant it."""
        return self.view(name) or _missing()

    def view(self, name: str) -> Optional["View"]:
        """The view of a need, or `None` if the hospital did not grant it."""
        handle = self._open("view", name)
        return None if handle is None else View(handle)

    def cell(self, name: str) -> "Cell":
        """A declared cell; `missing-need` if the hospital did not grant it."""
        return Cell(self._open("cell", name) or _missing())

    def pack(self, name: str) -> "Pack":
        """A declared data pack; `missing-need` if the hospital did not grant it."""
        return Pack(self._open("pack", name) or _missing())

    def note(self, code: int, *numbers: int) -> None:
        """Tells the operators a note of the manifest: its code and its numbers."""
        counts = [_count(f"note {code}: number", number) for number in numbers]
        self._handle.note(_count("note: code", code), counts)

    def close(self) -> None:
        """Gives all handles back. `service` does it."""
        for handle in [*self._held.values(), self._handle]:
            _drop(handle)
        self._held.clear()

    def _open(self, kind: str, name: str):
        key = (kind, _text(f"{kind}: name", name))
        if key not in self._held:
            handle = getattr(self._handle, kind)(name)
            if handle is None:
                return None
            self._held[key] = handle
        return self._held[key]


class View:
    """One declared need, already reduced to what this call may see. Empty means that none was found in the data available."""

    def __init__(self, handle):
        self._handle = handle

    def count(self, **by) -> int:
        """How many rows there are, of those that match."""
        return self._narrowed(by, lambda view: view.len())

    def rows(self, **by) -> list[dict]:
        """The rows that match `codes=[(system, code)]`, `category=`, `since=`, `until=` and `statuses=[…]`, newest first for
        dated resources: FHIR R4 resources with the approved elements."""
        rows = self._narrowed(by, lambda view: view.read(0, view.len()))
        try:
            return [json.loads(row) for row in rows]
        except ValueError:
            raise Failure("unreadable-data") from None

    def table(self, *columns: str) -> list[list]:
        """The rows as columns, far cheaper than rows: `table("number:valueQuantity.value", "code:code")` gives a list for each
        column with a cell for each row. An absent cell is `None`, a code is `(system, code)`."""
        asked = [_text("table: column", column) for column in columns]
        try:
            return [_cells(column.value) for column in self._handle.table(asked)]
        except Exception as error:
            problem = getattr(error, "value", None)
            if not hasattr(problem, "fault"):
                raise
            fault = problem.fault.name.lower().replace("_", "-")
            raise Wrong(f'table: column "{asked[problem.column]}" is {fault}') from None

    def _narrowed(self, by: dict, use):
        if not by:
            return use(self._handle)
        narrowed = self._handle.narrow(_selection(**by))
        try:
            return use(narrowed)
        finally:
            _drop(narrowed)


class Cell:
    """What is kept for this patient, purpose and clearance. A write is kept only if the call answers."""

    def __init__(self, handle):
        self._handle = handle
        self.size: int = handle.size()
        """The most bytes that it holds."""

    def json(self) -> Any:
        """What it holds, as JSON; `None` if nothing, or nothing that can be read."""
        held = self._handle.read()
        try:
            return None if held is None else json.loads(held)
        except ValueError:
            return None

    def save(self, value: Any) -> None:
        """Puts a value in the place of what it holds, as JSON."""
        content = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
        if len(content) > self.size:
            raise Wrong(f"cell: {len(content)} bytes, and it holds {self.size}")
        self._handle.write(content)

    def clear(self) -> None:
        """Empties it."""
        self._handle.clear()


class Pack:
    """JSON of the publisher's, the same for every patient."""

    def __init__(self, handle):
        self._handle = handle
        self.version: str = handle.version()
        """The publisher's name for this state of it."""

    def json(self) -> Any:
        """Its content."""
        piece = 1 << 20  # well under the host's limit for one transfer
        return json.loads(b"".join(self._handle.read(at, piece) for at in range(0, self._handle.len(), piece)))


@dataclass(frozen=True)
class Slot:
    """What is put into a slot: made by `code`, `date` and `row`."""

    kind: str
    value: Any


def code(name: str) -> Slot:
    """For a `code` slot: the name of one of its codes."""
    return Slot("code", name)


def date(when: Union[str, Day]) -> Slot:
    """For a `date` slot: a day, or a FHIR date or instant that names one."""
    return Slot("date", when.isoformat() if isinstance(when, Day) else when)


def row(of: Union[dict, str]) -> Slot:
    """For a `from` slot: a row of its need, or its id. The host copies the element."""
    return Slot("row", of.get("id") if isinstance(of, dict) else of)


@dataclass(frozen=True)
class Filled:
    """A template or a proposal of the manifest with its slots, checked."""

    name: str
    slots: dict[str, Slot]


@dataclass(frozen=True)
class Text:
    """Words of the plugin's own, checked."""

    indicator: str
    summary: str
    detail: Optional[str]


@dataclass(frozen=True)
class Remove:
    """The removal of a draft order."""

    id: str


@dataclass(frozen=True)
class Suggestion:
    """A change that the clinician may accept."""

    actions: list
    label: Optional[str]
    recommended: bool


@dataclass(frozen=True)
class Card:
    """One card: made by `card` and `text_card`."""

    says: Union[Filled, Text]
    suggestions: list[Suggestion]
    override_reasons: list[str]


@dataclass(frozen=True)
class Answer:
    """Cards with what the EHR is told to store unasked: proposals with `system-action = true`, if the hospital granted it."""

    cards: list[Card]
    system_actions: list = field(default_factory=list)


def card(template: str, /, *, suggestions=(), override_reasons=(), **slots) -> Card:
    """A card in words of the manifest: a template's name and its slots, each a number, `code`, `date` or `row`. A slot's name
    is written with `_` for `-`."""
    return _dressed(_filled("card", template, slots), f'card "{template}"', suggestions, override_reasons)


def text_card(indicator: str, summary: str, detail: Optional[str] = None, *, suggestions=(), override_reasons=()) -> Card:
    """A card in words of the plugin's own, for `[cards] mode = "text"`."""
    if indicator not in ("info", "warning", "critical"):
        _wrong("card: indicator", "info, warning or critical", indicator)
    _text("card: summary", summary)
    if not 1 <= len(summary) < 140 or "\n" in summary or "\r" in summary:
        _wrong("card: summary", "one line of 1 to 139 characters", summary)
    if detail is not None and len(_text("card: detail", detail).encode()) > 4096:
        _wrong("card: detail", "at most 4096 bytes", f"{len(detail)} characters")
    return _dressed(Text(indicator, summary, detail), "card", suggestions, override_reasons)


def propose(name: str, /, **slots) -> Filled:
    """Proposes an order: a proposal of the manifest with its slots."""
    return _filled("proposal", name, slots)


def remove(draft: Union[dict, str]) -> Remove:
    """Proposes to remove a draft order: a row of a `context.draftOrders` need, or its id."""
    return Remove(_text("remove: id", draft.get("id") if isinstance(draft, dict) else draft))


def suggest(*actions, label: Optional[str] = None, recommended: bool = False) -> Suggestion:
    """A change that the clinician may accept. A templated card's suggestion has no label."""
    if not actions:
        _wrong("suggestion: actions", "at least one", actions)
    if not isinstance(recommended, bool):
        _wrong("suggestion: recommended", "True or False", recommended)
    _all("suggestion: actions", actions, len(actions), (Filled, Remove), "what `propose` or `remove` makes")
    return Suggestion(list(actions), None if label is None else _text("suggestion: label", label), recommended)


def answered(said: Any) -> Answer:
    """What a function answered, checked."""
    answer = said if isinstance(said, Answer) else Answer(said)
    _all("answer: cards", answer.cards, 10, Card, "what `card` or `text_card` makes")
    _all("answer: system actions", answer.system_actions, 4, (Filled, Remove), "what `propose` makes")
    return answer


def is_final(observation: dict) -> bool:
    """Whether the status says that a result stands (R4 value set observation-status)."""
    return observation.get("status") in ("final", "amended", "corrected")


def has(concept: Optional[dict], system: str, *codes: str) -> bool:
    """Whether a CodeableConcept holds exactly one of these codes of that system. A text or a display is never a match."""
    codings = (concept or {}).get("coding", [])
    return any(coding.get("system") == system and coding.get("code") in codes for coding in codings)


@dataclass(frozen=True)
class Measured:
    """A number in the unit of a measure, or why there is none: `no-value`, `bound`, `no-unit` or `other-unit`."""

    value: Optional[float] = None
    why: Optional[str] = None


def measured(quantity: Optional[dict], unit: str, others: Optional[dict[str, float]] = None) -> Measured:
    """The number of a Quantity in a UCUM unit, also from the units in `others={"m": 100}`. `<5` is a bound and no value, and
    nothing is guessed."""
    value = (quantity or {}).get("value")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return Measured(why="no-value")
    if quantity.get("comparator") is not None:
        return Measured(why="bound")
    if quantity.get("system") != UCUM or quantity.get("code") is None:
        return Measured(why="no-unit")
    factor = 1.0 if quantity["code"] == unit else (others or {}).get(quantity["code"])
    return Measured(why="other-unit") if factor is None else Measured(value * factor)


def day(when: Optional[str]) -> Optional[Day]:
    """The day that a FHIR date or instant names; `None` for a year or a month, and for no date."""
    if not isinstance(when, str) or (len(when) > 10 and when[10] != "T"):
        return None
    try:
        return Day.fromisoformat(when[:10]) if len(when) >= 10 else None
    except ValueError:
        return None


def days_between(start: Optional[str], end: Optional[str]) -> Optional[int]:
    """Whole days from one date to another; `None` if one of them names no day."""
    first, last = day(start), day(end)
    return None if first is None or last is None else (last - first).days


def age_on(birth_date: Optional[str], when: Optional[str]) -> Optional[int]:
    """Completed years at a date; `None` if one of the two names no day. A 29 February becomes a year older on 1 March."""
    born, then = day(birth_date), day(when)
    if born is None or then is None:
        return None
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


# --------------------------------------------------------------------------------------------------------------------------


def _dressed(says, where, suggestions, override_reasons) -> Card:
    _all(f"{where}: suggestions", suggestions, 4, Suggestion, "what `suggest` makes")
    reasons = _all(f"{where}: override_reasons", override_reasons, 100, str, "a name")
    return Card(says, list(suggestions), list(reasons))


def _filled(kind: str, name: str, slots: dict) -> Filled:
    where = f'{kind} "{_text(f"{kind}: name", name)}"'
    named = {slot.replace("_", "-"): value for slot, value in slots.items()}
    return Filled(name, {slot: _slot(f'{where}: slot "{slot}"', value) for slot, value in named.items()})


def _slot(where: str, value: Any) -> Slot:
    if isinstance(value, Slot) and value.kind == "date":
        found = day(value.value)
        return Slot("date", found.isoformat()) if found else _wrong(where, "a day, YYYY-MM-DD,", value.value)
    if isinstance(value, Slot):
        return Slot(value.kind, _text(where, value.value))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        _wrong(where, "a finite number, `code`, `date` or `row`", value)
    return Slot("number", float(value))


def _selection(codes=(), category=None, since=None, until=None, statuses=()):
    if records is None:
        return {"codes": codes, "category": category, "since": since, "until": until, "statuses": statuses}
    optional = {"category": category, "since": since, "until": until}
    for name, value in optional.items():
        if value is not None:
            _text(f"selection: {name}", value)
    pairs = [(_text("selection: codes: system", system), _text("selection: codes: code", one)) for system, one in codes]
    texts = [_text("selection: statuses", status) for status in statuses]
    return records.Selection([records.Coding(system, one) for system, one in pairs], category, since, until, texts)


def _exported(answer: Answer):
    return advice.Response([_card(one) for one in answer.cards], [_action(one) for one in answer.system_actions])


def _card(one: Card):
    if isinstance(one.says, Filled):
        says = advice.CardText_Template(_wit(one.says))
    else:
        indicator = advice.Indicator[one.says.indicator.upper()]
        says = advice.CardText_Free(advice.FreeText(one.says.summary, one.says.detail, indicator))
    suggestions = [
        advice.Suggestion(each.label, each.recommended, [_action(action) for action in each.actions])
        for each in one.suggestions
    ]
    return advice.Card(says, suggestions, one.override_reasons)


def _action(one):
    return advice.Action_Create(_wit(one)) if isinstance(one, Filled) else advice.Action_Delete(one.id)


def _wit(filled: Filled):
    kinds = {"number": "SlotValue_Number", "code": "SlotValue_Code", "date": "SlotValue_Date", "row": "SlotValue_Row"}
    slots = [advice.Slot(name, getattr(advice, kinds[slot.kind])(slot.value)) for name, slot in filled.slots.items()]
    return advice.Filled(filled.name, slots)


def _wrong(where: str, needed: str, given: Any):
    raise Wrong(f"{where}: {needed} is needed, not {given!r}")


def _text(where: str, value: Any) -> str:
    # A lone surrogate is no character, and cannot cross the boundary.
    if not isinstance(value, str) or any("\ud800" <= char <= "\udfff" for char in value):
        _wrong(where, "a text", value)
    return value


def _count(where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0xFFFF_FFFF:
        _wrong(where, "an integer from 0 to 4294967295", value)
    return value


def _all(where: str, values: Any, most: int, kind, needed: str):
    if not isinstance(values, (list, tuple)) or len(values) > most:
        _wrong(where, f"a list of at most {most}", values)
    for at, value in enumerate(values, 1):
        if not isinstance(value, kind):
            _wrong(f"{where}: {at}", needed, value)
    return values


def _cells(column) -> list:
    if isinstance(column, list):
        return column
    codes = [(coding.system, coding.code) for coding in column.dictionary]
    return [None if place is None else codes[place] for place in column.cells]


def _missing():
    raise Failure("missing-need")


def _drop(handle) -> None:
    if hasattr(handle, "__exit__"):
        handle.__exit__(None, None, None)
