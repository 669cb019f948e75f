//! Code that was kept: it is native code, so the host runs what it made itself and nothing else.

use cordon_core::ids::Digest;
use cordon_core::limits::{LimitClass, Wasi};
use cordon_runtime::{Code, Wit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::fault::out;

/// Bytes of a tag: HMAC-SHA-256 (RFC 2104).
pub const TAG: usize = 32;

/// What the tag of this use of the key begins with.
const PURPOSE: &[u8] = b"cordon code 1";

/// The host's key for code. Whoever has it can have any native code run in a runner.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

/// What code was made of, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeOf<'a> {
    /// The component.
    pub component: Digest,
    /// The class that it was admitted in.
    pub class: LimitClass,
    /// The version of the contract.
    pub wit: Wit,
    /// What it was admitted with beside the contract.
    pub wasi: Option<Wasi>,
    /// The engine and its settings: [`cordon_runtime::Engine::profile`].
    pub profile: &'a str,
}

impl CodeKey {
    /// Takes a key up.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Code as it is kept: the tag, then the bytes. `None`: it is not in memory.
    #[must_use]
    pub fn seal(&self, code: &Code, profile: &str) -> Option<Vec<u8>> {
        let of = CodeOf { component: code.digest(), class: code.class(), wit: code.wit(), wasi: code.wasi(), profile };
        let bytes = code.bytes()?;
        Some([self.mac(&of, bytes)?.finalize().into_bytes().as_slice(), bytes].concat())
    }

    /// What was kept, if it is exactly what [`CodeKey::seal`] gave for this component, class, contract and profile.
    #[must_use]
    pub fn open(&self, of: &CodeOf<'_>, kept: &[u8]) -> Option<Code> {
        let (tag, bytes) = kept.split_at_checked(TAG)?;
        let genuine = self.mac(of, bytes)?.verify_slice(tag).is_ok() || out!(CodeTagIgnored);
        genuine.then(|| Code::trusted(of.component, of.class, of.wit, bytes.to_vec()).with_wasi(of.wasi))
    }

    /// Every part is preceded by its length, so that no two of them can be read as others.
    fn mac(&self, of: &CodeOf<'_>, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        let component = of.component.to_string();
        let class = match of.class {
            LimitClass::Compiled => "compiled",
            LimitClass::Interpreted => "interpreted",
        };
        let wasi = match of.wasi {
            Some(Wasi::Deterministic) => "deterministic",
            None => "",
        };
        let bound = [&component, class, of.wit.as_str(), wasi, of.profile].map(str::as_bytes);
        let bound = if out!(CodeUnbound) { [&[][..]; 5] } else { bound };
        for part in [PURPOSE].iter().chain(&bound).chain(&[bytes]) {
            mac.update(&u64::try_from(part.len()).ok()?.to_le_bytes());
            mac.update(part);
        }
        Some(mac)
    }
}

/// Prints no key.
impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "wasmtime-48-0123456789abcdef";

    fn of(component: &[u8]) -> CodeOf<'static> {
        let (class, wit) = (LimitClass::Compiled, Wit::ALL[0]);
        CodeOf { component: Digest::of(component), class, wit, wasi: None, profile: PROFILE }
    }

    fn kept(component: &[u8]) -> Vec<u8> {
        let of = of(component);
        let bytes = component.iter().copied().cycle().take(5_000).collect();
        CodeKey::new([7; 32]).seal(&Code::trusted(of.component, of.class, of.wit, bytes), PROFILE).unwrap()
    }

    fn opens(of: &CodeOf<'_>, kept: &[u8]) -> bool {
        CodeKey::new([7; 32]).open(of, kept).is_some()
    }

    #[test]
    fn code_under_any_other_name_is_not_taken() {
        let (of, kept) = (of(b"renal"), kept(b"renal"));
        let code = CodeKey::new([7; 32]).open(&of, &kept).unwrap();
        assert_eq!((code.digest(), code.class(), code.wit()), (of.component, of.class, of.wit));
        assert_eq!(code.bytes().unwrap(), &kept[TAG..]);
        for other in [
            CodeOf { component: Digest::of(b"allergy"), ..of },
            CodeOf { class: LimitClass::Interpreted, ..of },
            CodeOf { wit: Wit::ALL[1], ..of },
            CodeOf { wasi: Some(Wasi::Deterministic), ..of },
            CodeOf { profile: "wasmtime-49-0123456789abcdef", ..of },
        ] {
            assert!(!opens(&other, &kept), "{other:?}");
        }
        assert!(CodeKey::new([8; 32]).open(&of, &kept).is_none());
        assert!(!opens(&of, &self::kept(b"allergy")));
    }

    #[test]
    fn ten_thousand_changed_bits_are_ten_thousand_refusals() {
        let (of, kept) = (of(b"renal"), kept(b"renal"));
        let bits = kept.len() * 8;
        // 7919 is prime and does not divide the number of bits: no bit comes twice.
        for bit in (0..10_000).map(|step| step * 7_919 % bits) {
            let mut changed = kept.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!opens(&of, &changed), "bit {bit}");
        }
    }

    #[test]
    fn swapped_parts_and_other_lengths_are_refused() {
        let (of, kept, other) = (of(b"renal"), kept(b"renal"), kept(b"allergy"));
        assert!(!opens(&of, &[&kept[..TAG], &other[TAG..]].concat()));
        assert!(!opens(&of, &[&other[..TAG], &kept[TAG..]].concat()));
        for cut in (0..TAG + 64).chain([kept.len() - 1]) {
            assert!(!opens(&of, &kept[..cut]), "{cut}");
        }
        assert!(!opens(&of, &[&kept[..], &[0]].concat()));
        for (one, two) in (TAG..TAG + 1_000).map(|at| (at, at + 1)).filter(|(one, two)| kept[*one] != kept[*two]) {
            let mut swapped = kept.clone();
            swapped.swap(one, two);
            assert!(!opens(&of, &swapped), "{one}");
        }
    }
}
