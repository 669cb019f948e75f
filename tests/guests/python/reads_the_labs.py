"""Honest: the same answer as `examples/reads_the_labs.rs`, by the contract itself."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import advice, records

CREATININE = records.Selection([records.Coding("http://loinc.org", "2160-0")], None, None, None, [])


class Cds(exports.Cds):
    def evaluate(self, call):
        labs = call.view("labs")
        if labs is None:
            raise Err(advice.Failure.MISSING_NEED)
        creatinine = labs.narrow(CREATININE)
        words = " ".join([call.hook(), call.service(), call.now(), call.locale()])
        read = sum(len(row) for row in labs.read(0, 4294967295))
        rows = f"{creatinine.len()} of {labs.len()} {labs.need()}, {read} bytes"
        free = advice.FreeText(f"{words}: {rows}", None, advice.Indicator.INFO)
        return advice.Response([advice.Card(advice.CardText_Free(free), [], [])], [])
