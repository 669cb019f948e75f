"""FIB-4 from the newest results that count. Nothing is said when it is low, or without a liver enzyme."""

import index
from cordon import age_on, card, code, row, service


@service
def evaluate(call):
    found = {name: index.newest(call.need(name).rows(), one, call.now) for name, one in index.RESULTS.items()}
    if found["ast"].why == "none" and found["alt"].why == "none":
        return []
    patient = next(iter(call.need("patient").rows()), {})
    age = age_on(patient.get("birthDate"), call.now)
    why = unsuited(patient, age) or index.unusable(found)
    if why:
        return [card("not-computed", why=code(why))]
    fib4 = index.fib4(age, *(found[name].value for name in ("ast", "alt", "platelets")))
    grade = index.grade(fib4, age)
    if grade == "low":
        return []
    if grade == "bounds":
        return [card("not-computed", why=code("bounds"))]
    inputs = {name: row(one.row) for name, one in found.items()}
    return [card(grade, index=fib4, age=age, **inputs, **{f"{name}_on": value for name, value in inputs.items()})]


def unsuited(patient, age):
    """Why nothing is computed for this patient."""
    if age is None:
        return "age"
    if age < index.YOUNGEST:
        return "young"
    # A date of death, past or not, leaves no doubt that the record wants a second look.
    return "deceased" if patient.get("deceasedBoolean") or patient.get("deceasedDateTime") else None
