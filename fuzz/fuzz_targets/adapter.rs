//! Text in an entry that is closed behind it: what is well formed goes to feed-rs as it is.
#![no_main]

mod check;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let spaces = [
        ("media", "http://search.yahoo.com/mrss/"),
        ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
        ("podcast", "https://podcastindex.org/namespace/1.0"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("content", "http://purl.org/rss/1.0/modules/content/"),
    ];
    let spaces: String = spaces
        .iter()
        .map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\""))
        .collect();
    check::check(
        format!("<rss version=\"2.0\"{spaces}><channel><item>{text}</item></channel></rss>")
            .as_bytes(),
    );
    check::check(
        format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"{spaces}><entry>{text}</entry></feed>")
            .as_bytes(),
    );
});
