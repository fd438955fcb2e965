//! Which hub tells of a feed's changes (W3C WebSub §4): by its `Link` headers first, else by what
//! the document says.

use url::Url;

use super::discover::header;
use super::links;
use crate::model::{Hub, ParsedFeed};

/// The hub of a feed that was found at `url`. Of several the first is as good as any.
#[must_use]
pub fn hub(headers: &[String], document: Option<&ParsedFeed>, url: &str) -> Option<Hub> {
    let base = Url::parse(url).ok()?;
    let mut announced = (None, None);
    for line in headers {
        for (href, parameters) in header::links(line) {
            let rels = header::parameter(parameters, "rel").unwrap_or_default();
            let rels = rels.to_ascii_lowercase();
            let mut rels = rels.split_ascii_whitespace();
            let address = || links::resolve(Some(&base), href);
            if rels.clone().any(|rel| rel == "hub") {
                announced.0 = announced.0.or_else(address);
            } else if rels.any(|rel| rel == "self") {
                announced.1 = announced.1.or_else(address);
            }
        }
    }
    let (hub, topic) = announced;
    let own = |hub: String, topic: Option<String>| Hub {
        hub,
        topic: topic.unwrap_or_else(|| url.to_owned()),
    };
    if let Some(hub) = hub {
        return Some(own(hub, topic));
    }
    let document = document?;
    let hub = document.hubs.first()?.clone();
    Some(own(hub, document.self_url.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::{Input, Limits, Settings, parse};
    use super::*;

    const URL: &str = "https://a.example/feed";

    #[test]
    fn the_hub_of_the_headers_goes_before_that_of_the_document() {
        let body = b"<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><link rel=\"hub\" href=\"https://hub.example/\"/><link rel=\"self\" href=\"https://a.example/topic\"/></feed>";
        let input = Input {
            url: Some(URL),
            content_type: None,
            body,
        };
        let settings = Settings {
            limits: Limits::default(),
            url_key: |_| None,
        };
        let document = parse(&input, &settings).expect("a feed");
        let of = |hub: &str, topic: &str| {
            Some(Hub {
                hub: hub.to_owned(),
                topic: topic.to_owned(),
            })
        };
        let header = "</hub>; rel=\"hub\", <https://a.example/x>; rel=\"self\"".to_owned();
        assert_eq!(
            hub(&[], Some(&document), URL),
            of("https://hub.example/", "https://a.example/topic")
        );
        assert_eq!(
            hub(&[header], Some(&document), URL),
            of("https://a.example/hub", "https://a.example/x")
        );
        let bare = vec!["<https://h.example/>; rel=hub".to_owned()];
        assert_eq!(hub(&bare, None, URL), of("https://h.example/", URL));
        assert_eq!(hub(&[], None, URL), None);
    }
}
