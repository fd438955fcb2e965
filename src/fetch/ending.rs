//! Whether a document says itself that it has ended.

/// What closes the root of a feed or a page.
const ENDS: [&[u8]; 4] = [b"</rss>", b"</feed>", b"</rdf:rdf>", b"</html>"];
/// What may follow it: caches sign their work in a comment.
const TAIL_BYTES: usize = 1 << 10;

/// Whether a feed or page is there up to the end of its root.
#[must_use]
pub(super) fn has_ended(body: &[u8]) -> bool {
    let (_, tail) = body.split_at(body.len().saturating_sub(TAIL_BYTES));
    let tail = tail.to_ascii_lowercase();
    ENDS.iter()
        .any(|end| memchr::memmem::find(&tail, end).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_ended_when_its_root_is_closed() {
        let signed = format!("<rss></rss>\n<!-- cached {} -->", "x".repeat(500));
        for whole in [
            "<rss></rss>",
            "<HTML></HTML>\n",
            "<rdf:RDF></rdf:RDF>",
            &signed,
        ] {
            assert!(has_ended(whole.as_bytes()), "{whole}");
        }
        let long_ago = format!("<rss></rss>{}", "x".repeat(2000));
        for cut in ["", "<rss>", "<feed><entry></entry>", &long_ago] {
            assert!(!has_ended(cut.as_bytes()), "{cut}");
        }
    }
}
