//! What one row costs once its class was decided, with 10 policies and with 1,000: the claim is the same.

use std::hint::black_box;
use std::sync::Arc;

use cordon_core::call::Purpose;
use cordon_core::label::Label;
use cordon_core::manifest::Hook;
use cordon_policy::cedar::{Cleared, Facts, Kind, Policies};
use criterion::{Criterion, criterion_group, criterion_main};

/// `count` policies: one permits, the rest forbid to one plugin each.
fn cleared(count: usize) -> Option<Cleared> {
    let forbid = |n: usize| {
        format!(
            "@id(\"no-{n}\") @why(\"bench\") forbid (principal == Plugin::\"org.example.p{n}\", action, resource) \
             when {{ resource.hiv }};\n"
        )
    };
    let permit = "@id(\"care\") @why(\"bench\") permit (principal, action, resource);\n".to_owned();
    let text: String = std::iter::once(permit).chain((1..count).map(forbid)).collect();
    let facts = Facts {
        tenant: "ward".to_owned(),
        issuer: "https://ehr.example.org".to_owned(),
        plugin: "org.example.renal-dosing".to_owned(),
        version: "1.0.0".to_owned(),
        purpose: Purpose::Treatment,
        roles: ["nurse".to_owned()].into(),
        hook: Hook::PatientView,
        service: "renal-dosing".to_owned(),
        need: "creatinine".to_owned(),
        user_known: true,
    };
    Some(Arc::new(Policies::parse(&text).ok()?).clear(facts))
}

fn row(c: &mut Criterion) {
    let mut group = c.benchmark_group("row");
    for count in [10, 1000] {
        let Some(cleared) = cleared(count) else { continue };
        let kind = Kind::of("Observation");
        group.bench_function(format!("decided/{count}-policies"), |b| {
            b.iter(|| cleared.permits(black_box(kind), black_box(Label::NORMAL)));
        });
        group.bench_function(format!("evaluated/{count}-policies"), |b| {
            b.iter(|| cleared.verdict(black_box(kind), black_box(Label::NORMAL)));
        });
    }
    group.finish();
}

criterion_group!(benches, row);
criterion_main!(benches);
