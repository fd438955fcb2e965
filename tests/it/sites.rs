//! What is learned of a site, page after page.

use crate::support::{Bench, QUICK, Reply, Site, feed, page_of, rss, story};

/// A box that reads like the article it stands in.
const BOX: &str = "Our reporters travel every week to the islands and the villages behind the mountains, and they write down what people there tell them about the weather, the fish and the roads. When the ferry is late, they wait together with everybody else, and many of the best stories of these pages began on such an evening.";

fn boxed(seed: &str) -> String {
    let page = page_of(seed, &story(seed), "News");
    page.replace(
        "</h1>",
        &format!("</h1><div class=\"c-12\"><p>{BOX}</p></div>"),
    )
}

#[test]
fn a_box_that_one_page_cannot_tell_from_its_article_is_gone_from_the_third_page_on() {
    let site = Site::open();
    let seeds = ["geese", "herons", "cranes", "swans", "larks"];
    for seed in seeds {
        site.on(&format!("/{seed}"), move |_| Reply::html(boxed(seed)));
    }
    let links: Vec<String> = seeds
        .iter()
        .map(|seed| site.url(&format!("/{seed}")))
        .collect();
    site.on("/feed", move |hit| {
        let shown = seeds.iter().zip(&links).take(hit.nth + 1);
        let items: Vec<_> = shown
            .map(|(seed, link)| (*seed, link.as_str(), *seed, "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    for _ in seeds {
        bench.run(&["once", "--force"]).expect(0);
    }
    let rows = bench.rows(
        "SELECT title, instr(text, 'Our reporters travel') > 0, text LIKE '%The report on ' || title || ' says%'
         FROM articles ORDER BY id",
    );
    assert_eq!(
        rows[0], "geese|1|1",
        "one page alone must keep the box, or nothing is shown"
    );
    assert_eq!(rows[2..], ["cranes|0|1", "swans|0|1", "larks|0|1"]);
}

#[test]
fn a_host_whose_articles_become_short_drifts_from_its_own_past_and_is_back_when_they_are() {
    let site = Site::open();
    let page_at = |n: usize| format!("/bird{n}");
    let counts = [20, 12, 12];
    let mut first = 0;
    let documents: Vec<String> = counts
        .iter()
        .enumerate()
        .map(|(round, count)| {
            let names: Vec<(String, String)> = (first..first + count)
                .map(|n| (format!("bird{n}"), site.url(&page_at(n))))
                .collect();
            for n in first..first + count {
                let paragraphs = story(&format!("bird{n}"));
                let shown = if round == 1 { 1 } else { paragraphs.len() };
                let html = page_of("A bird", &paragraphs[..shown], "News");
                site.on(&page_at(n), move |_| Reply::html(html.clone()));
            }
            first += count;
            let items: Vec<_> = names
                .iter()
                .map(|(id, link)| (id.as_str(), link.as_str(), "A bird", "s"))
                .collect();
            rss(&items)
        })
        .collect();
    site.on("/feed", move |hit| {
        Reply::ok(documents[hit.nth.min(2)].clone())
    });
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let events = "SELECT kind, host, closed_at IS NOT NULL, evidence ->> 'words' < evidence ->> 'usual_words' / 2
                  FROM events WHERE kind = 'drift'";
    for (expected, is_told) in [
        (None, false),
        (Some("drift|127.0.0.1|0|1"), true),
        (Some("drift|127.0.0.1|1|1"), false),
    ] {
        bench.run(&["once", "--force"]).expect(0);
        assert_eq!(bench.rows(events), Vec::from_iter(expected));
        let status = bench.run(&["status"]).expect(0).stdout;
        assert_eq!(status.contains("the articles of 127.0.0.1"), is_told);
    }
}
