#![no_main]
//! See `cordon_fuzz::request`.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(broken) = cordon_fuzz::request::request(input) {
        panic!("{broken}");
    }
});
