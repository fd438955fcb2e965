//! `[websub]`: where hubs may call.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::problem::Problems;
use super::section::Section;
use super::settings::WebSub;

/// What is said of it, before it is known whether it is enough.
#[derive(Debug)]
pub struct Wishes {
    callback_url: Option<String>,
    listen: Option<SocketAddr>,
    lease: Duration,
    backstop: Duration,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            callback_url: None,
            listen: None,
            // As long as the large hubs grant.
            lease: Duration::from_secs(10 * 24 * 3600),
            backstop: Duration::from_secs(6 * 3600),
        }
    }
}

/// Reads the section.
pub fn read(top: &mut Section<'_, '_>, wishes: &mut Wishes) {
    let Some(mut section) = top.table("websub") else {
        return;
    };
    let callback = section.read(
        "callback_url",
        "an http or https URL without a query, such as \"https://example.org/websub\"",
        |value| {
            let text = value.as_str()?;
            let url = Url::parse(text).ok()?;
            let usable = matches!(url.scheme(), "http" | "https")
                && url.query().is_none()
                && url.fragment().is_none();
            usable.then(|| text.to_owned())
        },
    );
    wishes.callback_url = callback.or(wishes.callback_url.take());
    let listen = section.read(
        "listen",
        "an address with a port, such as \"127.0.0.1:8790\"",
        |value| value.as_str()?.parse().ok(),
    );
    wishes.listen = listen.or(wishes.listen);
    let year = Duration::from_secs(366 * 24 * 3600);
    let second = Duration::from_secs(1);
    section.duration("lease", second..=year, &mut wishes.lease);
    section.duration("backstop", second..=year, &mut wishes.backstop);
    section.finish();
}

/// Hubs may call when both addresses are known; one alone is a mistake.
pub fn settle(wishes: Wishes, problems: &mut Problems) -> Option<WebSub> {
    let missing = match (&wishes.callback_url, &wishes.listen) {
        (Some(_), None) => "websub.listen",
        (None, Some(_)) => "websub.callback_url",
        _ => {
            return Some(WebSub {
                callback_url: wishes.callback_url?,
                listen: wishes.listen?,
                lease: wishes.lease,
                backstop: wishes.backstop,
            });
        }
    };
    problems.add(
        missing,
        None,
        "it is missing: hubs need both callback_url, the address they call, and listen, where that arrives here",
    );
    None
}
