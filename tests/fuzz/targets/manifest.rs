#![no_main]
//! See `cordon_fuzz::manifest`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::manifest::manifest(input) {
        panic!("{broken}");
    }
});
