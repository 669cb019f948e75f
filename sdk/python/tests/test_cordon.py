import unittest

import cordon
from cordon import Answer, Failure, Wrong, card, code, date, measured, propose, remove, row, suggest, text_card
from cordon_testing import run


class Builders(unittest.TestCase):
    def wrong(self, field, build):
        with self.assertRaises(Wrong) as raised:
            build()
        self.assertTrue(str(raised.exception).startswith(field), raised.exception)

    def test_name_the_field_that_is_wrong(self):
        self.wrong('card "t": slot "value"', lambda: card("t", value="6.4"))
        self.wrong('card "t": slot "value"', lambda: card("t", value=float("nan")))
        self.wrong('card "t": slot "value"', lambda: card("t", value=True))
        self.wrong('card "t": slot "value"', lambda: card("t", value=None))
        self.wrong('card "t": slot "taken-on"', lambda: card("t", taken_on=date("2021-05")))
        self.wrong('card "t": slot "why"', lambda: card("t", why=code(7)))
        self.wrong('card "t": slot "value"', lambda: card("t", value=row({})))
        self.wrong("card: name", lambda: card(None))
        self.wrong('card "t": suggestions', lambda: card("t", suggestions=["repeat"]))
        self.wrong("card: indicator", lambda: text_card("high", "x"))
        self.wrong("card: summary", lambda: text_card("info", "two\nlines"))
        self.wrong("card: summary", lambda: text_card("info", "x" * 140))
        self.wrong("card: summary", lambda: text_card("info", "lone \ud800"))
        self.wrong("card: detail", lambda: text_card("info", "x", "ä" * 2049))
        self.wrong("suggestion: actions", lambda: suggest())
        self.wrong("suggestion: recommended", lambda: suggest(propose("p"), recommended=1))
        self.wrong("remove: id", lambda: remove({}))

    def test_name_what_is_no_answer(self):
        self.wrong("answer: cards", lambda: run(lambda call: None))
        self.wrong("answer: cards: 1", lambda: run(lambda call: ["x"]))
        self.wrong("answer: system actions", lambda: run(lambda call: Answer([], ["x"])))
        self.wrong("note 7: number", lambda: run(lambda call: call.note(7, -1)))
        self.wrong("note: code", lambda: run(lambda call: call.note(2**32)))


class Reading(unittest.TestCase):
    def test_without_a_grant_there_is_no_view_cell_or_pack(self):
        self.assertEqual(run(lambda call: [] if call.view("labs") is None else None).cards, [])
        for ask in (lambda call: call.need("a"), lambda call: call.cell("a"), lambda call: call.pack("a")):
            with self.assertRaises(Failure) as raised:
                run(ask)
            self.assertEqual(raised.exception.failure, "missing-need")

    def test_rows_are_plain_values_and_are_selected_by_code(self):
        rows = [{"code": {"coding": [{"system": "s", "code": one}]}, "status": "final"} for one in ("a", "b")]
        found = run(lambda call: [text_card("info", str(call.need("labs").count(codes=[("s", "b")])))], {"labs": rows})
        self.assertEqual(found.cards[0]["summary"], "1")

    def test_a_column_that_is_none_or_was_asked_for_before_is_named(self):
        def wrong(said, *columns):
            with self.assertRaises(Wrong) as raised:
                run(lambda call: call.need("labs").table(*columns), {"labs": []})
            self.assertTrue(str(raised.exception).startswith(said), raised.exception)

        wrong('table: column "status" is malformed', "status")
        wrong('table: column "integer:status" is malformed', "text:id", "integer:status")
        wrong('table: column "text:a..b" is malformed', "text:a..b")
        wrong('table: column "text:id" is repeated', "text:id", "text:id")
        wrong('table: column "text:a64" is too-many', *(f"text:a{n}" for n in range(65)))
        wrong("table: column", 7)

    def test_columns_hold_a_cell_for_each_row_and_nothing_is_guessed(self):
        quantity = {"value": 6.4, "unit": "mmol/L", "system": cordon.UCUM, "code": "mmol/L"}
        coding = [{"display": "x"}, {"system": "s", "code": "k"}]
        labs = [
            {"status": "final", "effectiveDateTime": "1970-01-02T01:00:00+01:00", "valueQuantity": quantity, "code": {"coding": coding}},
            {"status": "final", "effectiveDateTime": "1970-01-02", "valueQuantity": {"value": "6.4"}, "code": {"text": "k"}},
            {"category": [{"coding": [{"code": "a"}]}, {"coding": [{"code": "b"}]}]},
        ]
        asked = ["number:valueQuantity.value", "code:valueQuantity", "instant:effectiveDateTime", "text:effectiveDateTime"]

        def read(call):
            self.assertEqual(
                call.need("labs").table(*asked, "code:code", "code:status", "code:category"),
                [
                    [6.4, None, None],
                    [(cordon.UCUM, "mmol/L"), None, None],
                    [86400, None, None],
                    ["1970-01-02T01:00:00+01:00", "1970-01-02", None],
                    [("s", "k"), None, None],
                    [("", "final"), ("", "final"), None],
                    [None, None, None],
                ],
            )
            return []

        self.assertEqual(run(read, {"labs": labs}).cards, [])

    def test_an_absent_value_gives_no_number(self):
        cm = {"value": 1, "system": cordon.UCUM, "code": "cm"}
        for quantity, why in [
            (None, "no-value"),
            ({}, "no-value"),
            ({**cm, "value": True}, "no-value"),
            ({**cm, "comparator": "<"}, "bound"),
            ({**cm, "system": None}, "no-unit"),
            ({**cm, "code": "m"}, "other-unit"),
        ]:
            self.assertEqual(measured(quantity, "cm"), cordon.Measured(why=why))
        self.assertEqual(measured({**cm, "code": "m"}, "cm", {"m": 100}).value, 100)

    def test_days_are_those_of_the_calendar(self):
        self.assertEqual(cordon.days_between("2023-12-31T23:00:00Z", "2024-03-01"), 61)
        for none in ("2024", "2024-02", "2024-02-30", "20240201", "x", None):
            self.assertIsNone(cordon.day(none))
        self.assertEqual(cordon.age_on("1960-02-29", "2023-02-28"), 62)
        self.assertEqual(cordon.age_on("1960-02-29", "2023-03-01"), 63)

    def test_what_is_kept_is_json_within_its_size(self):
        kept = run(lambda call: call.cell("seen").save({"word": "Größe"}) or [], cells={"seen": None})
        self.assertEqual(kept.cells, {"seen": {"word": "Größe"}})
        with self.assertRaises(Wrong):
            run(lambda call: call.cell("seen").save("x" * 5000), cells={"seen": None})


if __name__ == "__main__":
    unittest.main()
