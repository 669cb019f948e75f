"""Checks every exchange that drive.mjs recorded against the CDS Hooks models of healthchain and the FHIR models of fhir.resources.

usage: python validate.py < seen.json
Prints one JSON object: {"validators": [...], "checked": {kind: count}, "findings": [...]}. Exit code 0 only if discovery,
call and feedback were each checked and nothing was found.
"""
import json
import sys
from importlib.metadata import version

from fhir.resources.R4B import get_fhir_model_class
from healthchain.models.hooks import OrderSelectContext, OrderSignContext, PatientViewContext
from healthchain.models.requests import CDSRequest
from healthchain.models.responses.cdsdiscovery import CDSServiceInformation
from healthchain.models.responses.cdsfeedback import CDSFeedback
from healthchain.models.responses.cdsresponse import CDSResponse

CONTEXTS = {"order-select": OrderSelectContext, "order-sign": OrderSignContext, "patient-view": PatientViewContext}

# Two members of the feedback model are misspelt in 0.16.1, and one of them is not the list that the specification has.
MISSPELT = {"overrideReason": "overriddeReason"}


# A member that the host sends and that came after 2.0; the model knows 2.0 only. A 2.0 client ignores it.
SINCE_3_0 = {"version"}


def main() -> int:
    exchanges = json.load(sys.stdin)["exchanges"]
    findings, checked = [], {}
    for exchange in exchanges:
        for name, check in checks_of(exchange):
            checked[name] = checked.get(name, 0) + 1
            findings += [{"check": name, "url": exchange["url"], "found": found} for found in run(check)]
    missing = {"discovery", "request", "response", "feedback"} - checked.keys()
    findings += [{"check": name, "found": "no exchange of this kind was seen"} for name in sorted(missing)]
    validators = [{"name": name, "version": version(name)} for name in ("healthchain", "fhir.resources")]
    print(json.dumps({"validators": validators, "checked": checked, "findings": findings}))
    return 1 if findings else 0


def checks_of(exchange):
    """What an exchange must satisfy, by its kind and status."""
    kind, answer, status = exchange["kind"], exchange.get("response"), exchange["status"]
    if kind == "call":
        yield "request", lambda: request(exchange["request"])
    if kind == "feedback":
        yield "feedback", lambda: feedback(exchange["request"])
    if status != 200:
        yield "outcome", lambda: resource(answer, "OperationOutcome")
    elif kind == "discovery":
        yield "discovery", lambda: discovery(answer)
    elif kind == "call":
        yield "response", lambda: response(answer)


def request(body):
    known = {name: value for name, value in body.items() if name != "context"}
    CDSRequest.model_validate(known | {"context": {"userId": "u", "patientId": "p"}}, extra="forbid")
    # The request model keeps only two members of the context: the model of the hook checks all of it.
    strictly(CONTEXTS[body["hook"]], body["context"], required=("userId", "patientId"))


def discovery(body):
    no_empty({"listed": body.get("services") or None}, "")
    services = [{name: value for name, value in each.items() if name not in SINCE_3_0} for each in body["services"]]
    strictly(CDSServiceInformation, body | {"services": services}, required=("services",))


def response(body):
    no_empty(body, "")
    CDSResponse.model_validate(with_nulls(body), extra="forbid")
    if "cards" not in body:
        raise ValueError("no cards member")
    for card in body["cards"]:
        for suggestion in card.get("suggestions", []):
            for action in suggestion.get("actions", []):
                if "resource" in action:
                    resource(action["resource"])


def with_nulls(body):
    """healthchain asks for two optional members of CDS Hooks 2.0 to be present, if only as null."""
    body = json.loads(json.dumps(body))
    for card in body.get("cards", []):
        for link in card.get("links", []):
            link.setdefault("autoLaunchable", None)
        for suggestion in card.get("suggestions", []):
            suggestion.setdefault("isRecommended", None)
    return body


def feedback(body):
    if set(body) != {"feedback"} or not body["feedback"]:
        raise ValueError("not an object with a filled feedback array")
    for entry in body["feedback"]:
        entry = {MISSPELT.get(name, name): value for name, value in entry.items()}
        accepted = entry.pop("acceptedSuggestions", None)
        if (entry["outcome"] == "accepted") != bool(accepted):
            raise ValueError("acceptedSuggestions and outcome do not agree")
        CDSFeedback.model_validate(entry, extra="forbid")


def resource(body, expected=None):
    if expected and body.get("resourceType") != expected:
        raise ValueError(f"not an {expected}")
    get_fhir_model_class(body["resourceType"]).model_validate(body)


def no_empty(value, path):
    """CDS Hooks 2.0, Use of JSON: no member is null or empty; only the list of cards may be."""
    if value is None or (value in ("", [], {}) and path != ".cards"):
        raise ValueError(f"null or empty at {path}")
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        no_empty(member, f"{path}.{name}")


def strictly(model, body, required):
    missing = [name for name in required if name not in body]
    if missing:
        raise ValueError(f"missing {missing}")
    model.model_validate(body, extra="forbid")


def run(check):
    try:
        check()
    except Exception as error:  # whatever a validator raises is a finding
        return [" ".join(str(error).split())[:600]]
    return []


if __name__ == "__main__":
    sys.exit(main())
