//! A document without its bodies.

use std::borrow::Cow;

/// What is left of a document when the bodies are cut out of it, written as the survey reads on.
///
/// feed-rs reads a body reference by reference, or copies it three times, and then we would look
/// at all of it again (measured: more than half of the time of a feed). The survey has them anyway.
pub(super) struct Frame<'a> {
    text: &'a str,
    out: String,
    /// Where what has not been copied yet begins.
    from: usize,
    /// Where the body being read begins, and where the last token of it ended.
    body: Option<(usize, usize)>,
}

impl<'a> Frame<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            out: String::new(),
            from: 0,
            body: None,
        }
    }

    /// Follows the survey behind a token that ends `at`; `in_body` says whether a body is open there.
    pub fn follow(&mut self, in_body: bool, at: usize) {
        match (&mut self.body, in_body) {
            (None, true) => self.body = Some((at, at)),
            (Some((_, end)), true) => *end = at,
            (Some((start, end)), false) => {
                self.out
                    .push_str(self.text.get(self.from..*start).unwrap_or_default());
                self.from = *end;
                self.body = None;
            }
            (None, false) => {}
        }
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
    fn bodies_of_entries_are_cut_out_and_nothing_else() {
        for (text, expected) in [
            (
                "<rss version=\"2.0\"><channel><description>a</description><item><title>b</title>\
                 <description>c &amp;<![CDATA[<p>]]></description><guid>d</guid></item></channel></rss>",
                "<rss version=\"2.0\"><channel><description>a</description><item><title>b</title>\
                 <description></description><guid>d</guid></item></channel></rss>",
            ),
            (
                "<feed><entry><content type=\"xhtml\"><div>a<br/>b</div></content><summary/></entry></feed>",
                "<feed><entry><content type=\"xhtml\"></content><summary/></entry></feed>",
            ),
            ("<rss version=\"2.0\"></rss>", "<rss version=\"2.0\"></rss>"),
        ] {
            let survey = survey(text, &Limits::default()).expect("within the limits");
            assert_eq!((survey.damage, survey.frame.as_ref()), (None, expected));
        }
    }
}
