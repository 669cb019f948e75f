//! When answers leave (threat CV-02): time is the test's own, so that nothing here depends on the machine.

use std::time::Duration;

use cordon_core::message::{Failure, RunEnd, Trap};

use crate::cds_host::{Setup, TestHost, patient_view};

/// After how many milliseconds the answer to a call left whose run took so many.
async fn leaves(takes: u64, change: impl FnOnce(&mut Setup)) -> u128 {
    let host = TestHost::start(|setup| {
        setup.rooms.takes = Duration::from_millis(takes);
        change(setup);
    });
    let host = host.await;
    host.call(&patient_view()).await;
    host.passed().as_millis()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_buckets_off_the_time_of_a_run_shows() {
    for takes in [0, 60, 90] {
        assert_eq!(leaves(takes, |setup| setup.settings.latency_buckets = false).await, takes.into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_two_runs_in_one_bucket_leave_at_the_same_time() {
    assert_eq!((leaves(60, |_| {}).await, leaves(90, |_| {}).await), (100, 100));
    assert_eq!((leaves(0, |_| {}).await, leaves(449, |_| {}).await), (50, 500));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_call_ends_it_leaves_at_an_edge() {
    for end in [RunEnd::Trapped(Trap::Fuel), RunEnd::Failed(Failure::Internal)] {
        assert_eq!(leaves(60, |setup| setup.rooms.end = Some(end)).await, 100);
    }
    assert_eq!(leaves(60, |setup| setup.rooms.ledger_fails = true).await, 100);
    assert_eq!(leaves(0, |setup| setup.rooms.installed.clear()).await, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_leaves_at_an_edge_and_one_without_a_token_at_once() {
    let host = TestHost::start(|_| {}).await;
    assert_eq!(host.send("POST", "/cds-services/echo", "no token", b"{}").await.status, 401);
    assert_eq!(host.passed(), Duration::ZERO);
    assert_eq!(host.post("/cds-services/echo", b"{}").await.status, 400);
    assert_eq!(host.passed(), Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_last_edge_nothing_is_held_back() {
    assert_eq!(leaves(2_345, |_| {}).await, 2_345);
}
