//! What holds in every hospital and is not in the schema: which plugin is in which publisher.
//!
//! In the logic a plugin may be in any publishers. In a host it is in those whose namespace its id lies in. For the names that
//! policies use, that is written down here as policies that deny whatever is not of this world; both sides of a question get them.

use std::collections::BTreeSet;

use cedar_policy::{EntityUid, PolicySet};
use cordon_core::label::{Confidentiality, Sensitivity};
use cordon_policy::cedar::{attribute, publishers};

/// What the label rules make of a row: sensitive is restricted at least (`docs/labels.md`). Such rows are looked for first, so
/// that an example is a row there can be. No proof rests on it.
pub(crate) fn labelled() -> String {
    let sensitive: Vec<_> = Sensitivity::ALL.map(|one| format!("resource.{}", attribute(one))).into();
    let restricted: Vec<_> = Confidentiality::ALL
        .into_iter()
        .filter(|one| *one >= Confidentiality::Restricted)
        .map(|one| literal("Confidentiality", one.code()))
        .collect();
    format!("!({}) || resource.confidentiality in [{}]", sensitive.join(" || "), restricted.join(", "))
}

/// The plugins and publishers that policies name.
#[derive(Debug, Clone, Default)]
pub struct Names {
    plugins: BTreeSet<String>,
    publishers: BTreeSet<String>,
}

impl Names {
    /// The names in these policies, together.
    #[must_use]
    pub fn of<'a>(sets: impl IntoIterator<Item = &'a PolicySet>) -> Self {
        let mut names = Self::default();
        let literals = sets.into_iter().flat_map(PolicySet::policies).flat_map(cedar_policy::Policy::entity_literals);
        for literal in literals {
            let id = literal.id().unescaped().to_owned();
            match literal.type_name().to_string().as_str() {
                "Plugin" => names.plugins.insert(id),
                "Publisher" => names.publishers.insert(id),
                _ => false,
            };
        }
        names
    }

    /// Whether policies speak of this plugin by name.
    pub(crate) fn has_plugin(&self, id: &str) -> bool {
        self.plugins.contains(id)
    }

    /// Whether policies speak of this publisher by name.
    pub(crate) fn has_publisher(&self, namespace: &str) -> bool {
        self.publishers.contains(namespace)
    }

    /// Conditions, each true of every plugin of this world.
    pub(crate) fn laws(&self) -> Vec<String> {
        let of_plugins = self.plugins.iter().flat_map(|plugin| {
            self.publishers.iter().map(move |publisher| {
                let member = format!("principal in {}", literal("Publisher", publisher));
                let holds = if within(plugin, publisher) { member } else { format!("!({member})") };
                format!("principal != {} || {holds}", literal("Plugin", plugin))
            })
        });
        let of_publishers =
            self.publishers.iter().flat_map(|one| self.publishers.iter().filter_map(|other| between(one, other)));
        let no_namespace = self.publishers.iter().filter(|one| !within(one, one));
        let of_nothing = no_namespace.map(|one| format!("!(principal in {})", literal("Publisher", one)));
        of_plugins.chain(of_publishers).chain(of_nothing).collect()
    }
}

/// How membership in one namespace bears on membership in another, written once for each pair.
fn between(one: &str, other: &str) -> Option<String> {
    let (in_one, in_other) = (literal("Publisher", one), literal("Publisher", other));
    if one == other || within(other, one) {
        None
    } else if within(one, other) {
        Some(format!("!(principal in {in_one}) || principal in {in_other}"))
    } else {
        (one < other).then(|| format!("!(principal in {in_one}) || !(principal in {in_other})"))
    }
}

fn within(id: &str, namespace: &str) -> bool {
    publishers(id).any(|publisher| publisher == namespace)
}

/// A name as a policy writes it.
pub(crate) fn literal(kind: &str, id: &str) -> String {
    let name = kind.parse::<cedar_policy::EntityTypeName>().ok();
    name.map_or_else(String::new, |name| {
        EntityUid::from_type_name_and_id(name, cedar_policy::EntityId::new(id)).to_string()
    })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn laws(policies: &str) -> Vec<String> {
        Names::of([&PolicySet::from_str(policies).unwrap()]).laws()
    }

    #[test]
    fn a_named_plugin_is_in_its_publisher_and_in_no_other() {
        let laws = laws(
            "permit (principal == Plugin::\"org.a.x\", action, resource); \
             permit (principal in Publisher::\"org.a\", action, resource); \
             permit (principal in Publisher::\"org.b\", action, resource);",
        );
        assert!(laws.contains(&"principal != Plugin::\"org.a.x\" || principal in Publisher::\"org.a\"".to_owned()));
        assert!(laws.contains(&"principal != Plugin::\"org.a.x\" || !(principal in Publisher::\"org.b\")".to_owned()));
        assert!(
            laws.contains(&"!(principal in Publisher::\"org.a\") || !(principal in Publisher::\"org.b\")".to_owned())
        );
    }

    #[test]
    fn a_namespace_lies_in_the_one_above_it() {
        let laws = laws(
            "permit (principal in Publisher::\"org.a\", action, resource); \
             permit (principal in Publisher::\"org.a.b\", action, resource);",
        );
        assert_eq!(laws, ["!(principal in Publisher::\"org.a.b\") || principal in Publisher::\"org.a\""]);
    }

    #[test]
    fn nobody_is_in_a_publisher_that_is_no_namespace() {
        assert_eq!(
            laws("permit (principal in Publisher::\"org\", action, resource);"),
            ["!(principal in Publisher::\"org\")"]
        );
    }
}
