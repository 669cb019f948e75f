"""Run natively: `cordon test`, or `PYTHONPATH=.:vendor/cordon-sdk python3 -m unittest discover tests`."""

import unittest

import index
from cordon_testing import run
from plugin import evaluate

UCUM = "http://unitsofmeasure.org"
CODES = {"ast": "1920-8", "alt": "1742-6", "platelets": "777-3"}
UNITS = {"ast": "U/L", "alt": "U/L", "platelets": "10*9/L"}


def result(name, value, unit=None, when="2021-05-20", status="final", **quantity):
    return {
        "resourceType": "Observation",
        "id": f"row-{name}",
        "status": status,
        "code": {"coding": [{"system": "http://loinc.org", "code": CODES[name]}]},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "system": UCUM, "code": unit or UNITS[name], **quantity},
    }


def cards(**needs):
    given = {
        "patient": [{"resourceType": "Patient", "birthDate": "1961-01-01"}],
        "ast": [result("ast", 40)],
        "alt": [result("alt", 30)],
        "platelets": [result("platelets", 200)],
    }
    return run(evaluate, {**given, **needs}).cards


class Formula(unittest.TestCase):
    def test_gives_the_values_worked_by_hand(self):
        # 60 x 40 / (200 x sqrt 30) = 2400 / 1095.445; 50 x 80 / (120 x 8) = 4000 / 960; 40 x 25 / (250 x 5) = 0.8.
        for inputs, worked in [((60, 40, 30, 200), 2.19), ((50, 80, 64, 120), 4.17), ((40, 25, 25, 250), 0.80)]:
            self.assertEqual(index.fib4(*inputs), worked)

    def test_is_graded_at_its_limits(self):
        for value, age, grade in [
            (1.29, 64, "low"),
            (1.30, 64, "indeterminate"),
            (1.99, 65, "low"),
            (2.00, 65, "indeterminate"),
            (2.67, 40, "indeterminate"),
            (2.68, 40, "high"),
            (999.01, 40, "bounds"),
        ]:
            self.assertEqual(index.grade(value, age), grade)


class Cards(unittest.TestCase):
    def test_an_index_that_is_not_low_is_shown_with_its_rows(self):
        [shown] = cards()
        self.assertEqual(shown["template"], "indeterminate")
        self.assertEqual(shown["slots"]["index"], 2.19)
        self.assertEqual(shown["slots"]["ast-on"], "row-ast")
        self.assertEqual(cards(ast=[result("ast", 80)])[0]["template"], "high")

    def test_a_low_index_and_a_patient_without_enzymes_get_no_card(self):
        self.assertEqual(cards(ast=[result("ast", 15)]), [])
        self.assertEqual(cards(ast=[], alt=[]), [])

    def test_what_is_missing_mistaken_stale_apart_or_in_another_unit_is_said(self):
        for needs, why in [
            ({"ast": []}, "none"),
            ({"ast": [result("ast", 40, status="preliminary")]}, "status"),
            ({"ast": [result("ast", 40, status="entered-in-error")]}, "status"),
            ({"ast": [result("ast", 40, when="2021-06-02")]}, "status"),
            ({"ast": [result("ast", 0.67, "ukat/L")]}, "unit"),
            ({"ast": [result("ast", 40, comparator=">")]}, "unit"),
            ({"ast": [result("ast", "40")]}, "unit"),
            ({"ast": [result("ast", 40, when="2021")]}, "date"),
            ({"ast": [result("ast", 40, when="2020-12-02")]}, "old"),
            ({"ast": [result("ast", 40, when="2021-04-19")]}, "apart"),
            ({"platelets": [result("platelets", 0)]}, "bounds"),
        ]:
            with self.subTest(why=why, needs=needs):
                self.assertEqual(cards(**needs)[0]["slots"], {"why": why})

    def test_at_the_edge_of_each_span_it_is_computed(self):
        at = {"when": "2020-12-03"}
        rows = {name: [result(name, value, **at)] for name, value in [("ast", 40), ("alt", 30), ("platelets", 200)]}
        self.assertEqual(cards(**rows)[0]["template"], "indeterminate")
        self.assertEqual(cards(ast=[result("ast", 40, when="2021-04-20")])[0]["template"], "indeterminate")

    def test_platelets_are_converted(self):
        self.assertEqual(cards(platelets=[result("platelets", 200000, "/uL")])[0]["slots"]["index"], 2.19)

    def test_only_living_adults_from_35_of_known_age_are_computed(self):
        def why(**patient):
            return cards(patient=[{"resourceType": "Patient", **patient}])[0]["slots"].get("why")

        self.assertEqual(why(), "age")
        self.assertEqual(why(birthDate="1961"), "age")
        self.assertEqual(why(birthDate="1986-06-02"), "young")
        self.assertEqual(why(birthDate="1961-01-01", deceasedBoolean=True), "deceased")
        self.assertEqual(why(birthDate="1961-01-01", deceasedBoolean=False), None)

    def test_a_newer_result_that_cannot_be_used_is_not_passed_over(self):
        rows = [result("ast", 1, "ukat/L", when="2021-05-30"), result("ast", 40, when="2021-05-20")]
        self.assertEqual(cards(ast=rows)[0]["slots"], {"why": "unit"})
        withdrawn = [result("ast", 400, when="2021-05-30", status="entered-in-error"), result("ast", 40)]
        self.assertEqual(cards(ast=withdrawn)[0]["slots"]["index"], 2.19)


if __name__ == "__main__":
    unittest.main()
