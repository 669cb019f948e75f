#![no_main]
//! See `cordon_fuzz::skeleton`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::skeleton::skeleton(input) {
        panic!("{broken}");
    }
});
