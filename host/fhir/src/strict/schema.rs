//! The elements a proposal may have: a part of R4's, as tables.

/// One element of an object.
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) occurs: Occurs,
    pub(super) shape: Shape,
    /// For `medicationReference`: `medication[x]`.
    choice: Option<&'static str>,
}

impl Element {
    /// The elements of which one may be there: those of one choice, or the element alone.
    pub(super) fn group(&self) -> &'static str {
        self.choice.unwrap_or(self.name)
    }
}

#[derive(Clone, Copy)]
pub(super) enum Occurs {
    Required,
    Optional,
    Many,
}

impl Occurs {
    pub(super) fn is_required(self) -> bool {
        match self {
            Self::Required => true,
            Self::Optional | Self::Many => false,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Shape {
    Object(&'static [Element]),
    /// Words for people, without links.
    Text,
    Boolean,
    /// One of these codes.
    Code(&'static [&'static str]),
    AnyCode,
    System,
    Id,
    Date,
    Time,
    Decimal,
    Integer {
        least: u32,
    },
    /// A relative reference to one of these types.
    Target(&'static [&'static str]),
}

const fn one(name: &'static str, shape: Shape) -> Element {
    Element { name, occurs: Occurs::Optional, shape, choice: None }
}

const fn required(name: &'static str, shape: Shape) -> Element {
    Element { name, occurs: Occurs::Required, shape, choice: None }
}

const fn many(name: &'static str, shape: Shape) -> Element {
    Element { name, occurs: Occurs::Many, shape, choice: None }
}

const fn choice(group: &'static str, name: &'static str, occurs: Occurs, shape: Shape) -> Element {
    Element { name, occurs, shape, choice: Some(group) }
}

/// The types that may be proposed.
pub(super) const PROPOSALS: &[(&str, &[Element])] =
    &[("MedicationRequest", MEDICATION_REQUEST), ("ServiceRequest", SERVICE_REQUEST)];

/// Elements of R4 that are named when they are refused; any other is called unknown.
pub(super) const FORBIDDEN: &[&str] = &[
    "text",
    "contained",
    "extension",
    "modifierExtension",
    "note",
    "identifier",
    "meta",
    "implicitRules",
    "language",
    "instantiatesCanonical",
    "instantiatesUri",
    "groupIdentifier",
    "requisition",
    "display",
    "type",
    "id",
    "supportingInformation",
    "supportingInfo",
    "insurance",
    "eventHistory",
    "detectedIssue",
    "reportedBoolean",
    "reportedReference",
    "recorder",
    "statusReason",
    "relevantHistory",
    "replaces",
];

/// What begins a link, or makes one out of a text in common viewers.
pub(super) const LINKS: &[&str] = &["://", "www.", "mailto:", "javascript:", "data:", "tel:", "]("];

const UCUM: &[&str] = &["http://unitsofmeasure.org"];
const PATIENT: Shape = Shape::Object(&[required("reference", Shape::Target(&["Patient"]))]);
const ENCOUNTER: Shape = Shape::Object(&[required("reference", Shape::Target(&["Encounter"]))]);
const MEDICATION: Shape = Shape::Object(&[required("reference", Shape::Target(&["Medication"]))]);
const PERSON: Shape =
    Shape::Object(&[required("reference", Shape::Target(&["Practitioner", "PractitionerRole", "Organization"]))]);
const REASON: Shape =
    Shape::Object(&[required("reference", Shape::Target(&["Condition", "Observation", "DiagnosticReport"]))]);
const ORDER: Shape =
    Shape::Object(&[required("reference", Shape::Target(&["MedicationRequest", "ServiceRequest", "CarePlan"]))]);
const SPECIMEN: Shape = Shape::Object(&[required("reference", Shape::Target(&["Specimen"]))]);

const CONCEPT: Shape = Shape::Object(&[many("coding", CODING), one("text", Shape::Text)]);
const CODING: Shape = Shape::Object(&[
    required("system", Shape::System),
    one("version", Shape::AnyCode),
    required("code", Shape::AnyCode),
    one("display", Shape::Text),
    one("userSelected", Shape::Boolean),
]);
const QUANTITY: Shape = Shape::Object(&[
    required("value", Shape::Decimal),
    one("unit", Shape::Text),
    one("system", Shape::Code(UCUM)),
    one("code", Shape::AnyCode),
]);
const RANGE: Shape = Shape::Object(&[one("low", QUANTITY), one("high", QUANTITY)]);
const RATIO: Shape = Shape::Object(&[required("numerator", QUANTITY), required("denominator", QUANTITY)]);
const PERIOD: Shape = Shape::Object(&[one("start", Shape::Date), one("end", Shape::Date)]);
const POSITIVE: Shape = Shape::Integer { least: 1 };
const TIME_UNIT: Shape = Shape::Code(&["s", "min", "h", "d", "wk", "mo", "a"]);
const WEEKDAY: Shape = Shape::Code(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
const PRIORITY: Shape = Shape::Code(&["routine", "urgent", "asap", "stat"]);
const DRAFT: Shape = Shape::Code(&["draft"]);
const INTENT: Shape = Shape::Code(&["proposal", "plan"]);

const TIMING: Shape =
    Shape::Object(&[many("event", Shape::Date), one("repeat", Shape::Object(REPEAT)), one("code", CONCEPT)]);
const REPEAT: &[Element] = &[
    choice("bounds[x]", "boundsDuration", Occurs::Optional, QUANTITY),
    choice("bounds[x]", "boundsRange", Occurs::Optional, RANGE),
    choice("bounds[x]", "boundsPeriod", Occurs::Optional, PERIOD),
    one("count", POSITIVE),
    one("countMax", POSITIVE),
    one("duration", Shape::Decimal),
    one("durationMax", Shape::Decimal),
    one("durationUnit", TIME_UNIT),
    one("frequency", POSITIVE),
    one("frequencyMax", POSITIVE),
    one("period", Shape::Decimal),
    one("periodMax", Shape::Decimal),
    one("periodUnit", TIME_UNIT),
    many("dayOfWeek", WEEKDAY),
    many("timeOfDay", Shape::Time),
    many("when", Shape::AnyCode),
    one("offset", Shape::Integer { least: 0 }),
];

const DOSAGE: Shape = Shape::Object(&[
    one("sequence", POSITIVE),
    one("text", Shape::Text),
    many("additionalInstruction", CONCEPT),
    one("patientInstruction", Shape::Text),
    one("timing", TIMING),
    choice("asNeeded[x]", "asNeededBoolean", Occurs::Optional, Shape::Boolean),
    choice("asNeeded[x]", "asNeededCodeableConcept", Occurs::Optional, CONCEPT),
    one("site", CONCEPT),
    one("route", CONCEPT),
    one("method", CONCEPT),
    many("doseAndRate", Shape::Object(DOSE_AND_RATE)),
    one("maxDosePerPeriod", RATIO),
    one("maxDosePerAdministration", QUANTITY),
    one("maxDosePerLifetime", QUANTITY),
]);
const DOSE_AND_RATE: &[Element] = &[
    one("type", CONCEPT),
    choice("dose[x]", "doseRange", Occurs::Optional, RANGE),
    choice("dose[x]", "doseQuantity", Occurs::Optional, QUANTITY),
    choice("rate[x]", "rateRatio", Occurs::Optional, RATIO),
    choice("rate[x]", "rateRange", Occurs::Optional, RANGE),
    choice("rate[x]", "rateQuantity", Occurs::Optional, QUANTITY),
];
const DISPENSE: &[Element] = &[
    one("validityPeriod", PERIOD),
    one("dispenseInterval", QUANTITY),
    one("numberOfRepeatsAllowed", Shape::Integer { least: 0 }),
    one("quantity", QUANTITY),
    one("expectedSupplyDuration", QUANTITY),
];
const SUBSTITUTION: &[Element] = &[
    choice("allowed[x]", "allowedBoolean", Occurs::Required, Shape::Boolean),
    choice("allowed[x]", "allowedCodeableConcept", Occurs::Required, CONCEPT),
    one("reason", CONCEPT),
];

const MEDICATION_REQUEST: &[Element] = &[
    required("resourceType", Shape::Code(&["MedicationRequest"])),
    one("id", Shape::Id),
    required("status", DRAFT),
    required("intent", INTENT),
    many("category", CONCEPT),
    one("priority", PRIORITY),
    one("doNotPerform", Shape::Boolean),
    choice("medication[x]", "medicationCodeableConcept", Occurs::Required, CONCEPT),
    choice("medication[x]", "medicationReference", Occurs::Required, MEDICATION),
    required("subject", PATIENT),
    one("encounter", ENCOUNTER),
    one("authoredOn", Shape::Date),
    one("requester", PERSON),
    one("performer", PERSON),
    one("performerType", CONCEPT),
    many("reasonCode", CONCEPT),
    many("reasonReference", REASON),
    many("basedOn", ORDER),
    one("courseOfTherapyType", CONCEPT),
    many("dosageInstruction", DOSAGE),
    one("dispenseRequest", Shape::Object(DISPENSE)),
    one("substitution", Shape::Object(SUBSTITUTION)),
    one("priorPrescription", ORDER),
];

const SERVICE_REQUEST: &[Element] = &[
    required("resourceType", Shape::Code(&["ServiceRequest"])),
    one("id", Shape::Id),
    required("status", DRAFT),
    required("intent", INTENT),
    many("category", CONCEPT),
    one("priority", PRIORITY),
    one("doNotPerform", Shape::Boolean),
    one("code", CONCEPT),
    many("orderDetail", CONCEPT),
    choice("quantity[x]", "quantityQuantity", Occurs::Optional, QUANTITY),
    choice("quantity[x]", "quantityRatio", Occurs::Optional, RATIO),
    choice("quantity[x]", "quantityRange", Occurs::Optional, RANGE),
    required("subject", PATIENT),
    one("encounter", ENCOUNTER),
    choice("occurrence[x]", "occurrenceDateTime", Occurs::Optional, Shape::Date),
    choice("occurrence[x]", "occurrencePeriod", Occurs::Optional, PERIOD),
    choice("occurrence[x]", "occurrenceTiming", Occurs::Optional, TIMING),
    choice("asNeeded[x]", "asNeededBoolean", Occurs::Optional, Shape::Boolean),
    choice("asNeeded[x]", "asNeededCodeableConcept", Occurs::Optional, CONCEPT),
    one("authoredOn", Shape::Date),
    one("requester", PERSON),
    one("performerType", CONCEPT),
    many("performer", PERSON),
    many("locationCode", CONCEPT),
    many("reasonCode", CONCEPT),
    many("reasonReference", REASON),
    many("basedOn", ORDER),
    many("specimen", SPECIMEN),
    many("bodySite", CONCEPT),
    one("patientInstruction", Shape::Text),
];
