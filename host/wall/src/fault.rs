//! Checks that `tests/ni` takes out, to see that something then leaks. Outside that build nothing can be taken out.

/// Whether a test took this check out: `false`, and no code, in every build without the feature `faults`.
macro_rules! out {
    ($fault:ident) => {{
        #[cfg(feature = "faults")]
        let out = cordon_faults::out(cordon_faults::Fault::$fault);
        #[cfg(not(feature = "faults"))]
        let out = false;
        out
    }};
}
pub(crate) use out;
