//! What the tests share: one engine, one message, one call.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cordon_core::ids::{Coins, Digest, EntryName, NeedName, PluginId, ServiceId, TenantId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::Hook;
use cordon_core::message::{Advice, Answer, CardText, CellGiven, PackData, RunEnd, RunMessage, RunReply};
use cordon_core::ports::Runner;
use cordon_core::view::View;
use cordon_runtime::{Engine, LocalRunner, Plugins};

const ROWS: [&str; 2] = [
    r#"{"resourceType":"Observation","id":"a","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]}}"#,
    r#"{"resourceType":"Observation","id":"b","code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}]}}"#,
];

/// The engine, made once.
pub(crate) fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap()).clone()
}

/// A guest's component.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    cordon_guest_build::guest(name).unwrap()
}

/// `labs` with these rows, of a need that lists four elements.
pub(crate) fn labs<'a>(rows: impl IntoIterator<Item = &'a str>) -> View {
    let elements = ["code", "effectiveDateTime", "status", "valueQuantity"].map(str::to_owned);
    View::new(NeedName::new("labs").unwrap(), rows).listing(Arc::new(elements))
}

/// The name of a cell or a pack.
pub(crate) fn name(name: &str) -> EntryName {
    EntryName::new(name).unwrap()
}

fn doses() -> Arc<PackData> {
    let bytes = br#"{"metformin":1000}"#.to_vec();
    Arc::new(PackData { version: "2024-03".to_owned(), digest: Digest::of(&bytes), bytes })
}

/// A `patient-view` call with an empty cell `count`, a pack `doses`, two rows of `labs` and the default limits of a class.
pub(crate) fn message(component: &[u8], class: LimitClass) -> RunMessage {
    RunMessage {
        tenant: TenantId::new("st-anna").unwrap(),
        plugin: PluginId::new("org.example.probe").unwrap(),
        component: Digest::of(component),
        limits: Limits::of(class),
        hook: Hook::PatientView,
        service: ServiceId::new("probe").unwrap(),
        now: "2024-03-01T09:30:00Z".parse().unwrap(),
        locale: "en".to_owned(),
        views: vec![labs(ROWS)],
        cells: [(name("count"), CellGiven { size: 64, held: None })].into(),
        packs: [(name("doses"), doses())].into(),
        budget: Duration::from_secs(3_600),
        coins: Coins::new([0; 32]),
    }
}

/// Runs a component once with this message, in the class the message names.
pub(crate) fn run_with(component: &[u8], message: RunMessage) -> RunReply {
    runner(component, &message).run(message).unwrap()
}

/// A runner that has the component loaded.
pub(crate) fn runner(component: &[u8], message: &RunMessage) -> LocalRunner {
    static PLUGINS: OnceLock<Arc<Plugins>> = OnceLock::new();
    let plugins = PLUGINS.get_or_init(Arc::default).clone();
    if !plugins.contains(&message.component, message.limits.class) {
        plugins.insert(engine().compile(component, message.limits.class).unwrap());
    }
    LocalRunner::new(engine(), plugins)
}

/// Runs a component once with two rows of `labs` and the default limits of *compiled*.
pub(crate) fn run(component: &[u8]) -> RunReply {
    run_with(component, message(component, LimitClass::Compiled))
}

/// The answer of a reply.
pub(crate) fn answer(reply: &RunReply) -> &Answer {
    let RunEnd::Answered(answer) = &reply.end else { panic!("no answer: {:?}", reply.end) };
    answer
}

/// The one summary of an answer.
pub(crate) fn said(reply: &RunReply) -> &str {
    let answer = answer(reply);
    assert_eq!(answer.cards.len(), 1);
    summary(&answer.cards[0])
}

/// The words of a card.
pub(crate) fn summary(card: &Advice) -> &str {
    let CardText::Free { summary, .. } = &card.text else { panic!("a template") };
    summary
}
