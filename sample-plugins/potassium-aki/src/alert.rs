//! What was last shown, so that an alert is not repeated: a fixed number of bytes in the plugin's one state cell.

/// Seconds after which the same alert about the same result is shown again. A policy of this tool: the next shift has not
/// seen it.
pub const REPEAT_AFTER: i64 = 12 * 3_600;
/// The bytes of a [`LastAlert`].
pub const BYTES: usize = 1 + 3 * 17;
/// The first byte: the version of the encoding.
const VERSION: u8 = 1;

/// One alert that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// 1 to 3.
    pub level: u8,
    /// The time of the result that it is about, in seconds since 1970.
    pub result: i64,
    /// When it was shown, in seconds since 1970.
    pub at: i64,
}

impl Shown {
    /// Whether `next` would say the same again too soon. Another result or a higher level is news.
    #[must_use]
    pub fn covers(&self, next: &Self) -> bool {
        let since = next.at - self.at;
        self.result == next.result && next.level <= self.level && (0..REPEAT_AFTER).contains(&since)
    }
}

/// The last alert of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastAlert {
    /// Raised potassium, by band.
    pub potassium: Option<Shown>,
    /// A rise of potassium.
    pub rise: Option<Shown>,
    /// Acute kidney injury, by stage.
    pub kidney: Option<Shown>,
}

impl LastAlert {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Version, then of each kind: level (0 is none), result, shown; integers little-endian.
    #[must_use]
    pub fn encode(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let fields = [self.potassium, self.rise, self.kidney].into_iter().flat_map(|shown| {
            let Shown { level, result, at } = shown.unwrap_or(Shown { level: 0, result: 0, at: 0 });
            [level].into_iter().chain(result.to_le_bytes()).chain(at.to_le_bytes())
        });
        for (slot, byte) in bytes.iter_mut().zip([VERSION].into_iter().chain(fields)) {
            *slot = byte;
        }
        bytes
    }

    /// Reads what [`LastAlert::encode`] wrote. Anything else is `None`: then every alert is shown.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
        let (version, fields) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut kinds = fields.chunks_exact(17).map(shown);
        Some(Self { potassium: kinds.next()??, rise: kinds.next()??, kidney: kinds.next()?? })
    }
}

/// The outer `None` is unreadable, the inner is none shown.
fn shown(bytes: &[u8]) -> Option<Option<Shown>> {
    let (level, times) = bytes.split_first()?;
    let (result, at) = times.split_at_checked(8)?;
    let number = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_le_bytes);
    match level {
        0 => Some(None),
        1..=3 => Some(Some(Shown { level: *level, result: number(result)?, at: number(at)? })),
        4.. => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: Shown = Shown { level: 2, result: 1_622_500_000, at: 1_622_505_600 };

    #[test]
    fn what_is_written_is_read() {
        let all = LastAlert { potassium: Some(SHOWN), rise: Some(Shown { level: 1, ..SHOWN }), kidney: Some(SHOWN) };
        let one = LastAlert { kidney: Some(Shown { level: 3, result: -1, at: i64::MAX }), ..LastAlert::default() };
        for last in [all, one, LastAlert::default()] {
            assert_eq!(LastAlert::decode(&last.encode()), Some(last));
        }
    }

    #[test]
    fn the_encoding_is_fixed() {
        let bytes =
            LastAlert { potassium: Some(Shown { level: 3, result: 258, at: 1 }), ..LastAlert::default() }.encode();
        assert_eq!(BYTES, 52);
        assert_eq!(bytes[..18], [1, 3, 2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        assert!(bytes[18..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        let good = LastAlert { potassium: Some(SHOWN), ..LastAlert::default() }.encode();
        assert_eq!(LastAlert::decode(&good[..51]), None);
        assert_eq!(LastAlert::decode(&[]), None);
        assert_eq!(LastAlert::decode(&[&good[..], &[0]].concat()), None);
        for (at, byte) in [(0, 2), (1, 4), (18, 255)] {
            let mut bytes = good;
            bytes[at] = byte;
            assert_eq!(LastAlert::decode(&bytes), None, "{at}");
        }
    }

    #[test]
    fn the_same_alert_is_covered_for_twelve_hours() {
        let later = |seconds| Shown { at: SHOWN.at + seconds, ..SHOWN };
        assert!(SHOWN.covers(&later(0)));
        assert!(SHOWN.covers(&later(REPEAT_AFTER - 1)));
        assert!(!SHOWN.covers(&later(REPEAT_AFTER)));
        assert!(!SHOWN.covers(&later(-1)), "a clock that went back");
        assert!(SHOWN.covers(&Shown { level: 1, ..later(1) }));
        assert!(!SHOWN.covers(&Shown { level: 3, ..later(1) }));
        assert!(!SHOWN.covers(&Shown { result: SHOWN.result + 1, ..later(1) }));
    }
}
