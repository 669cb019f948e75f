//! The messages between broker and runner, and what the broker makes sure of in what comes back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::cells::Held;
use cordon_core::ids::{Coins, Digest, EntryName, NeedName, PluginId, ServiceId, TenantId};
use cordon_core::limits::{LimitClass, Limits, Wasi};
use cordon_core::manifest::{Hook, MOST_ARGUMENTS};
use cordon_core::message::{
    Answer, Asked, CardText, CellGiven, Filled, PackData, RunEnd, RunMessage, RunReply, SlotValue, Trap,
};
use cordon_core::release::MOST_NOTES;
use cordon_core::view::View;
use cordon_runtime::Wit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::compile::Priority;
use crate::layer::{Layer, Layers};

/// The most bytes of a reply: an answer that the engine let through, cells, notes, and what the format adds.
pub(crate) const MOST_REPLY: usize = 2 << 20;

/// What a runner is told first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) digest: Digest,
    pub(crate) class: LimitClass,
    pub(crate) wit: String,
    /// What a component that is compiled may import beside the contract.
    pub(crate) wasi: Option<Wasi>,
    /// Bytes of writable memory.
    pub(crate) memory: u64,
    /// Seconds of processor time, if they are counted over its whole life.
    pub(crate) seconds: Option<u64>,
    /// Layers that may be missing.
    pub(crate) accepted: Vec<Layer>,
    pub(crate) task: Task,
}

/// What a process in the jail is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Run the component in descriptor 1.
    Run(Priority),
    /// Get ready for a component of this class, and wait for the message that brings it with a descriptor.
    Wait,
    /// Check and compile the component in the next message.
    Compile(Priority),
    /// Show that the jail kills.
    Offend,
}

/// What a runner says first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Hello {
    Ready(Layers),
    /// It waits for its component.
    Waiting,
    /// The code does not fit the contract.
    Misfit(String),
    /// It does not serve: why, and what stands.
    Unfit(String, Layers),
}

/// One invocation, as it goes over the wire.
#[derive(Serialize, Deserialize)]
pub(crate) struct Call<'a> {
    limits: Limits,
    hook: Hook,
    service: ServiceId,
    now: (i64, i32),
    locale: &'a str,
    #[serde(borrow)]
    views: Vec<Rows<'a>>,
    cells: Vec<Cell>,
    #[serde(borrow)]
    packs: Vec<(EntryName, Pack<'a>)>,
    coins: [u8; 32],
}

/// A view: its text and where each row of it ends.
#[derive(Serialize, Deserialize)]
struct Rows<'a> {
    need: NeedName,
    elements: Cow<'a, [String]>,
    text: &'a str,
    ends: Cow<'a, [u32]>,
}

/// A cell: its name, its size, and what it holds with the version of that.
type Cell = (EntryName, u32, Option<(u64, Vec<u8>)>);

/// A data pack: whole when this process sees it for the first time, and by its digest afterwards.
#[derive(Serialize, Deserialize)]
struct Pack<'a> {
    version: &'a str,
    digest: Digest,
    #[serde(borrow, serialize_with = "bytes")]
    bytes: Option<&'a [u8]>,
}

fn bytes<S: Serializer>(bytes: &Option<&[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    struct Bytes<'a>(&'a [u8]);
    impl Serialize for Bytes<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    bytes.map(Bytes).serialize(serializer)
}

/// The tenant and the plugin of a run.
pub(crate) type Whose = (TenantId, PluginId);

/// The packs that a process holds.
pub(crate) type Packs = BTreeMap<Digest, Arc<PackData>>;

impl<'a> Call<'a> {
    /// The message, without the packs that the process holds already.
    pub(crate) fn of(message: &'a RunMessage, held: &Packs) -> Self {
        let pack = |(name, pack): (&EntryName, &'a Arc<PackData>)| {
            let bytes = (!held.contains_key(&pack.digest)).then_some(pack.bytes.as_slice());
            (name.clone(), Pack { version: &pack.version, digest: pack.digest, bytes })
        };
        let cell = |(name, cell): (&EntryName, &CellGiven)| {
            let held = cell.held.as_ref().map(|held| (held.version, held.bytes.clone()));
            (name.clone(), cell.size, held)
        };
        let view = |view: &'a View| Rows {
            need: view.need().clone(),
            elements: view.elements().into(),
            text: view.text(),
            ends: view.ends().into(),
        };
        Self {
            limits: message.limits,
            hook: message.hook,
            service: message.service.clone(),
            now: (message.now.as_second(), message.now.subsec_nanosecond()),
            locale: &message.locale,
            views: message.views.iter().map(view).collect(),
            cells: message.cells.iter().map(cell).collect(),
            packs: message.packs.iter().map(pack).collect(),
            coins: message.coins.seed(),
        }
    }

    /// The invocation on the runner's side. `None`: the broker sent what it cannot mean.
    pub(crate) fn into_message(self, whose: &Whose, component: Digest, held: &mut Packs) -> Option<RunMessage> {
        let view = |Rows { need, elements, text, ends }: Rows<'_>| {
            Some(View::from_parts(need, text.into(), ends.into_owned())?.listing(elements.into_owned().into()))
        };
        let cell = |(name, size, held): Cell| {
            (name, CellGiven { size, held: held.map(|(version, bytes)| Held { version, bytes }) })
        };
        let mut pack = |(name, pack): (EntryName, Pack<'_>)| {
            if let Some(bytes) = pack.bytes {
                let data = PackData { version: pack.version.to_owned(), digest: pack.digest, bytes: bytes.to_vec() };
                held.insert(pack.digest, Arc::new(data));
            }
            Some((name, Arc::clone(held.get(&pack.digest)?)))
        };
        Some(RunMessage {
            tenant: whose.0.clone(),
            plugin: whose.1.clone(),
            component,
            limits: self.limits,
            hook: self.hook,
            service: self.service,
            now: Timestamp::new(self.now.0, self.now.1).ok()?,
            locale: self.locale.to_owned(),
            views: self.views.into_iter().map(view).collect::<Option<_>>()?,
            cells: self.cells.into_iter().map(cell).collect(),
            packs: self.packs.into_iter().map(&mut pack).collect::<Option<_>>()?,
            budget: std::time::Duration::MAX,
            coins: Coins::new(self.coins),
        })
    }
}

/// The version of the contract with this name.
pub(crate) fn wit(name: &str) -> Option<Wit> {
    Wit::ALL.into_iter().find(|wit| wit.as_str() == name)
}

/// Whether a reply is one that the engine could have given. Whoever broke the engine can say anything: what the rules behind
/// this do not check themselves is checked here.
pub(crate) fn plausible(reply: &RunReply, message: &RunMessage) -> bool {
    let limits = message.limits;
    let fits = |(name, bytes): (&EntryName, &Option<Vec<u8>>)| {
        let size = message.cells.get(name).map_or(0, |cell| cell.size);
        message.cells.contains_key(name)
            && bytes
                .as_ref()
                .is_none_or(|bytes| u64::try_from(bytes.len()).is_ok_and(|length| length <= u64::from(size)))
    };
    let notes =
        reply.notes.len() <= MOST_NOTES && reply.notes.iter().all(|said| said.arguments.len() <= MOST_ARGUMENTS);
    let end = match &reply.end {
        RunEnd::Answered(answer) => finite(answer),
        RunEnd::Failed(_) => reply.cells.is_empty(),
        // Only the broker keeps the time, and only the gate knows the card profile.
        RunEnd::Trapped(trap) => reply.cells.is_empty() && !matches!(trap, Trap::Deadline | Trap::Profile),
    };
    reply.fuel <= limits.fuel && notes && end && reply.cells.iter().all(fits)
}

/// No number of it is none: two replies must be comparable.
fn finite(answer: &Answer) -> bool {
    let filled = |filled: &Filled| {
        filled.slots.iter().all(|(_, value)| match value {
            SlotValue::Number(number) => number.is_finite(),
            SlotValue::Code(_) | SlotValue::Date(_) | SlotValue::Row(_) => true,
        })
    };
    let asked = |asked: &Asked| match asked {
        Asked::Create(of) => filled(of),
        Asked::Delete(_) => true,
    };
    let text = |text: &CardText| match text {
        CardText::Template(template) => filled(template),
        CardText::Free { .. } => true,
    };
    let cards = answer.cards.iter();
    let mut suggested = cards.clone().flat_map(|card| &card.suggestions).flat_map(|suggested| &suggested.actions);
    cards.clone().all(|card| text(&card.text)) && suggested.all(asked) && answer.system_actions.iter().all(asked)
}
