//! Any bytes: decoding, the survey, and whatever they lead to.
#![no_main]

mod check;

libfuzzer_sys::fuzz_target!(|body: &[u8]| check::check(body));
