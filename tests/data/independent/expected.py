#!/usr/bin/env python3
"""What the sample tools should say, computed apart from them (Python 3, standard library only).

    expected.py --as-of 2026-06-01T08:00:00Z WARD.ndjson [BUNDLE.json ...]

Reads NDJSON of FHIR R4 resources, or Bundles, and prints one JSON object per patient. Sources:
  eGFR   CKD-EPI 2021 creatinine: Inker et al., N Engl J Med 2021;385:1737.
  T1     metformin label: contraindicated below 30, not started from 30 to 45; a creatinine older than 90 days is stale.
  NEWS2  Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017.
"""

import argparse
import json
import sys
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
COUNTS = {"final", "amended", "corrected"}
STALE = timedelta(days=90)
PREGNANT = "77386006"


def instant(text):
    """A FHIR dateTime with at least a day, as an aware instant."""
    if len(text) == 10:
        text += "T00:00:00+00:00"
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def years_between(birth_date, day):
    born = [int(part) for part in birth_date.split("-")]
    years = day.year - born[0]
    return years if (day.month, day.day) >= (born[1], born[2]) else years - 1


def codes(concept, system):
    return {c.get("code") for c in (concept or {}).get("coding", []) if c.get("system") == system}


def last_part(reference):
    return reference.replace(":", "/").split("/")[-1]


def rounded(value, digits):
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


# --- reading -----------------------------------------------------------------------------------------------------------


def resources(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        whole = json.loads(text)
        rows = [whole]
    except json.JSONDecodeError:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    for row in rows:
        if row.get("resourceType") == "Bundle":
            yield from (entry["resource"] for entry in row.get("entry", []) if "resource" in entry)
        else:
            yield row


def by_patient(paths):
    patients, charts = {}, {}
    for path in paths:
        for row in resources(path):
            if row["resourceType"] == "Patient":
                patients[row["id"]] = row
            owner = row.get("subject") or row.get("patient") or {}
            if isinstance(owner, dict) and owner.get("reference"):
                charts.setdefault(last_part(owner["reference"]), []).append(row)
    return [(patient, charts.get(name, [])) for name, patient in patients.items()]


def measured(rows, loincs, as_of):
    """Observations that count, of these codes, not after the instant; newest last."""
    found = []
    for row in rows:
        if row["resourceType"] != "Observation" or row.get("status") not in COUNTS:
            continue
        if not codes(row.get("code"), LOINC) & loincs or "effectiveDateTime" not in row:
            continue
        at = instant(row["effectiveDateTime"])
        if at <= as_of:
            found.append((at, row["id"], row))
    return [row for _, _, row in sorted(found, key=lambda item: item[:2])]


def number(holder):
    """Value and UCUM code of a quantity without comparator, or None."""
    quantity = (holder or {}).get("valueQuantity")
    if not quantity or "value" not in quantity or quantity.get("comparator"):
        return None
    return float(quantity["value"]), quantity.get("code") or quantity.get("unit") or ""


# --- eGFR and T1 -------------------------------------------------------------------------------------------------------


def ckd_epi_2021(mg_dl, age, sex):
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = mg_dl / kappa
    return 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.200 * 0.9938**age * factor


def mg_per_dl(holder):
    value = number(holder)
    if value is None or value[0] <= 0:
        return None
    if value[1] == "mg/dL":
        return value[0]
    if value[1] in ("umol/L", "µmol/L", "μmol/L"):
        return value[0] / 88.4
    return None


def egfr(patient, rows, as_of):
    if "deceasedDateTime" in patient or patient.get("deceasedBoolean"):
        return {"notComputed": "deceased"}
    if years_between(patient["birthDate"], as_of) < 18:
        return {"notComputed": "child"}
    if patient.get("gender") not in ("male", "female"):
        return {"notComputed": "unknown-sex"}
    usable = [row for row in measured(rows, {"2160-0", "38483-4"}, as_of) if mg_per_dl(row) is not None]
    if not usable:
        return {"notComputed": "no-creatinine"}
    row = usable[-1]
    at = instant(row["effectiveDateTime"])
    age = years_between(patient["birthDate"], at)
    if age < 18:
        return {"notComputed": "child"}
    value = ckd_epi_2021(mg_per_dl(row), age, patient["gender"])
    return {
        "value": rounded(value, 2),
        "observation": row["id"],
        "at": row["effectiveDateTime"],
        "creatinine": row["valueQuantity"]["value"],
        "unit": row["valueQuantity"].get("unit"),
        "ageAtTest": age,
        "stale": as_of - at > STALE,
        "exact": value,
    }


def verdict(result):
    if "notComputed" in result:
        return result["notComputed"]
    if result["stale"]:
        return "stale"
    if result["exact"] < 30:
        return "contraindicated"
    return "not-started" if result["exact"] <= 45 else "no-objection"


# --- NEWS2 -------------------------------------------------------------------------------------------------------------


def step(value, steps):
    """The points of the first step whose upper edge is not below the value."""
    return next(points for edge, points in steps if value <= edge)


END = float("inf")
RATE = [(8, 3), (11, 1), (20, 0), (24, 2), (END, 3)]
SCALE_1 = [(91, 3), (93, 2), (95, 1), (END, 0)]
SCALE_2_AIR = [(83, 3), (85, 2), (87, 1), (END, 0)]
SCALE_2_OXYGEN = [(83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (END, 3)]
SYSTOLIC = [(90, 3), (100, 2), (110, 1), (219, 0), (END, 3)]
PULSE = [(40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (END, 3)]
TEMPERATURE = [(35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (END, 2)]
ALERT, CVPU = {"LA9340-6"}, {"LA6560-2", "LA17108-4", "LA17107-6", "LA9343-0"}


def component(row, loinc):
    return next((part for part in row.get("component", []) if loinc in codes(part.get("code"), LOINC)), None)


def has_target_88_92(row):
    for target in row.get("referenceRange", []):
        kinds = {c.get("code") for c in target.get("type", {}).get("coding", [])}
        edges = (target.get("low", {}).get("value"), target.get("high", {}).get("value"))
        if "therapeutic" in kinds and edges == (88, 92):
            return True
    return False


def celsius(value):
    degrees = (value[0] - 32) * 5 / 9 if value[1] in ("[degF]", "degF") else value[0]
    return rounded(degrees, 1)


def on_oxygen(row):
    amount = number(row)[0]
    return amount > 0 if "3151-8" in codes(row["code"], LOINC) else amount > 21


def newest(rows, loincs, as_of):
    found = measured(rows, loincs, as_of)
    return found[-1] if found else None


def news2(patient, rows, as_of):
    if "deceasedDateTime" in patient or patient.get("deceasedBoolean"):
        return {"notComputed": "deceased"}
    if years_between(patient["birthDate"], as_of) < 16:
        return {"notComputed": "child"}
    for row in rows:
        active = row["resourceType"] == "Condition" and "active" in str(row.get("clinicalStatus"))
        if active and PREGNANT in codes(row.get("code"), SNOMED):
            return {"notComputed": "pregnant"}
    wanted = ({"9279-1"}, {"59408-5", "2708-6"}, {"3151-8", "3150-6"}, {"85354-9"}, {"8867-4"}, {"67775-7"}, {"8310-5"})
    rate, spo2, breathed, pressure, pulse, level, heat = (newest(rows, loincs, as_of) for loincs in wanted)
    systolic = component(pressure, "8480-6") if pressure else None
    values = {"rate": number(rate), "spo2": number(spo2), "systolic": number(systolic), "pulse": number(pulse)}
    values["temperature"] = number(heat)
    values["oxygen"] = number(breathed)
    values["consciousness"] = codes((level or {}).get("valueCodeableConcept"), LOINC) & (ALERT | CVPU) or None
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        return {"notComputed": "missing-parameter", "missing": missing}
    oxygen = on_oxygen(breathed)
    second = has_target_88_92(spo2)
    chart = (SCALE_2_OXYGEN if oxygen else SCALE_2_AIR) if second else SCALE_1
    points = {
        "rate": step(values["rate"][0], RATE),
        "spo2": step(values["spo2"][0], chart),
        "oxygen": 2 if oxygen else 0,
        "systolic": step(values["systolic"][0], SYSTOLIC),
        "pulse": step(values["pulse"][0], PULSE),
        "consciousness": 0 if values["consciousness"] <= ALERT else 3,
        "temperature": step(celsius(values["temperature"]), TEMPERATURE),
    }
    score = sum(points.values())
    return {"score": score, "band": band(score, points), "scale": 2 if second else 1, "points": points}


def band(score, points):
    if score >= 7:
        return "emergency"
    if score >= 5:
        return "urgent"
    return "single-three" if 3 in points.values() else "low"


# --- drugs and output --------------------------------------------------------------------------------------------------


def drug(row):
    concept = row.get("medicationCodeableConcept", {})
    for coding in concept.get("coding", []):
        if coding.get("system") == RXNORM:
            return "%s|%s" % (coding.get("code"), coding.get("display", ""))
    return "|" + concept.get("text", "")


def active_drugs(rows):
    orders = (row for row in rows if row["resourceType"] == "MedicationRequest" and row.get("status") == "active")
    return sorted({drug(row) for row in orders})


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--as-of", required=True, type=instant)
    arguments.add_argument("file", nargs="+")
    given = arguments.parse_args()
    for patient, rows in by_patient(given.file):
        kidney = egfr(patient, rows, given.as_of)
        answer = {"patient": patient["id"], "t1": verdict(kidney)}
        kidney.pop("exact", None)
        answer.update(egfr=kidney, news2=news2(patient, rows, given.as_of), activeDrugs=active_drugs(rows))
        json.dump(answer, sys.stdout, ensure_ascii=True)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
