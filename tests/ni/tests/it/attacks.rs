//! How an attack is written down.

/// One test that the attack fails, and one that it succeeds with the check taken out.
macro_rules! attacks {
    ($($name:ident without $fault:ident => $leaks:expr;)+) => {
        /// What is taken out below.
        #[cfg(feature = "faults")]
        pub(crate) const TAKEN: &[cordon_faults::Fault] = &[$(cordon_faults::Fault::$fault,)+];

        $(mod $name {
            use super::*;

            #[test]
            fn is_refused() {
                let _whole = cordon_faults::without(None);
                let leaks: fn() -> bool = $leaks;
                assert!(!leaks());
            }

            #[cfg(feature = "faults")]
            #[test]
            fn would_succeed_without_the_check() {
                let _out = cordon_faults::without(Some(cordon_faults::Fault::$fault));
                let leaks: fn() -> bool = $leaks;
                assert!(leaks(), "the test does not see that {:?} is taken out", cordon_faults::Fault::$fault);
            }
        })+
    };
}
pub(crate) use attacks;
