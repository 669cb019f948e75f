//! What an administrator looks at a record with: a CDS Hooks request, or the context of one. No call becomes of it.

use cordon_core::manifest::Hook;
use cordon_fhir::json::parse;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::malformed::{Malformed, optional, wrong};
use super::request::{LIMITS, Request};
use super::rows::KnownRows;

/// What stands for the instance of a hook that nobody called.
const NO_INSTANCE: &str = "00000000-0000-4000-8000-000000000000";

/// What a request says of itself. Its prefetch and its authorization are left out.
pub(crate) struct Brought {
    hook: Option<Hook>,
    fhir_server: Option<Value>,
    context: Map<String, Value>,
}

impl Brought {
    /// Reads a request; what has no `context` is one.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let Value::Object(mut members) = parse(text.as_bytes(), LIMITS).map_err(Malformed::Json)? else {
            return Err(wrong("the body", "an object"));
        };
        let context = match members.remove("context") {
            None => return Ok(Self { hook: None, fhir_server: None, context: members }),
            Some(Value::Object(context)) => context,
            Some(_) => return Err(wrong("context", "an object")),
        };
        let hook = match optional(&members, "hook") {
            Some(hook) => Some(hook.as_str().and_then(Hook::parse).ok_or(Malformed::OtherHook)?),
            None => None,
        };
        Ok(Self { hook, fhir_server: members.remove("fhirServer"), context })
    }

    /// Whether it could be a call of a service of this hook.
    pub(crate) fn fits(&self, hook: Hook) -> bool {
        self.hook.is_none_or(|own| own == hook)
    }

    /// The context, read as that of a call of this hook is. References to its own FHIR server become relative.
    pub(crate) fn context(&self, hook: Hook) -> Result<Context, Malformed> {
        let Self { hook: _, fhir_server, context } = self;
        let body = json!({ "hook": hook.as_str(), "hookInstance": NO_INSTANCE, "fhirServer": fhir_server, "context": context });
        let request = Request::parse(body.to_string().as_bytes(), &KnownRows::default(), None)?;
        Context::read(hook, &request.context, request.draft_orders.as_ref())
    }
}
