#![no_main]
//! See `cordon_fuzz::envelope`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::envelope::envelope(input) {
        panic!("{broken}");
    }
});
