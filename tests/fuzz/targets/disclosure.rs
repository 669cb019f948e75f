#![no_main]
//! See `cordon_fuzz::disclosure`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::disclosure::disclosing(input) {
        panic!("{broken}");
    }
});
