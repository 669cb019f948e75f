//! Times as texts whose bytes sort as the instants do, in this engine and in the next.

use jiff::Timestamp;

use crate::error::StoreError;

/// `2021-03-04T05:06:07.000000000Z`. A year before zero is only the open start of a period: `-`, which sorts before every
/// digit.
pub(crate) fn sortable(at: Timestamp) -> String {
    let text = format!("{at:.9}");
    if text.starts_with('-') { "-".to_owned() } else { text }
}

pub(crate) fn read(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_sort_as_instants() {
        let far =
            ["0000-12-31T10:00:00Z", "0999-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "2021-03-04T05:06:07Z"];
        let near = ["2021-03-04T05:06:07.000000001Z", "2021-03-04T05:06:07.1Z", "9999-12-30T22:00:00Z"];
        let instants = far.iter().chain(&near).map(|text| text.parse().unwrap());
        let all: Vec<Timestamp> = [Timestamp::MIN].into_iter().chain(instants).chain([Timestamp::MAX]).collect();
        assert!(all.is_sorted());
        assert!(all.windows(2).all(|pair| sortable(pair[0]) < sortable(pair[1])));
        assert_eq!(sortable(Timestamp::MIN), "-");
        assert_eq!(read(&sortable(all[3])).unwrap(), all[3]);
    }
}
