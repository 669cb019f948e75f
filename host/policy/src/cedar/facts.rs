//! What a policy is told: the facts of a call, and the class of a row.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression};
use cordon_core::call::Purpose;
use cordon_core::label::{Label, Sensitivity};
use cordon_core::manifest::Hook;
use serde::Serialize;
use serde_json::Value;

use super::schema::{OTHER_TYPE, SEE, TYPES, attribute, schema};

/// All that a policy is told about one need of one call, the rows left out. Two calls with equal facts are decided alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Facts {
    /// Whose data.
    pub tenant: String,
    /// The verified client.
    pub issuer: String,
    /// The plugin's id.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// What for.
    pub purpose: Purpose,
    /// The user's verified roles.
    pub roles: BTreeSet<String>,
    /// The hook that called.
    pub hook: Hook,
    /// The service called.
    pub service: String,
    /// The need that asks.
    pub need: String,
    /// Whether the hook names a user.
    pub user_known: bool,
}

/// A resource type, as policies name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind(usize);

impl Kind {
    /// How many there are.
    pub(super) fn count() -> usize {
        TYPES.len()
    }

    /// The kind of a `resourceType`; one without a patient compartment is [`OTHER_TYPE`].
    #[must_use]
    pub fn of(resource_type: &str) -> Self {
        let named = TYPES.split_last().map_or(&[][..], |(_, named)| named);
        Self(named.binary_search(&resource_type).unwrap_or(named.len()))
    }

    /// The kind of a resource.
    #[must_use]
    pub fn of_row(row: &Value) -> Self {
        Self::of(row.get("resourceType").and_then(Value::as_str).unwrap_or_default())
    }

    /// The name that policies use.
    #[must_use]
    pub fn name(self) -> &'static str {
        TYPES.get(self.0).copied().unwrap_or(OTHER_TYPE)
    }

    /// Its number, below [`Self::count`].
    pub(super) fn index(self) -> usize {
        self.0
    }
}

/// The publishers of a plugin: every namespace of two labels or more that its id lies in (the rule of the trust store).
pub fn publishers(plugin: &str) -> impl Iterator<Item = &str> {
    let ends = plugin.match_indices('.').map(|(at, _)| at).chain([plugin.len()]);
    ends.skip(1).filter_map(|end| plugin.get(..end))
}

/// The facts could not be put to the policies. Denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the facts of the call do not fit the schema")]
pub(super) struct Unfit;

/// A question in Cedar's types: may the plugin see a row of this kind and label?
pub(super) fn question(facts: &Facts, kind: Kind, label: Label) -> Result<(Request, Entities), Unfit> {
    let schema = schema().ok_or(Unfit)?;
    let plugin = uid("Plugin", &facts.plugin)?;
    let row = uid("Row", "row")?;
    let context = Context::from_pairs(context(facts)?).map_err(|_| Unfit)?;
    let request = Request::new(plugin.clone(), uid("Action", SEE)?, row.clone(), context, Some(schema));
    let parents = publishers(&facts.plugin).map(|publisher| uid("Publisher", publisher)).collect::<Result<_, _>>()?;
    let version = RestrictedExpression::new_string(facts.version.clone());
    let plugin = Entity::new(plugin, [("version".to_owned(), version)].into(), parents).map_err(|_| Unfit)?;
    let row = Entity::new(row, row_attributes(kind, label)?, [].into()).map_err(|_| Unfit)?;
    let entities = Entities::from_entities([plugin, row], Some(schema)).map_err(|_| Unfit)?;
    Ok((request.map_err(|_| Unfit)?, entities))
}

fn context(facts: &Facts) -> Result<Vec<(String, RestrictedExpression)>, Unfit> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let pair = |name: &str, value| (name.to_owned(), value);
    Ok(vec![
        pair("tenant", text(&facts.tenant)),
        pair("issuer", text(&facts.issuer)),
        pair("purpose", entity("Purpose", facts.purpose.code())?),
        pair("roles", RestrictedExpression::new_set(facts.roles.iter().map(|role| text(role)))),
        pair("hook", entity("Hook", facts.hook.as_str())?),
        pair("service", text(&facts.service)),
        pair("need", text(&facts.need)),
        pair("userKnown", RestrictedExpression::new_bool(facts.user_known)),
    ])
}

#[expect(clippy::disallowed_types, reason = "Cedar takes a HashMap here, and gives it no order that we see")]
type Attributes = std::collections::HashMap<String, RestrictedExpression>;

fn row_attributes(kind: Kind, label: Label) -> Result<Attributes, Unfit> {
    let flags = Sensitivity::ALL
        .into_iter()
        .map(|one| (attribute(one), label.sensitivities.contains(one)))
        .chain([("unclassified".to_owned(), label.unclassified)])
        .map(|(name, set)| (name, RestrictedExpression::new_bool(set)));
    let named = BTreeMap::from([
        ("kind".to_owned(), entity("ResourceType", kind.name())?),
        ("confidentiality".to_owned(), entity("Confidentiality", label.confidentiality.code())?),
    ]);
    Ok(named.into_iter().chain(flags).collect())
}

fn entity(kind: &str, id: &str) -> Result<RestrictedExpression, Unfit> {
    Ok(RestrictedExpression::new_entity_uid(uid(kind, id)?))
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Unfit> {
    let kind = EntityTypeName::from_str(kind).map_err(|_| Unfit)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_in_every_namespace_its_id_lies_in_and_in_no_other() {
        let of = |id| publishers(id).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            of("org.example.cardiology.dosing"),
            ["org.example", "org.example.cardiology", "org.example.cardiology.dosing"]
        );
        assert!(of("org").is_empty());
    }

    #[test]
    fn a_type_without_a_patient_is_the_other_type() {
        assert_eq!(Kind::of("Observation").name(), "Observation");
        for name in ["Practitioner", "Observatio", "Other", "", "Zebra"] {
            assert_eq!(Kind::of(name).name(), OTHER_TYPE, "{name}");
        }
    }
}
