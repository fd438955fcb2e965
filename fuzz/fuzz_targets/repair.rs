//! Text in a feed that is never honest, since its root has no version: the repair.
#![no_main]

mod check;

libfuzzer_sys::fuzz_target!(|text: &str| {
    check::check(format!("<rss><channel><item><title>x</title></item><item>{text}").as_bytes());
});
