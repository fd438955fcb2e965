//! Feeds from an OPML file: the list that every reader can export.

use opml::{OPML, Outline};

use super::feeds::url_fault;
use super::problem::Problems;
use super::settings::Feed;

/// Folders deeper than this are not read: nobody has them, and the walk must end.
const DEPTH_MAX: usize = 32;

/// The feeds of an OPML document. Folders become tags. Outlines without an address are folders;
/// addresses that cannot be asked are problems.
pub fn read(name: &str, text: &str, problems: &mut Problems) -> Vec<Feed> {
    let document = match OPML::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(document) => document,
        Err(error) => {
            problems.add(name, None, format!("not a usable OPML file: {error}"));
            return Vec::new();
        }
    };
    let mut feeds = Vec::new();
    let mut queue: Vec<(Vec<String>, Outline)> = document
        .body
        .outlines
        .into_iter()
        .rev()
        .map(|outline| (Vec::new(), outline))
        .collect();
    while let Some((folders, outline)) = queue.pop() {
        let title = outline
            .title
            .filter(|title| !title.is_empty())
            .unwrap_or(outline.text);
        if let Some(url) = outline
            .xml_url
            .map(|url| url.trim().to_owned())
            .filter(|url| !url.is_empty())
        {
            if let Some(fault) = url_fault(&url) {
                problems.add(name, None, fault);
                continue;
            }
            let mut feed = Feed::new(url);
            feed.name = Some(title).filter(|title| !title.is_empty());
            feed.tags = folders;
            feeds.push(feed);
        } else if folders.len() < DEPTH_MAX {
            let inside: Vec<String> = folders
                .into_iter()
                .chain(Some(title).filter(|title| !title.is_empty()))
                .collect();
            queue.extend(
                outline
                    .outlines
                    .into_iter()
                    .rev()
                    .map(|child| (inside.clone(), child)),
            );
        }
    }
    feeds
}

/// An OPML document that lists feeds by name and address.
///
/// # Errors
/// When it cannot be written as XML.
pub fn write(title: &str, feeds: &[(String, String)]) -> Result<String, String> {
    let mut document = OPML {
        head: Some(opml::Head {
            title: Some(title.to_owned()),
            ..opml::Head::default()
        }),
        ..OPML::default()
    };
    for (name, url) in feeds {
        document.add_feed(name, url);
    }
    document.to_string().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_tags_and_faults_are_noted() {
        let mut problems = Problems::default();
        let text = r#"<opml version="2.0"><head/><body>
            <outline text="News"><outline text="World"><outline text="A" xmlUrl="https://a.example/feed"/></outline></outline>
            <outline text="B" xmlUrl="https://b.example/feed"/><outline text="C" xmlUrl="ftp://c.example/"/>
            </body></opml>"#;
        let feeds = read("list.opml", text, &mut problems);
        let found: Vec<_> = feeds
            .iter()
            .map(|feed| (feed.url.as_str(), feed.tags.clone()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "https://a.example/feed",
                    vec!["News".to_owned(), "World".to_owned()]
                ),
                ("https://b.example/feed", vec![]),
            ]
        );
        assert_eq!(
            problems.to_string(),
            "list.opml: \"ftp://c.example/\" is not an http or https URL"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let feeds = [(
            "A & B".to_owned(),
            "https://a.example/feed?x=1&y=2".to_owned(),
        )];
        let text = write("mine", &feeds).expect("XML");
        let mut problems = Problems::default();
        let back = read("x", &text, &mut problems);
        assert_eq!(problems, Problems::default());
        assert_eq!(
            back.first().map(|feed| feed.url.clone()),
            Some(feeds[0].1.clone())
        );
    }
}
