//! What hostile documents cost: the time they take once their bytes are in (on the clock, and of a
//! core, since others may be using the machine), and the memory beside them, each in a process of
//! its own. Linux only: it reads `/proc`.
//!
//!     cargo bench --bench hostile

use std::fmt::Write as FmtWrite;
use std::io::Write;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use feedmill::dedupe::url_key;
use feedmill::feed::{Input, Limits, Settings, parse};
use flate2::Compression;
use flate2::write::GzEncoder;

const MIB: usize = 1 << 20;

/// A name and what makes the document.
type Document = (&'static str, fn() -> Vec<u8>);

const DOCUMENTS: &[Document] = &[
    ("attribute of 50 MB", || {
        rss(&format!("<item a=\"{}\"/>", "x".repeat(50 * MIB)))
    }),
    ("attribute of 9 MB", || {
        rss(&format!("<item a=\"{}\"/>", "x".repeat(9 * MIB)))
    }),
    (
        "1,000,000 empty items",
        || rss(&"<item/>".repeat(1_000_000)),
    ),
    ("30,000 empty items", || rss(&"<item/>".repeat(30_000))),
    ("300,000 unclosed tags", || {
        "<a>".repeat(300_000).into_bytes()
    }),
    ("the same in an entry", || body(&"<a>".repeat(300_000))),
    ("nested media groups", || {
        rss(&format!("<item>{}", "<media:group>".repeat(700_000)))
    }),
    ("300,000 categories", || {
        rss(&format!(
            "<item>{}",
            "<category>a</category>".repeat(300_000)
        ))
    }),
    ("20 x 19,000 categories", || {
        rss(&list("<category>a</category>", 19_000).repeat(20))
    }),
    ("100 x 3,900 categories", || {
        rss(&list("<category>a</category>", 3_900).repeat(100))
    }),
    ("75 x 3,900 files", || {
        rss(&list("<enclosure url=\"http://a/\"/>", 3_900).repeat(75))
    }),
    ("250 x 3,900 unknown", || {
        rss(&list("<x/>", 3_900).repeat(250))
    }),
    ("50,000 short entries", || {
        let entry = |n| {
            format!(
                "<item><title>Entry {n}</title><link>https://example.org/{n}</link><guid>{n}</guid>\
                 <pubDate>Mon, 06 Sep 2021 00:01:00 +0000</pubDate><description>w</description></item>"
            )
        };
        rss(&(0..50_000).map(entry).collect::<String>())
    }),
    ("gzip of 1 GB", bomb),
    ("entities that repeat", || {
        let text = "&a;".repeat(3_000_000);
        let declared = format!("<!DOCTYPE rss [<!ENTITY a \"{}\">]>", "x".repeat(1000));
        [declared.into_bytes(), body(&text)].concat()
    }),
    ("entities that multiply", laughs),
    ("unclosed quotes", || {
        body(&"<item a=\" <b c=' ".repeat(500_000))
    }),
    ("unclosed comments", || body(&"<!-- ".repeat(1_900_000))),
    ("unclosed sections", || body(&"<![CDATA[ ".repeat(900_000))),
    ("closing tags", || body(&"</a>".repeat(2_400_000))),
    ("bare <", || body(&"< ".repeat(4_900_000))),
    ("bare &", || body(&"& ".repeat(4_900_000))),
    ("relative links", || {
        let links = "<a href=x>".repeat(900_000);
        rss(&format!(
            "<item><description><![CDATA[{links}]]></description></item>"
        ))
    }),
    ("values in JSON", || {
        format!("{{\"items\":[{}0]}}", "0,".repeat(4_900_000)).into_bytes()
    }),
    ("quotes in JSON", || {
        format!("{{\"items\":[\"{}", "\" ".repeat(4_900_000)).into_bytes()
    }),
    ("noise", || noise(0)),
    ("noise without controls", || noise(b' ')),
];

fn rss(inside: &str) -> Vec<u8> {
    format!("<rss version=\"2.0\"><channel>{inside}</channel></rss>").into_bytes()
}

fn body(text: &str) -> Vec<u8> {
    rss(&format!("<item><description>{text}</description></item>"))
}

/// An entry with a list.
fn list(value: &str, len: usize) -> String {
    format!("<item>{}</item>", value.repeat(len))
}

/// Bytes that look random, none of them below `least`.
fn noise(least: u8) -> Vec<u8> {
    let mut state = 1_u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes().first().copied().unwrap_or_default()
    };
    (0..10 * MIB).map(|_| byte().max(least)).collect()
}

fn bomb() -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1024 {
        let _ = out.write_all(&vec![b' '; MIB]);
    }
    out.finish().unwrap_or_default()
}

fn laughs() -> Vec<u8> {
    let mut declared = String::from("<!ENTITY l0 \"lol\">");
    for n in 1..12 {
        let below = format!("&l{};", n - 1).repeat(10);
        let _ = FmtWrite::write_fmt(&mut declared, format_args!("<!ENTITY l{n} \"{below}\">"));
    }
    let mut out = format!("<!DOCTYPE rss [{declared}]>").into_bytes();
    out.extend(body("&l11;"));
    out
}

/// A line of the kernel's account of this process, in bytes.
fn memory(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.unwrap_or_default() * 1024
}

/// Time on a core so far, in milliseconds.
fn core() -> f64 {
    let spent = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = spent
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e6
}

fn measure((name, make): &Document) {
    let document = make();
    // The peak begins anew; what it took to make the document does not count.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS:");
    let settings = Settings {
        limits: Limits::default(),
        url_key,
    };
    let input = Input {
        url: Some("https://example.org/feed"),
        content_type: None,
        body: &document,
    };
    let (start, spent) = (Instant::now(), core());
    let answer = parse(&input, &settings);
    let (took, spent) = (start.elapsed(), core() - spent);
    let peak = memory("VmHWM:").saturating_sub(before);
    let answer = match answer {
        Ok(feed) => format!("{} entries", feed.entries.len()),
        Err(failure) => failure.kind.token().to_owned(),
    };
    println!(
        "{name:24} {:5.1} MB {:6.1} ms {spent:6.1} ms of a core {:6.1} MB beside  {answer}",
        document.len() as f64 / 1e6,
        took.as_secs_f64() * 1e3,
        peak as f64 / 1e6,
    );
}

fn main() {
    let wanted = env::args().skip_while(|arg| arg != "--document").nth(1);
    for document in DOCUMENTS {
        match (&wanted, env::current_exe()) {
            (Some(wanted), _) if wanted == document.0 => measure(document),
            (None, Ok(this)) => {
                let _ = Command::new(this).args(["--document", document.0]).status();
            }
            _ => {}
        }
    }
}
