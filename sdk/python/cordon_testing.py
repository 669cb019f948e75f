"""Tests of a plugin without a host: the same function, on rows held in memory. Not in the component."""

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Callable, Optional

from cordon import Call, Filled, Remove, Text, Wrong, answered


@dataclass(frozen=True)
class Run:
    """What a function did: its cards as `{"template", "slots"}` or `{"indicator", "summary", "detail"}` with what else they
    have, what the EHR is told to store, what the cells hold now, and what was noted."""

    cards: list[dict]
    system_actions: list[dict]
    cells: dict[str, Any]
    notes: list[tuple]


def run(
    evaluate: Callable,
    needs: Optional[dict[str, list]] = None,
    *,
    hook: str = "patient-view",
    service: str = "test",
    now: str = "2021-06-01T00:00:00Z",
    locale: str = "en",
    cells: Optional[dict[str, Any]] = None,
    packs: Optional[dict[str, Any]] = None,
) -> Run:
    """Runs a function on rows by need: what a host would hand over, already reduced to the approved elements. Raises what
    the function raises."""
    handle = _Call(hook, service, now, locale, needs or {}, dict(cells or {}), packs or {}, [])
    said = answered(evaluate(Call(handle)))
    return Run([_shown(one) for one in said.cards], [_action(one) for one in said.system_actions], handle.cells, handle.notes)


class _Call:
    def __init__(self, hook, service, now, locale, needs, cells, packs, notes):
        self.hook, self.service, self.now, self.locale = (lambda: hook), (lambda: service), (lambda: now), (lambda: locale)
        self.needs, self.cells, self.packs, self.notes = needs, cells, packs, notes

    def view(self, need):
        return _View(self.needs[need]) if need in self.needs else None

    def cell(self, name):
        return _Cell(self.cells, name) if name in self.cells else None

    def pack(self, name):
        return _Pack(json.dumps(self.packs[name]).encode()) if name in self.packs else None

    def note(self, code, numbers):
        self.notes.append((code, *numbers))


class _View:
    def __init__(self, rows):
        self._rows = rows

    def len(self):
        return len(self._rows)

    def read(self, offset, limit):
        return [json.dumps(row) for row in self._rows[offset : offset + limit]]

    def narrow(self, by):
        return _View([row for row in self._rows if _matches(row, **by)])

    def table(self, columns):
        return [_column(self._rows, asked, at, asked in columns[:at]) for at, asked in enumerate(columns)]


class _Problem(Exception):
    def __init__(self, column, fault):
        self.value = SimpleNamespace(column=column, fault=SimpleNamespace(name=fault))


def _column(rows, asked, at, before):
    # Which elements a need lists is the manifest's business: a case of `cordon test` holds a table against it.
    parts = re.fullmatch(r"(number|instant|code|text):([a-z][a-zA-Z0-9]*(?:\.[a-z][a-zA-Z0-9]*){0,5})", asked)
    if at >= 64 or parts is None or before:
        raise _Problem(at, "TOO_MANY" if at >= 64 else "MALFORMED" if parts is None else "REPEATED")
    found = [_only(row, parts[2].split(".")) for row in rows]
    cells = [None if value is None else _KINDS[parts[1]](value) for value in found]
    if parts[1] != "code":
        return SimpleNamespace(value=cells)
    dictionary = [cell for cell in cells if cell is not None]
    places = [None if cell is None else dictionary.index(cell) for cell in cells]
    return SimpleNamespace(value=SimpleNamespace(dictionary=dictionary, cells=places))


def _only(row, path):
    """What a path leads to, if it is one value."""
    values = [row]
    for name in path:
        found = [value.get(name) for value in values if isinstance(value, dict)]
        values = [one for value in found for one in (value if isinstance(value, list) else [value]) if one is not None]
    return values[0] if len(values) == 1 else None


def _number(value):
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) else None


def _instant(value):
    zoned = isinstance(value, str) and re.search(r"T.*(Z|[+-]\d\d:\d\d)$", value)
    return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() if zoned else None


def _code(value):
    if isinstance(value, str):
        return SimpleNamespace(system="", code=value)
    codings = [value, *value.get("coding", [])] if isinstance(value, dict) else []
    coding = next((one for one in codings if one.get("code") is not None), None)
    return None if coding is None else SimpleNamespace(system=coding.get("system", ""), code=coding["code"])


def _words(value):
    return None if isinstance(value, (dict, list)) else value if isinstance(value, str) else json.dumps(value)


_KINDS = {"number": _number, "instant": _instant, "code": _code, "text": _words}


def _matches(row, codes, category, since, until, statuses):
    # What a host matches by more than a glance is for a case of `cordon test`, which runs the host's own rules.
    if category is not None or since is not None or until is not None:
        raise Wrong("natively, rows are selected by codes and statuses only: test the rest with a case")
    concept = row.get("code") or row.get("medicationCodeableConcept") or row.get("vaccineCode") or {}
    codings = concept.get("coding", [])
    same = any(
        held.get("code") == code and system in ("", held.get("system")) for held in codings for system, code in codes
    )
    return (not codes or same) and (not statuses or row.get("status") in statuses)


class _Cell:
    def __init__(self, cells, name):
        self._cells, self._name = cells, name

    def size(self):
        return 4096

    def read(self):
        held = self._cells[self._name]
        return None if held is None else json.dumps(held).encode()

    def write(self, content):
        self._cells[self._name] = json.loads(content)

    def clear(self):
        self._cells[self._name] = None


class _Pack:
    def __init__(self, content):
        self._content = content

    def version(self):
        return "test"

    def len(self):
        return len(self._content)

    def read(self, offset, limit):
        return self._content[offset : offset + limit]


def _shown(card):
    says = card.says
    if isinstance(says, Text):
        shown = {"indicator": says.indicator, "summary": says.summary, "detail": says.detail}
    else:
        shown = {"template": says.name, "slots": _slots(says)}
    if card.suggestions:
        shown["suggestions"] = [
            {"label": one.label, "recommended": one.recommended, "actions": [_action(action) for action in one.actions]}
            for one in card.suggestions
        ]
    if card.override_reasons:
        shown["override_reasons"] = card.override_reasons
    return shown


def _action(action):
    if isinstance(action, Remove):
        return {"remove": action.id}
    return {"propose": action.name, "slots": _slots(action)}


def _slots(filled: Filled):
    return {name: slot.value for name, slot in filled.slots.items()}
