#![no_main]
//! See `cordon_fuzz::card`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::card::card(input) {
        panic!("{broken}");
    }
});
