use super::*;

fn found(url: &str, body: &str, headers: &[&str]) -> Vec<(Why, String)> {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    candidates(url, body.as_bytes(), &headers)
        .into_iter()
        .map(|found| (found.why, found.url))
        .collect()
}

#[test]
fn announced_feeds_come_first_and_those_of_comments_last_of_them() {
    let page = r#"<!doctype html><html><head><base href="/blog/"><meta name=generator content="WordPress 6.1">
        <link rel="alternate" type="application/rss+xml" title="Comments &amp; more" href="comments/feed/">
        <LINK REL=alternate TYPE='application/atom+xml' HREF=atom.xml>
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
        <link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet" href="feed.css">
        </head><body><a href="https://feeds.feedburner.com/x">RSS</a> <a href="/about">about</a></body>"#;
    let found = found(
        "https://example.org/",
        page,
        &["</h.xml>; rel=\"alternate\"; type=\"application/rss+xml\", </x>; rel=preload"],
    );
    let head: Vec<_> = found
        .iter()
        .take(5)
        .map(|(why, url)| (*why, url.as_str()))
        .collect();
    assert_eq!(
        head,
        [
            (Why::Header, "https://example.org/h.xml"),
            (Why::Element, "https://example.org/blog/atom.xml"),
            (Why::Element, "https://example.org/blog/comments/feed/"),
            (Why::Platform, "https://example.org/feed/"),
            (Why::Anchor, "https://feeds.feedburner.com/x"),
        ]
    );
    assert!(found.len() <= MAX_CANDIDATES && found.iter().all(|(_, url)| url.starts_with("http")));
}

#[test]
fn platforms_have_rules() {
    for (page, body, feed) in [
        (
            "https://www.youtube.com/channel/UCabc",
            "",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCabc",
        ),
        (
            "https://www.youtube.com/@x",
            r#"{"externalId":"UC-x_1","y"#,
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC-x_1",
        ),
        (
            "https://www.reddit.com/r/rust/",
            "",
            "https://www.reddit.com/r/rust/.rss",
        ),
        (
            "https://github.com/a/b/issues",
            "",
            "https://github.com/a/b/releases.atom",
        ),
        (
            "https://x.substack.com/p/post",
            "",
            "https://x.substack.com/feed",
        ),
        (
            "https://medium.com/@x/post",
            "",
            "https://medium.com/feed/@x",
        ),
        (
            "https://social.example/@x",
            "",
            "https://social.example/@x.rss",
        ),
        (
            "https://x.blogspot.de/2020/",
            "",
            "https://x.blogspot.de/feeds/posts/default",
        ),
    ] {
        let found = found(page, body, &[]);
        assert!(
            found.contains(&(Why::Platform, feed.to_owned())),
            "{page}: {found:?}"
        );
    }
}

#[test]
fn a_feed_is_its_own_first_candidate() {
    let feed = "<rss version='2.0'><channel><item><title>x</title></item></channel></rss>";
    let found = found("https://example.org/feed", feed, &[]);
    assert_eq!(
        found.first(),
        Some(&(Why::Itself, "https://example.org/feed".to_owned()))
    );
}

#[test]
fn a_page_in_a_folder_has_usual_places_beside_it_and_below_the_root() {
    let found = found("https://example.org/team/blog", "<html>", &[]);
    for url in [
        "https://example.org/team/blog/feed/",
        "https://example.org/feed/",
    ] {
        assert!(
            found.contains(&(Why::WellKnown, url.to_owned())),
            "{found:?}"
        );
    }
}

#[test]
fn nothing_is_found_at_other_addresses_than_pages() {
    assert_eq!(found("ftp://example.org/", "", &[]), []);
    assert_eq!(found("nonsense", "", &[]), []);
}

#[test]
fn an_index_of_sitemaps_names_those_of_news() {
    let index = r#"<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <sitemap><loc>https://example.org/pages.xml</loc></sitemap>
        <sitemap><loc> https://example.org/News-1.xml </loc></sitemap></sitemapindex>"#;
    let found = found("https://example.org/sitemap.xml", index, &[]);
    assert_eq!(
        found.first(),
        Some(&(Why::Element, "https://example.org/News-1.xml".to_owned()))
    );
    assert!(found.iter().all(|(_, url)| !url.ends_with("pages.xml")));
}

#[test]
fn links_are_recognised_by_their_words_and_however_they_announce() {
    for body in [
        "<link rel=alternate type='text/xml' href='/f'>",
        "<link rel=alternate href='/f/rss'>",
        "<link rel=alternate type='application/rss+xml' href='feed://e.org/f'>",
        "<link rel=alternate type='application/rss+xml' href='feed:https://e.org/f'>",
        "<a href='/f'>Subscribe (RSS)</a>",
        "<a href='/f'><img src=x alt='RSS'></a>",
        "<meta http-equiv=refresh content='0; url=/f'>",
        "<frameset><frame src='/f'></frameset>",
    ] {
        let found = found("https://e.org/", body, &[]);
        let first = found
            .first()
            .map(|(why, url)| (*why < Why::WellKnown, url.as_str()));
        let expected = ["https://e.org/f", "https://e.org/f/rss"];
        assert!(
            first.is_some_and(|(told, url)| told && expected.contains(&url)),
            "{body}: {first:?}"
        );
    }
    for body in [
        "<a href='/f'>The dogs were fed</a>",
        "<a href='/f'>What RSS was, and what became of it when nobody looked</a>",
        "<a href='/f'>x</a> RSS",
        "<link rel=alternate hreflang=de href='/de/feed'>",
    ] {
        let found = found("https://e.org/", body, &[]);
        assert!(
            found.iter().all(|(why, _)| *why == Why::WellKnown),
            "{body}"
        );
    }
}
