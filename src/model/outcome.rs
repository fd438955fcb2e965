//! What the world did: closed sets with stable tokens.
//!
//! A failure is classified where it is born and travels as a value. The token is
//! what the store keeps, what `status` shows and what an operator greps for.

use std::fmt;

use super::token::tokens;

/// The answer a poll got, when it got one that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollOutcome {
    /// 200 with entries to write.
    Changed,
    /// 200, and nothing to write.
    Unchanged,
    /// 304.
    NotModified,
}

impl PollOutcome {
    /// The word that the store uses.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::NotModified => "not_modified",
        }
    }
}

tokens! {
    /// Why a poll or a page came to nothing.
    FailureKind {
    // Reaching the server.
    Dns = "dns", "the host name has no address";
    ConnectRefused = "connect_refused", "the connection was refused";
    ConnectTimeout = "connect_timeout", "the connection was not answered in time";
    Connect = "connect", "no connection could be made";
    TlsExpired = "tls_expired", "the server's certificate has expired, or is not valid yet";
    TlsName = "tls_name", "the server's certificate is for another host";
    TlsUntrusted = "tls_untrusted", "the server's certificate is not signed by anyone we trust";
    Tls = "tls", "no secure connection could be agreed on";
    Timeout = "timeout", "the answer took longer than allowed";
    Reset = "reset", "the connection broke before the answer was complete";
    Truncated = "truncated", "the body is cut short, or cannot be decoded";
    Protocol = "protocol", "the answer is not valid HTTP";
    // What we refuse.
    BadUrl = "bad_url", "the address cannot be asked";
    BlockedAddress = "blocked_address", "the address is private or reserved";
    TooManyRedirects = "too_many_redirects", "too many redirects";
    BadRedirect = "bad_redirect", "a redirect that leads nowhere allowed";
    TooLarge = "too_large", "the body is larger than allowed";
    CompressionBomb = "compression_bomb", "the body expands beyond reason";
    Robots = "robots", "robots.txt asks us not to";
    RobotsUnknown = "robots_unknown", "robots.txt cannot be read at present, so nothing may be asked";
    Credentials = "credentials", "the credentials configured for it cannot be read";
    // What the server said.
    Unauthorized = "unauthorized", "the server wants credentials";
    Forbidden = "forbidden", "the server refuses";
    NotFound = "not_found", "not found";
    Gone = "gone", "gone for good";
    Throttled = "throttled", "the server asks us to slow down";
    Unavailable = "unavailable", "the server is out of service";
    ServerError = "server_error", "the server failed";
    HttpStatus = "http_status", "an answer of a kind that cannot be used";
    UnaskedNotModified = "unasked_not_modified", "304 to an unconditional request";
    BotWall = "bot_wall", "a challenge for browsers instead of an answer";
    // What the body turned out to be.
    Empty = "empty", "the body is empty";
    NotAFeed = "not_a_feed", "the document is not a feed";
    Malformed = "malformed", "the document cannot be read";
    TooDeep = "too_deep", "the document is nested deeper than allowed";
    TooManyEntries = "too_many_entries", "the document has more elements than allowed";
    NotHtml = "not_html", "the page is not HTML";
    NoArticle = "no_article", "the page has no article";
    TooSlow = "too_slow", "the page takes too long to read";
    Panicked = "panicked", "reading the document failed inside feedmill";
    }
}

impl FailureKind {
    /// Asking again with the same credentials would be refused again.
    #[must_use]
    pub const fn is_about_credentials(self) -> bool {
        matches!(self, Self::Unauthorized | Self::Credentials)
    }

    /// The host itself could not be talked to: no name, no connection, no certificate to trust.
    #[must_use]
    pub const fn is_unreachable(self) -> bool {
        matches!(
            self,
            Self::Dns
                | Self::ConnectRefused
                | Self::ConnectTimeout
                | Self::Connect
                | Self::TlsExpired
                | Self::TlsName
                | Self::TlsUntrusted
                | Self::Tls
        )
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_read_back_as_its_kind() {
        for kind in FailureKind::ALL {
            assert_eq!(FailureKind::from_token(kind.token()), Some(*kind));
        }
        assert_eq!(FailureKind::from_token("nonsense"), None);
    }
}
