//! Gaps and older documents (RFC 5005): scenario 57.

use super::{bench, force};
use crate::support::{Reply, Site};

/// An Atom document with the entries of these numbers, an hour apart, and a link.
fn atom(site: &str, numbers: std::ops::Range<usize>, rel: &str, href: &str) -> String {
    let entries: String = numbers
        .rev()
        .map(|n| {
            let (day, hour) = (1 + n / 24, n % 24);
            format!("<entry><id>tag:a.example,{n}</id><title>{n}</title><link href=\"{site}/{n}\"/><updated>2026-10-{day:02}T{hour:02}:00:00Z</updated><published>2026-10-{day:02}T{hour:02}:00:00Z</published><content>words of {n}</content></entry>")
        })
        .collect();
    let link = if href.is_empty() {
        String::new()
    } else {
        format!("<link rel=\"{rel}\" href=\"{href}\"/>")
    };
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>tag:a.example,feed</id><title>A</title><updated>2026-10-01T00:00:00Z</updated>{link}{entries}</feed>"
    )
}

/// A feed that shows 0 to 9, and then only 60 to 69: what lies between is in documents of ten.
fn rolled(site: &Site, rel: &'static str) {
    let base = site.base.clone();
    site.on("/feed", move |hit| match hit.nth {
        0 => Reply::ok(atom(&base, 0..10, rel, "/older/0")),
        1 => Reply::ok(atom(&base, 60..70, rel, "/older/5")).with("etag", "\"1\""),
        _ => Reply::new(304),
    });
    for n in 0..6 {
        let base = site.base.clone();
        site.on(&format!("/older/{n}"), move |_| {
            let older = if n == 0 {
                String::new()
            } else {
                format!("/older/{}", n - 1)
            };
            Reply::ok(atom(&base, n * 10..n * 10 + 10, rel, &older))
        });
    }
}

#[test]
fn a_gap_is_closed_from_the_older_documents_up_to_what_was_known() {
    for rel in ["prev-archive", "next"] {
        let site = Site::open();
        rolled(&site, rel);
        let bench = bench(&site, "");
        bench.run(&["once"]).expect(0);
        assert_eq!(site.hits("/older/0").len(), 0, "a new feed has no gap");
        bench.run(&["once", "--force"]).expect(0);
        assert_eq!(
            bench.ask("SELECT count(*), count(DISTINCT guid) FROM entries"),
            "70|70"
        );
        assert_eq!(
            bench.ask("SELECT count(*), estimated_missed, backfilled, backfilled_from LIKE '%/older/0', closed_at IS NOT NULL FROM gaps"),
            "1|0|50|1|1"
        );
        assert_eq!(
            bench.ask("SELECT count(*) FROM fetches WHERE kind = 'archive' AND outcome = 'ok'"),
            "6"
        );
        force(&bench, 1);
        assert_eq!(site.hits("/older/5").len(), 1);
    }
}

#[test]
fn a_gap_without_older_documents_says_about_how_much_was_missed() {
    let site = Site::open();
    let base = site.base.clone();
    site.on("/feed", move |hit| {
        Reply::ok(atom(&base, hit.nth * 60..hit.nth * 60 + 10, "", ""))
    });
    let bench = bench(&site, "");
    bench.run(&["once"]).expect(0);
    // As if it had been polled when it showed the first ten.
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute(
        "UPDATE _feed SET last_ok_at = '2026-10-01T10:00:00.000Z'",
        [],
    )
    .unwrap();
    drop(conn);
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(
        bench.ask("SELECT estimated_missed, backfilled, backfilled_from IS NULL, closed_at IS NULL, from_at, to_at FROM gaps"),
        "50|0|1|1|2026-10-01T10:00:00.000Z|2026-10-03T12:00:00.000Z"
    );
}

#[test]
fn an_archive_that_is_missing_leaves_the_gap_open_and_is_not_asked_again() {
    let site = Site::open();
    rolled(&site, "prev-archive");
    site.on("/older/3", |_| Reply::new(404));
    let bench = bench(&site, "");
    force(&bench, 4);
    assert_eq!(
        bench.ask(
            "SELECT backfilled, backfilled_from LIKE '%/older/4', closed_at IS NULL FROM gaps"
        ),
        "20|1|1"
    );
    assert_eq!(site.hits("/older/3").len(), 1);
}

#[test]
fn an_archive_that_fails_for_a_while_is_read_after_a_later_poll() {
    let site = Site::open();
    rolled(&site, "prev-archive");
    let base = site.base.clone();
    site.on("/older/3", move |hit| {
        if hit.nth == 0 {
            Reply::new(503)
        } else {
            Reply::ok(atom(&base, 30..40, "prev-archive", "/older/2"))
        }
    });
    let bench = bench(&site, "");
    force(&bench, 2);
    assert_eq!(
        bench.ask("SELECT backfilled, closed_at IS NULL FROM gaps"),
        "20|1"
    );
    force(&bench, 1);
    assert_eq!(
        bench.ask("SELECT backfilled, closed_at IS NULL FROM gaps"),
        "50|0"
    );
    assert_eq!(site.hits("/older/4").len(), 1);
}

#[test]
fn archives_without_end_are_left_after_a_bounded_number() {
    let site = Site::open();
    rolled(&site, "prev-archive");
    for n in 0..200_usize {
        let base = site.base.clone();
        site.on(&format!("/older/{n}"), move |_| {
            let older = format!("/older/{}", n + 1);
            Reply::ok(atom(
                &base,
                100 + n * 2..102 + n * 2,
                "prev-archive",
                &older,
            ))
        });
    }
    let bench = bench(&site, "");
    force(&bench, 12);
    let asked = site
        .paths()
        .iter()
        .filter(|path| path.starts_with("/older/"))
        .count();
    assert_eq!(asked, 50);
    assert_eq!(
        bench.ask("SELECT backfilled, closed_at IS NULL FROM gaps"),
        "100|1"
    );
}

#[test]
fn archives_that_lead_in_a_circle_are_read_once() {
    let site = Site::open();
    rolled(&site, "prev-archive");
    for n in 0..3_usize {
        let base = site.base.clone();
        site.on(&format!("/older/{n}"), move |_| {
            let older = format!("/older/{}", (n + 1) % 3);
            let entries = 100 + n * 2..102 + n * 2;
            Reply::ok(atom(&base, entries, "prev-archive", &older))
        });
    }
    let bench = bench(&site, "");
    force(&bench, 4);
    for n in 0..3 {
        assert_eq!(site.hits(&format!("/older/{n}")).len(), 1);
    }
    assert_eq!(
        bench.ask("SELECT backfilled, closed_at IS NULL FROM gaps"),
        "36|1"
    );
}

#[test]
fn an_archive_is_asked_for_within_the_allowed_network_only() {
    let site = Site::open();
    let forbidden = Site::open();
    let port = forbidden.base.rsplit(':').next().unwrap().to_owned();
    let base = site.base.clone();
    let older = format!("http://127.9.9.9:{port}/older");
    site.on("/feed", move |hit| {
        Reply::ok(atom(
            &base,
            hit.nth * 60..hit.nth * 60 + 10,
            "prev-archive",
            &older,
        ))
    });
    let bench = bench(&site, "");
    force(&bench, 2);
    assert_eq!(forbidden.all_hits(), 0);
    assert_eq!(bench.ask("SELECT closed_at IS NULL FROM gaps"), "1");
    assert_eq!(
        bench.ask("SELECT outcome FROM fetches WHERE kind = 'archive'"),
        "blocked_address"
    );
}
