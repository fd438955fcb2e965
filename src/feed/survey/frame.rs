//! A document without what feed-rs need not read.

use std::borrow::Cow;

/// What is left of a document when tokens are cut out of it, written as the survey reads on.
///
/// feed-rs reads a body reference by reference, or copies it three times, and then we would look
/// at all of it again (measured: more than half of the time of a feed). The survey has the bodies
/// anyway, and so the fields that feed-rs would only copy; of what it makes of files and unknown
/// elements nothing is used.
pub(super) struct Frame<'a> {
    text: &'a str,
    out: String,
    /// Where what has not been copied yet begins.
    from: usize,
}

impl<'a> Frame<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            out: String::new(),
            from: 0,
        }
    }

    /// Leaves out what stands between two places; cuts come in order.
    pub fn cut(&mut self, start: usize, end: usize) {
        self.out
            .push_str(self.text.get(self.from..start).unwrap_or_default());
        self.from = end;
    }

    pub fn finish(mut self) -> Cow<'a, str> {
        if self.from == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out
            .push_str(self.text.get(self.from..).unwrap_or_default());
        Cow::Owned(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::survey;
    use crate::feed::Limits;

    #[test]
    fn what_we_read_ourselves_is_cut_out_of_entries() {
        for (text, expected) in [
            (
                "<rss version=\"2.0\"><channel><description>a</description><item><title>b</title>\
                 <description>c &amp;<![CDATA[<p>]]></description><guid>d</guid></item></channel></rss>",
                "<rss version=\"2.0\"><channel><description>a</description><item><title>b</title>\
                 <description></description><guid>d</guid></item></channel></rss>",
            ),
            (
                "<feed><entry><content type=\"xhtml\"><div>a<br/>b</div></content><summary/></entry></feed>",
                "<feed><entry><content type=\"xhtml\"></content></entry></feed>",
            ),
            (
                "<rss version=\"2.0\"><channel><pubDate>a</pubDate><item><category>b</category>\
                 <pubDate>c</pubDate> <author>d &amp; e</author><x><y/></x><guid>f</guid></item></channel></rss>",
                "<rss version=\"2.0\"><channel><pubDate>a</pubDate><item> <guid>f</guid></item></channel></rss>",
            ),
            (
                "<feed><entry><category term=\"a\"/><category term=\"b\"></category></entry></feed>",
                "<feed><entry></entry></feed>",
            ),
            ("<rss version=\"2.0\"></rss>", "<rss version=\"2.0\"></rss>"),
        ] {
            let survey = survey(text, &Limits::default()).expect("within the limits");
            assert_eq!((survey.damage, survey.frame.as_ref()), (None, expected));
        }
    }
}
