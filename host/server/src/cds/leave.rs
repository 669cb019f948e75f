//! When an answer leaves: at the next edge after the call came, so that of the time a run took only the bucket shows.

use std::time::Duration;

use cordon_core::disclosure::LATENCY_EDGES;

use super::door::Door;
use crate::fault::out;

impl Door {
    /// Waits for the next edge, if the hospital has not switched that off. The record is durable by then and the turn is
    /// given back: who waits here keeps nobody from anything but a connection.
    pub(super) async fn leave(&self, started: Duration) {
        if self.settings.latency_buckets && !out!(EdgeSkipped) {
            let ran = self.clock.monotonic().saturating_sub(started);
            self.clock.wait(to_edge(ran)).await;
        }
    }
}

/// How long to wait for the next edge. Beyond the last one an answer leaves at once: whoever called has given up.
fn to_edge(ran: Duration) -> Duration {
    let edge = LATENCY_EDGES.into_iter().map(Duration::from_millis).find(|edge| *edge >= ran);
    edge.unwrap_or_default().saturating_sub(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(ran: u64) -> u128 {
        let ran = Duration::from_millis(ran);
        (ran + to_edge(ran)).as_millis()
    }

    #[test]
    fn an_answer_leaves_at_the_next_edge() {
        let table = [(0, 50), (49, 50), (50, 50), (51, 100), (120, 200), (480, 500), (501, 1_000), (1_999, 2_000)];
        for (ran, left) in table {
            assert_eq!(leaves(ran), left, "{ran}");
        }
    }

    #[test]
    fn beyond_the_last_edge_it_leaves_at_once() {
        assert_eq!((leaves(2_000), leaves(2_001), leaves(60_000)), (2_000, 2_001, 60_000));
    }
}
