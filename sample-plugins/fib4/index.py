"""The rules: which result counts, what the index is, and how it is graded."""

import math
from dataclasses import dataclass
from typing import Optional

from cordon import LOINC, day, days_between, has, is_final, measured

# Under 35 years the index tells little: McPherson, Am J Gastroenterol 2017;112:740.
YOUNGEST = 35

# Policy: no guideline names a span. The index is meant for results of one occasion, of a stable patient.
OLDEST_DAYS = 180
APART_DAYS = 30


@dataclass(frozen=True)
class Result:
    """A laboratory test: its LOINC codes, its UCUM unit and the others that mean the same or are converted."""

    codes: tuple[str, ...]
    unit: str
    others: dict[str, float]


# An enzyme unit is written U or, as an international unit, [iU]. 10*9/L and 10*3/uL are the same number.
RESULTS = {
    "ast": Result(("1920-8",), "U/L", {"[iU]/L": 1.0, "[IU]/L": 1.0}),
    "alt": Result(("1742-6",), "U/L", {"[iU]/L": 1.0, "[IU]/L": 1.0}),
    "platelets": Result(("777-3", "26515-7"), "10*9/L", {"10*3/uL": 1.0, "10*3/mm3": 1.0, "/uL": 0.001}),
}


@dataclass(frozen=True)
class Found:
    """The newest result that stands, or why it may not be used."""

    value: Optional[float] = None
    row: Optional[dict] = None
    why: Optional[str] = None


def newest(rows: list[dict], result: Result, now: str) -> Found:
    """The newest result that stands. If it cannot be used, an older one does not take its place."""
    right = [one for one in rows if has(one.get("code"), LOINC, *result.codes)]
    standing = [one for one in right if is_final(one) and not _later(one.get("effectiveDateTime"), now)]
    if not standing:
        return Found(why="status" if right else "none")
    # The view is newest first; of two on one day the first counts.
    row = standing[0]
    for one in standing[1:]:
        row = one if _later(one.get("effectiveDateTime"), row.get("effectiveDateTime")) else row
    value = measured(row.get("valueQuantity"), result.unit, result.others).value
    age = days_between(row.get("effectiveDateTime"), now)
    if value is None:
        return Found(why="unit")
    if age is None:
        return Found(why="date")
    if age > OLDEST_DAYS:
        return Found(why="old")
    return Found(value, row) if value > 0 else Found(why="bounds")


def unusable(found: dict[str, Found]) -> Optional[str]:
    """Why the results together give no index."""
    for one in found.values():
        if one.why:
            return one.why
    days = [day(one.row["effectiveDateTime"]) for one in found.values()]
    return "apart" if (max(days) - min(days)).days > APART_DAYS else None


def fib4(age: int, ast: float, alt: float, platelets: float) -> float:
    """Age in years, AST and ALT in U/L, platelets in 10*9/L: age x AST / (platelets x square root of ALT), to two places, as it is
    printed and graded. Sterling, Hepatology 2006;43:1317."""
    return math.floor(age * ast / (platelets * math.sqrt(alt)) * 100 + 0.5) / 100


def grade(index: float, age: int) -> str:
    """Low below 1.30 and high above 2.67 (EASL, J Hepatol 2021;75:659); from 65 years low below 2.00 (McPherson 2017)."""
    if index < (2.00 if age >= 65 else 1.30):
        return "low"
    if index > 999:
        return "bounds"
    return "high" if index > 2.67 else "indeterminate"


def _later(when: Optional[str], than: Optional[str]) -> bool:
    return (days_between(than, when) or 0) > 0
