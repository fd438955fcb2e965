//! Articles in several parts.

use crate::support::{Bench, QUICK, Reply, Site, feed, page, page_of, rss, story};

/// A part of an article: its own paragraphs, one that every part repeats, and the way to the others.
fn part(title: &str, number: usize, count: usize) -> Vec<u8> {
    let mut paragraphs = story(&format!("part{number}"));
    paragraphs
        .push("The pictures of this report were taken by its readers in the spring.".to_owned());
    let links: String = (1..=count)
        .map(|other| format!("<a href=\"?page={other}\">{other}</a> "))
        .collect();
    page_of(title, &paragraphs, "News")
        .replace(
            "</article>",
            &format!("</article><div class=pager>{links}</div>"),
        )
        .into_bytes()
}

fn subscribed(site: &Site, more: &str) -> Bench {
    let document = rss(&[("1", &site.url("/a"), "A long story", "s")]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    Bench::new(&format!("{QUICK}{more}{}", feed(&site.url("/feed"), "")))
}

/// Which parts the article's text holds, in order.
fn parts_of(text: &str) -> Vec<usize> {
    let at = |number: usize| text.find(&format!("The report on part{number} says"));
    let mut found: Vec<(usize, usize)> = (1..9).filter_map(|n| Some((at(n)?, n))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, number)| number).collect()
}

#[test]
fn numbered_pages_are_one_article_without_repeats_also_when_the_last_leads_back() {
    let site = Site::open();
    site.on("/a", |_| Reply::html(part("A long story", 1, 3)));
    site.on("/a?page=2", |_| {
        Reply::html(part("A long story - Page 2", 2, 3))
    });
    site.on("/a?page=3", |_| {
        Reply::html(part("A long story - Page 3", 3, 3))
    });
    let bench = subscribed(&site, "");
    bench.run(&["once"]).expect(0);
    let text = bench.ask("SELECT text FROM articles");
    assert_eq!(parts_of(&text), [1, 2, 3]);
    assert_eq!(text.matches("pictures of this report").count(), 1, "{text}");
    for path in ["/a", "/a?page=2", "/a?page=3"] {
        assert_eq!(site.hits(path).len(), 1, "{path}");
    }
    assert_eq!(site.hits("/a?page=1").len(), 0);
    assert_eq!(
        bench.ask("SELECT count(*) FROM fetches WHERE kind = 'page'"),
        "3"
    );
    assert_eq!(
        bench.ask("SELECT status, title FROM articles"),
        "ok|A long story"
    );
    let printed = bench.run(&["extract", &site.url("/a")]).expect(0);
    assert_eq!(parts_of(&printed.stdout), [1, 2, 3]);
}

#[test]
fn a_next_page_that_is_another_article_is_no_part() {
    let site = Site::open();
    let next = site.url("/b");
    site.on("/a", move |_| {
        let html = String::from_utf8(part("A long story", 1, 2)).unwrap();
        Reply::html(html.replace("<head>", &format!("<head><link rel=next href={next}>")))
    });
    site.on("/a?page=2", |_| Reply::html(page("Herons return", "part2")));
    site.on("/b", |_| Reply::html(page("Next post", "part3")));
    let bench = subscribed(&site, "");
    bench.run(&["once"]).expect(0);
    assert_eq!(parts_of(&bench.ask("SELECT text FROM articles")), [1]);
    assert_eq!(bench.ask("SELECT status FROM articles"), "ok");
    assert_eq!(
        site.hits("/b").len(),
        0,
        "rel=next alone is no reason to ask"
    );
}

#[test]
fn a_part_that_is_missing_leaves_a_partial_article_and_completes_it_when_it_is_back() {
    let site = Site::open();
    site.on("/a", |_| Reply::html(part("A long story", 1, 3)));
    site.on("/a?page=2", |_| Reply::html(part("A long story", 2, 3)));
    site.on("/a?page=3", |hit| match hit.nth {
        0 => Reply::new(500),
        _ => Reply::html(part("A long story", 3, 3)),
    });
    let bench = subscribed(&site, "[articles]\nretry = [\"1ms\", \"1ms\"]\n");
    bench.run(&["once"]).expect(0);
    if site.hits("/a?page=3").len() == 1 {
        assert_eq!(parts_of(&bench.ask("SELECT text FROM articles")), [1, 2]);
        assert_eq!(bench.ask("SELECT status FROM articles"), "partial");
    }
    while site.hits("/a?page=3").len() < 2 {
        bench.run(&["once"]).expect(0);
    }
    assert_eq!(parts_of(&bench.ask("SELECT text FROM articles")), [1, 2, 3]);
    assert_eq!(
        bench.ask("SELECT status, rev, count(*) FROM articles"),
        "ok|2|1"
    );
}

#[test]
fn a_part_that_robots_txt_forbids_is_not_asked_for() {
    let site = Site::open();
    site.on("/robots.txt", |_| {
        Reply::ok("User-agent: *\nDisallow: /a?page=\n")
    });
    site.on("/a", |_| Reply::html(part("A long story", 1, 2)));
    site.on("/a?page=2", |_| Reply::html(part("A long story", 2, 2)));
    let bench = subscribed(&site, "");
    bench.run(&["once"]).expect(0);
    assert_eq!(parts_of(&bench.ask("SELECT text FROM articles")), [1]);
    assert_eq!(bench.ask("SELECT status FROM articles"), "partial");
    assert_eq!(site.hits("/a?page=2").len(), 0);
}
