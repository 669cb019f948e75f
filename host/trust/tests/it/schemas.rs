//! What a pack's schema may be and what fits it. The publisher writes both and wants them to cost, to reach out, or to pass.

use cordon_fhir::json::JsonError;
use cordon_trust::schema::{CheckError, ContentError, MAX_SCHEMA, MAX_WORK, PackSchema, SchemaError, check_pack};

/// A schema as a drug table has it.
const DRUGS: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "required": ["drugs"], "additionalProperties": false,
  "properties": {"drugs": {"type": "array", "maxItems": 1000, "uniqueItems": true, "items": {"$ref": "#/$defs/drug"}}},
  "$defs": {
    "drug": {
      "type": "object", "required": ["code", "limit"], "additionalProperties": false,
      "properties": {
        "code": {"type": "string", "pattern": "^[A-Z][0-9A-Z]{2,6}$"},
        "limit": {"type": "number", "minimum": 0, "maximum": 200, "multipleOf": 0.1},
        "route": {"enum": ["oral", "iv"]}
      }
    }
  }
}"##;

fn schema_error(schema: &str) -> SchemaError {
    PackSchema::parse(schema).unwrap_err()
}

fn broken(schema: &str, pack: &str) -> ContentError {
    PackSchema::parse(schema).unwrap().check(pack.as_bytes()).unwrap_err()
}

#[test]
fn a_reference_out_of_the_schema_is_refused() {
    for target in [
        "https://evil.example/schema.json",
        "file:///etc/passwd",
        "other.json",
        "//evil.example/s#/$defs/a",
        "https://json-schema.org/draft/2020-12/schema",
        "#",
        "#a",
        "",
        "#/$defs/b",
        "#/properties/a",
        "#/$defs/a/not",
        "#/$defs/a~1b",
        "#/$defs/%61",
    ] {
        let schema = format!(r##"{{"properties":{{"x":{{"$ref":"{target}"}}}},"$defs":{{"a":true,"a~1b":true}}}}"##);
        assert_eq!(schema_error(&schema), SchemaError::Reference, "{target}");
    }
    assert_eq!(schema_error(r#"{"$ref":5}"#), SchemaError::Reference);
}

#[test]
fn a_keyword_that_would_not_be_enforced_is_refused() {
    for (schema, depth) in [
        (r##"{"$id":"https://evil.example/"}"##, 0),
        (r##"{"$anchor":"a"}"##, 0),
        (r##"{"$dynamicRef":"#a"}"##, 0),
        (r##"{"$dynamicAnchor":"a"}"##, 0),
        (r##"{"$recursiveRef":"#"}"##, 0),
        (r##"{"$vocabulary":{}}"##, 0),
        (r##"{"format":"date"}"##, 0),
        (r##"{"contentEncoding":"base64"}"##, 0),
        (r##"{"unevaluatedProperties":false}"##, 0),
        (r##"{"definitions":{}}"##, 0),
        (r##"{"maximun":5}"##, 0),
        (r##"{"items":{"items":{"$schema":"https://json-schema.org/draft/2020-12/schema"}}}"##, 2),
        (r##"{"items":{"$defs":{}}}"##, 1),
        (r##"{"$defs":{"a":{"$id":"x"}}}"##, 1),
        (r##"{"items":[true]}"##, 1),
        ("[]", 0),
        ("null", 0),
    ] {
        assert_eq!(schema_error(schema), SchemaError::Keyword { depth }, "{schema}");
    }
}

#[test]
fn another_draft_and_what_is_no_schema_are_refused() {
    assert_eq!(schema_error(r##"{"$schema":"http://json-schema.org/draft-07/schema#"}"##), SchemaError::Draft);
    for (schema, at) in
        [(r#"{"properties":[]}"#, "properties"), (r#"{"allOf":{}}"#, "allOf"), (r#"{"$defs":[]}"#, "$defs")]
    {
        assert_eq!(schema_error(schema), SchemaError::Form(at), "{schema}");
    }
    for schema in [r#"{"type":"real"}"#, r#"{"maxLength":-1}"#, r#"{"required":"a"}"#, r#"{"uniqueItems":1}"#] {
        assert_eq!(schema_error(schema), SchemaError::Invalid, "{schema}");
    }
    assert!(matches!(
        schema_error(r#"{"type":"null","type":"array"}"#),
        SchemaError::Json(JsonError::DuplicateKey { .. })
    ));
}

#[test]
fn a_pattern_that_only_backtracking_can_match_is_refused() {
    for pattern in [r"(?=a)b", r"(?<!a)b", r"(a)\\1", r"(?>a)", r"a{5000}"] {
        assert_eq!(schema_error(&format!(r#"{{"pattern":"{pattern}"}}"#)), SchemaError::Invalid, "{pattern}");
        let property = format!(r#"{{"patternProperties":{{"{pattern}":true}}}}"#);
        assert_eq!(schema_error(&property), SchemaError::Invalid, "{pattern}");
    }
}

#[test]
fn a_pattern_made_to_backtrack_is_linear() {
    // 2^100000 steps in an engine that backtracks.
    let pack = format!("\"{}!\"", "a".repeat(100_000));
    for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$"] {
        let error = broken(&format!(r#"{{"pattern":"{pattern}"}}"#), &pack);
        assert_eq!(error, ContentError::Schema { at: "/pattern".to_owned() }, "{pattern}");
    }
}

#[test]
fn a_schema_that_unfolds_without_end_or_measure_is_refused() {
    for cycle in [
        r##"{"$defs":{"a":{"$ref":"#/$defs/a"}}}"##,
        r##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"items":{"$ref":"#/$defs/a"}}}}"##,
    ] {
        assert_eq!(schema_error(cycle), SchemaError::Cycle);
    }
    // Six definitions, each eight times the next: a quarter of a million schemas in two kilobytes.
    let eightfold = |n: i32| {
        let eight = vec![format!(r##"{{"$ref":"#/$defs/d{}"}}"##, n - 1); 8].join(",");
        format!(r#""d{n}":{{"allOf":[{eight}]}}"#)
    };
    let definitions: Vec<_> = (1..=6).map(eightfold).collect();
    let unfolding = format!(r#"{{"$defs":{{"d0":true,{}}}}}"#, definitions.join(","));
    assert_eq!(schema_error(&unfolding), SchemaError::Unfolded);
    // A chain, in either order of names.
    for step in [1, -1] {
        let link = |n: i32| format!(r##""d{:03}":{{"$ref":"#/$defs/d{:03}"}}"##, n, n + step);
        let links: Vec<_> = (1..100).map(link).collect();
        let chain = format!(r#"{{"$defs":{{{},"d000":true,"d100":true}}}}"#, links.join(","));
        assert_eq!(schema_error(&chain), SchemaError::Unfolded, "{step}");
    }
    // A chain for whose length no stack suffices.
    let (down, up) = (r#"{"not":"#.repeat(25), "}".repeat(25));
    let link = |n: i32| format!(r##""d{n:03}":{down}{{"$ref":"#/$defs/d{:03}"}}{up}"##, n + 1);
    let links: Vec<_> = (0..220).map(link).collect();
    let long = format!(r#"{{"$defs":{{{},"d220":true}}}}"#, links.join(","));
    assert_eq!(schema_error(&long), SchemaError::Unfolded);
}

#[test]
fn a_schema_has_bounds() {
    assert_eq!(schema_error(&" ".repeat(MAX_SCHEMA + 1)), SchemaError::TooLarge);
    let deep = format!("{}true{}", r#"{"not":"#.repeat(33), "}".repeat(33));
    assert!(matches!(schema_error(&deep), SchemaError::Json(JsonError::TooDeep { .. })));
    for number in ["1e9999", "1e-999999999", "0.0000000000000000000000000000000001"] {
        assert_eq!(schema_error(&format!(r#"{{"multipleOf":{number}}}"#)), SchemaError::Number, "{number}");
    }
}

#[test]
fn a_pack_that_costs_too_much_is_refused_unread() {
    let values = vec!["1"; 30_001].join(",");
    let schema = PackSchema::parse(&format!(r#"{{"enum":[{values}]}}"#)).unwrap();
    let most = usize::try_from(MAX_WORK / 30_003).unwrap();
    assert_eq!(schema.check(&vec![b'x'; most + 1]), Err(ContentError::Work));
    assert!(matches!(schema.check(&vec![b'x'; most]), Err(ContentError::Json(_))));
}

#[test]
fn a_pack_that_is_not_one_json_value_is_refused() {
    for pack in ["", "{", "[] []", r#"{"a":1,"a":2}"#, "nul", "\u{feff}[]"] {
        assert!(matches!(broken("true", pack), ContentError::Json(_)), "{pack}");
    }
    assert!(matches!(broken("true", &"[".repeat(100)), ContentError::Json(JsonError::TooDeep { .. })));
    for number in ["1e9999", "-1e-999999999", "0e999999999", "1234567890123456789012345678901234567890"] {
        assert_eq!(broken("true", &format!("[{number}]")), ContentError::Number, "{number}");
    }
}

#[test]
fn a_pack_that_breaks_its_schema_is_refused_with_the_place_in_the_schema() {
    let one = |drug: &str| format!(r#"{{"drugs":[{drug}]}}"#);
    for (pack, at) in [
        ("[]".to_owned(), "/type"),
        ("{}".to_owned(), "/required"),
        (r#"{"drugs":[],"more":1}"#.to_owned(), "/additionalProperties"),
        (one(r#"{"code":"J01"}"#), "/$defs/drug/required"),
        (one(r#"{"code":"j01","limit":1}"#), "/$defs/drug/properties/code/pattern"),
        (one(r#"{"code":"J01","limit":201}"#), "/$defs/drug/properties/limit/maximum"),
        (one(r#"{"code":"J01","limit":0.15}"#), "/$defs/drug/properties/limit/multipleOf"),
        (one(r#"{"code":"J01","limit":1,"route":"im"}"#), "/$defs/drug/properties/route/enum"),
        (one(r#"{"code":"J01","limit":1},{"code":"J01","limit":1.0}"#), "/properties/drugs/uniqueItems"),
    ] {
        assert_eq!(broken(DRUGS, &pack), ContentError::Schema { at: at.to_owned() }, "{pack}");
    }
}

#[test]
fn a_place_is_printable() {
    let hostile = schema_error(r#"{"properties":{"\u001b[2J":false}}"#);
    assert!(matches!(hostile, SchemaError::Json(JsonError::Syntax { .. })));
}

#[test]
fn a_pack_that_fits_is_accepted() {
    let pack = r#"{"drugs":[{"code":"J01MA02","limit":30.3,"route":"oral"},{"code":"C09","limit":1e2}]}"#;
    assert_eq!(check_pack(DRUGS, pack.as_bytes()), Ok(()));
    assert!(matches!(check_pack("{", b"[]"), Err(CheckError::Schema(_))));
    assert!(matches!(check_pack("false", b"[]"), Err(CheckError::Content(_))));
    // A property may be called as a keyword is.
    let named = r##"{"properties":{"$ref":{"type":"string"},"$id":true,"format":true}}"##;
    assert_eq!(check_pack(named, br#"{"$ref":"x","$id":1,"format":2}"#), Ok(()));
}
