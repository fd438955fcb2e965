//! What a feed costs: beside feed-rs alone where it is honest, and when it is damaged.
//!
//!     cargo bench --bench feed

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feedmill::dedupe::url_key;
use feedmill::feed::{Input, Limits, Settings, parse};

/// Bytes of a feed.
const BYTES: usize = 1_000_000;
/// Paragraphs of a body, and words of a paragraph: an article of some 5 kB.
const PARAGRAPHS: usize = 10;
const WORDS: usize = 60;
/// Every so many entries of the damaged feed one is.
const DAMAGED: usize = 10;

/// What a feed is made of, and how its bodies stand in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Articles, their markup escaped.
    Escaped,
    /// The same in CDATA.
    Section,
    /// In CDATA, with a tag around every word, as highlighted source code has.
    Dense,
    /// In CDATA and in scripts beyond Latin.
    Foreign,
    /// Entries of a sentence each.
    Small,
    /// Atom with its bodies in XHTML.
    Xhtml,
}

/// A sequence that looks random (`SplitMix64`), the same in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from(state ^ (state >> 31)).unwrap_or_default() % below
    }

    /// Two words in ten are marked up, refer to something or are not English.
    fn word(&mut self, shape: Shape) -> String {
        const PLAIN: [&str; 8] = [
            "of", "the", "and", "morning", "city", "council", "a", "said",
        ];
        const RICH: [&str; 6] = [
            "caf\u{e9}",
            "Smith &amp; Sons",
            "mayor&#8217;s",
            "<b>bold</b>",
            "<a href=\"https://example.org/story/1234?page=1&amp;full=2\">here</a>",
            "<img src=\"/images/1.jpg\" alt=\"A view\"/>",
        ];
        const FOREIGN: [&str; 8] = [
            "город",
            "совет",
            "утро",
            "и",
            "сказал",
            "日本語の記事",
            "이야기",
            "خبر",
        ];
        let one = self.next(40);
        let plain = if shape == Shape::Foreign {
            FOREIGN
        } else {
            PLAIN
        };
        let word = plain
            .get(one / 4)
            .or_else(|| RICH.get(one % RICH.len()))
            .unwrap_or(&"word");
        if shape == Shape::Dense {
            return format!("<span class=\"k{one}\">{word}</span>");
        }
        (*word).to_owned()
    }

    fn paragraph(&mut self, shape: Shape) -> String {
        let words: Vec<_> = (0..WORDS).map(|_| self.word(shape)).collect();
        format!("<p>{}</p>\n", words.join(" "))
    }
}

fn escaped(html: &str) -> String {
    html.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A feed of some [`BYTES`].
fn feed(shape: Shape, damaged: bool) -> String {
    let mut sequence = Sequence(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(if shape == Shape::Xhtml {
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Example</title>\
         <link href=\"https://example.org/\"/><updated>2021-09-06T00:01:00Z</updated>\n"
    } else {
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel><title>Example</title>\
         <link>https://example.org/</link><description>News</description>\n"
    });
    for at in 0.. {
        if out.len() >= BYTES {
            break;
        }
        // A bare ampersand, and an entity that XML does not know.
        let title = if damaged && at % DAMAGED == 0 {
            "R&D in&nbsp;town"
        } else {
            "R&amp;D in town"
        };
        entry(&mut out, shape, at, title, &mut sequence);
    }
    out.push_str(if shape == Shape::Xhtml {
        "</feed>\n"
    } else {
        "</channel></rss>\n"
    });
    out
}

fn entry(out: &mut String, shape: Shape, at: usize, title: &str, sequence: &mut Sequence) {
    let paragraphs = if shape == Shape::Small { 0 } else { PARAGRAPHS };
    let html: String = (0..paragraphs).map(|_| sequence.paragraph(shape)).collect();
    let link = format!("https://example.org/story/{at}");
    if shape == Shape::Xhtml {
        let _ = writeln!(
            out,
            "<entry><title>{title} {at}</title><link href=\"{link}\"/><id>{link}</id>\
             <updated>2021-09-06T00:01:00Z</updated><author><name>Jane Doe</name></author>\
             <content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">{html}</div>\
             </content></entry>"
        );
        return;
    }
    let content = match shape {
        Shape::Small => String::new(),
        Shape::Escaped => format!("<content:encoded>{}</content:encoded>", escaped(&html)),
        _ => format!("<content:encoded><![CDATA[{html}]]></content:encoded>"),
    };
    let summary = match shape {
        Shape::Small => "The council said so in the morning.".to_owned(),
        _ => escaped(&sequence.paragraph(shape)),
    };
    let _ = writeln!(
        out,
        "<item><title>{title} {at}</title><link>{link}</link>\
         <guid isPermaLink=\"false\">story-{at}</guid><dc:creator>Jane Doe</dc:creator>\
         <pubDate>Mon, 06 Sep 2021 00:01:00 +0000</pubDate><category>Town</category>\
         <description>{summary}</description>{content}</item>"
    );
}

fn feeds(criterion: &mut Criterion) {
    let settings = Settings {
        limits: Limits::default(),
        url_key,
    };
    // feed-rs refuses a damaged feed at once: its time is that of the honest one with the same texts.
    for (name, shape, damaged) in [
        ("feed/escaped", Shape::Escaped, false),
        ("feed/cdata", Shape::Section, false),
        ("feed/dense", Shape::Dense, false),
        ("feed/foreign", Shape::Foreign, false),
        ("feed/small", Shape::Small, false),
        ("feed/xhtml", Shape::Xhtml, false),
        ("feed/cdata damaged", Shape::Section, true),
        ("feed/dense damaged", Shape::Dense, true),
        ("feed/small damaged", Shape::Small, true),
    ] {
        let honest = feed(shape, false);
        let text = feed(shape, damaged);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(BYTES as u64));
        group.bench_function("feed-rs", |bencher| {
            bencher.iter(|| feed_rs::parser::parse(black_box(honest.as_bytes())));
        });
        group.bench_function("feedmill", |bencher| {
            bencher.iter(|| {
                parse(
                    &Input {
                        url: Some("https://example.org/feed.xml"),
                        content_type: None,
                        body: black_box(text.as_bytes()),
                    },
                    &settings,
                )
            });
        });
        group.finish();
    }
}

criterion_group!(benches, feeds);
criterion_main!(benches);
