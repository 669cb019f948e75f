//! What an act is called in the record, and what it must bring.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::ids::Digest;
use cordon_core::record::AdminAction;

use super::{Hospital, Undone};
use crate::admin::protocol::{Act, Request};

/// The longest reason, in characters.
const MOST_REASON: usize = 500;

/// So much of a reason stands in the record, also where it is refused.
pub(super) fn recorded(reason: &str) -> String {
    reason.trim().chars().take(MOST_REASON).collect()
}

/// Who changes something says why.
pub(super) fn reason(request: &Request) -> Result<(), Undone> {
    let looks = match &request.act {
        Act::List
        | Act::Show { .. }
        | Act::TrustList
        | Act::PolicyShow { .. }
        | Act::Disclosure { .. }
        | Act::FailedCalls => true,
        // A look at a patient's data has a reason, like a change.
        Act::View(_)
        | Act::Transcript { .. }
        | Act::Diagnose(_)
        | Act::Quarantine { .. }
        | Act::Pack { .. }
        | Act::Copy { .. }
        | Act::PolicySet { .. }
        | Act::Load { .. }
        | Act::TrustAdd { .. }
        | Act::TrustRevoke { .. }
        | Act::Install { .. }
        | Act::Grant { .. }
        | Act::Enable { .. }
        | Act::Disable { .. } => false,
    };
    let said = request.reason.as_deref().filter(|reason| !reason.trim().is_empty());
    match (looks, said.map_or(0, |reason| reason.chars().count())) {
        (true, _) | (false, 1..=MOST_REASON) => Ok(()),
        (false, _) => Err(Undone::Refused {
            kind: "no-reason",
            message: "say why, in 1 to 500 characters: it stands in the record".to_owned(),
        }),
    }
}

/// The action of an act that was refused, as far as it can be named.
pub(super) fn named(act: &Act) -> AdminAction {
    named_by(act, |file| Digest::of(&STANDARD.decode(file).unwrap_or_default()))
}

/// The same of somebody who may not act: the files that came with it are not looked at.
pub(super) fn named_unread(act: &Act) -> AdminAction {
    named_by(act, |_| Digest::of(b""))
}

fn named_by(act: &Act, digest: impl Fn(&str) -> Digest) -> AdminAction {
    let unnamed = |what: &str| what.chars().filter(|c| !c.is_control()).take(128).collect::<String>();
    match act {
        Act::TrustAdd { namespace, .. } => AdminAction::TrustAdd { key: String::new(), namespace: unnamed(namespace) },
        Act::TrustRevoke { key } => AdminAction::TrustRevoke { key: key.to_string() },
        Act::Install { component, .. } => {
            AdminAction::Install { plugin: None, version: None, component: digest(component) }
        }
        Act::Grant { plugin, .. } => AdminAction::Grant { plugin: plugin.clone(), grant: Digest::of(b"") },
        Act::Enable { plugin } => AdminAction::Enable { plugin: plugin.clone() },
        Act::Disable { plugin } => AdminAction::Disable { plugin: plugin.clone() },
        Act::PolicySet { text } => AdminAction::Policy { epoch: None, digest: Digest::of(text.as_bytes()) },
        Act::View(view) => Hospital::view_action(view),
        Act::Load { older, .. } => AdminAction::Load { older: *older },
        Act::Quarantine { plugin, on } => AdminAction::Quarantine { plugin: plugin.clone(), on: *on },
        Act::Pack { plugin, name, .. } => {
            AdminAction::Pack { plugin: plugin.clone(), name: name.clone(), digest: None }
        }
        Act::Copy { plugin, file } => AdminAction::Copy { plugin: plugin.clone(), digest: digest(file) },
        Act::Diagnose(act) => AdminAction::Diagnose {
            invocation: act.invocation.clone(),
            released: Digest::of(b""),
            to: unnamed(&act.to),
        },
        Act::List
        | Act::Show { .. }
        | Act::TrustList
        | Act::PolicyShow { .. }
        | Act::Disclosure { .. }
        | Act::FailedCalls
        | Act::Transcript { .. } => AdminAction::Look { what: "refused".to_owned() },
    }
}

/// Whose record an act looks at: for the private part.
pub(super) fn patient(act: &Act) -> Option<String> {
    match act {
        Act::View(view) => Some(view.patient.to_string()),
        Act::TrustAdd { .. }
        | Act::TrustRevoke { .. }
        | Act::TrustList
        | Act::Install { .. }
        | Act::Grant { .. }
        | Act::Enable { .. }
        | Act::Disable { .. }
        | Act::List
        | Act::Show { .. }
        | Act::PolicySet { .. }
        | Act::PolicyShow { .. }
        | Act::Disclosure { .. }
        | Act::Quarantine { .. }
        | Act::Pack { .. }
        | Act::Copy { .. }
        | Act::Load { .. }
        | Act::FailedCalls
        | Act::Transcript { .. }
        | Act::Diagnose(_) => None,
    }
}
