#![no_main]
//! See `cordon_fuzz::template`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::template::template(input) {
        panic!("{broken}");
    }
});
