//! The pages that were kept, as WARC 1.1 (ISO 28500:2017), for archives and the tools of archives.
//!
//! Each page is a `resource` record: its body with content encodings undone. The headers of the
//! exchange are not kept, and a `response` record without them would claim more than is known. Every
//! record is a gzip member of its own, so that readers can seek.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Context, Failure, moment};
use crate::daemon::{Clock as _, SystemClock};
use crate::model::{ArticleId, Timestamp};
use crate::store::open::beside;
use crate::store::raw::Range;
use crate::store::{RawPage, RawReader};

/// Articles looked up together.
const TOGETHER: u32 = 100;

/// Which pages, and where to.
#[derive(Debug, clap::Args)]
pub struct Pages {
    /// Only kept pages of this host, as it stands in addresses
    #[arg(long)]
    host: Option<String>,
    /// Only pages fetched since, or days of articles since: 2026-11-01, an instant, or an age such as 7d
    #[arg(long, value_name = "WHEN", value_parser = moment::read)]
    pub(super) since: Option<Timestamp>,
    /// Only kept pages fetched before
    #[arg(long, value_name = "WHEN", value_parser = moment::read)]
    until: Option<Timestamp>,
    /// The file of kept pages, such as pages.warc.gz; standard output without it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Pages {
    /// Nothing was said.
    pub(super) fn is_all(&self) -> bool {
        self.since.is_none() && self.is_of_articles()
    }

    /// Nothing was said that is for kept pages only.
    pub(super) fn is_of_articles(&self) -> bool {
        self.host.is_none() && self.until.is_none() && self.output.is_none()
    }

    /// Writes the pages; says how many on standard error.
    pub(super) fn export(&self, context: &Context) -> Result<(), Failure> {
        let mut raw = RawReader::open(&context.database()?)?;
        let range = Range {
            host: self.host.clone(),
            since: self.since,
            until: self.until,
        };
        let pages = match &self.output {
            Some(path) => write_file(&mut raw, &range, path)?,
            None => write(&mut raw, &range, BufWriter::new(stdout().lock()))?,
        };
        eprintln!("feedmill: {pages} pages written");
        Ok(())
    }
}

/// An archive that is not complete has another name.
fn write_file(raw: &mut RawReader, range: &Range, path: &Path) -> Result<u64, Failure> {
    let failed = |error: io::Error| Failure::runtime(format!("{}: {error}", path.display()));
    if path.exists() {
        let remedy = "it exists already; name a file that does not";
        return Err(failed(io::Error::other(remedy)));
    }
    let part = beside(path, ".part");
    let file = File::create(&part).map_err(failed)?;
    let written = write(raw, range, BufWriter::new(&file)).and_then(|pages| {
        file.sync_all().map_err(failed)?;
        fs::rename(&part, path).map_err(failed)?;
        Ok(pages)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn write(raw: &mut RawReader, range: &Range, mut out: impl Write) -> Result<u64, Failure> {
    let (mut pages, mut after) = (0, ArticleId(0));
    let now = SystemClock.now();
    let about = format!(
        "software: feedmill/{}\r\nformat: WARC File Format 1.1\r\n",
        env!("CARGO_PKG_VERSION")
    );
    let info = Record {
        kind: "warcinfo",
        at: now,
        target: None,
        content_type: "application/warc-fields",
        id: id_of(&["warcinfo", &now.to_string()]),
        body: about.as_bytes(),
    };
    info.write(&mut out)?;
    loop {
        let articles = raw.next(range, after, TOGETHER)?;
        let Some(last) = articles.last() else {
            out.flush()?;
            return Ok(pages);
        };
        after = *last;
        for article in articles {
            for page in raw.pages(article)? {
                Record::of(&page).write(&mut out)?;
                pages += 1;
            }
        }
    }
}

/// One record.
struct Record<'a> {
    kind: &'static str,
    at: Timestamp,
    target: Option<&'a str>,
    content_type: &'a str,
    id: String,
    body: &'a [u8],
}

impl<'a> Record<'a> {
    fn of(page: &'a RawPage) -> Self {
        Self {
            kind: "resource",
            at: page.fetched_at,
            target: Some(&page.url),
            content_type: page.content_type.as_deref().unwrap_or("text/html"),
            id: id_of(&[&page.url, &page.fetched_at.to_string()]),
            body: &page.body,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut member = GzEncoder::new(out, Compression::default());
        write!(member, "WARC/1.1\r\nWARC-Type: {}\r\n", self.kind)?;
        write!(member, "WARC-Record-ID: <urn:uuid:{}>\r\n", self.id)?;
        write!(member, "WARC-Date: {}\r\n", self.at)?;
        if let Some(target) = self.target {
            write!(member, "WARC-Target-URI: {}\r\n", line(target))?;
        }
        write!(member, "Content-Type: {}\r\n", line(self.content_type))?;
        write!(member, "Content-Length: {}\r\n\r\n", self.body.len())?;
        member.write_all(self.body)?;
        member.write_all(b"\r\n\r\n")?;
        member.finish()?;
        Ok(())
    }
}

/// A value that cannot begin another header.
fn line(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

/// A UUID of version 8 (RFC 9562 §5.8), the same for the same page: a second export is the same file.
fn id_of(names: &[&str]) -> String {
    let mut hash = blake3::Hasher::new();
    for name in names {
        hash.update(name.as_bytes()).update(b"\n");
    }
    let mut bytes = [0; 16];
    hash.finalize_xof().fill(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let number = number & !(0xf << 76) & !(0x3 << 62) | (8 << 76) | (2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read as _;

    #[test]
    fn a_record_says_its_length_and_nothing_a_server_said_begins_a_header() {
        let page = RawPage {
            link: None,
            url: "https://e.org/a".to_owned(),
            fetched_at: Timestamp::EPOCH,
            status: 200,
            content_type: Some("text/html\r\nWARC-Type: response".to_owned()),
            body: b"<p>1\r\n\r\n2".to_vec(),
        };
        let mut out = Vec::new();
        Record::of(&page).write(&mut out).expect("memory");
        let mut text = String::new();
        MultiGzDecoder::new(&out[..])
            .read_to_string(&mut text)
            .expect("gzip");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert_eq!(body, "<p>1\r\n\r\n2\r\n\r\n");
        assert_eq!(
            head.lines().skip(3).collect::<Vec<_>>(),
            [
                "WARC-Date: 1970-01-01T00:00:00.000Z",
                "WARC-Target-URI: https://e.org/a",
                "Content-Type: text/htmlWARC-Type: response",
                "Content-Length: 9",
            ]
        );
    }

    #[test]
    fn an_id_is_a_uuid_of_its_names() {
        let id = id_of(&["a", "b"]);
        assert_eq!((id.len(), id.get(14..15)), (36, Some("8")), "{id}");
        assert!(
            matches!(id.get(19..20), Some("8" | "9" | "a" | "b")),
            "{id}"
        );
        assert_eq!(id, id_of(&["a", "b"]));
        assert_ne!(id, id_of(&["ab", ""]));
    }
}
