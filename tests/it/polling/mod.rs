//! The manners of polling, played by a scripted site: one file for each part of the scenarios that
//! docs/polling.md lists. What only time can show is shown where time is an argument: in the tests
//! of `schedule` and of `fetch`.

mod archives;
mod conditional;
mod entries;
mod freshness;
mod identity;
mod life;
mod limits;
mod pages;
mod raw;
mod secure;
mod websub;
mod wire;
mod wound;

use crate::support::{Bench, Hit, QUICK, Site, feed};

/// A bench with one feed of the site, at `/feed`, and more settings of polling.
fn bench(site: &Site, polling: &str) -> Bench {
    bench_of(polling, &feed(&site.url("/feed"), ""))
}

/// A bench with these feeds, and more settings of polling.
fn bench_of(polling: &str, feeds: &str) -> Bench {
    let config = QUICK.replace("[polling]", &format!("[polling]\n{polling}"));
    Bench::new(&format!("{config}{feeds}"))
}

/// A configuration with these feeds, whose hosts are asked one request at a time.
fn one_at_a_time(feeds: &str) -> String {
    let config = QUICK.replace("host_concurrency = 8", "host_concurrency = 1");
    format!("{config}{feeds}")
}

/// How long until the feed is due, in whole minutes, and why.
fn due(bench: &Bench) -> String {
    bench.ask("SELECT CAST(round((julianday(next_poll_at) - julianday(last_poll_at)) * 86400) AS INTEGER) / 60, next_poll_reason FROM feeds")
}

/// Polls everything so many times, due or not.
fn force(bench: &Bench, times: usize) {
    for _ in 0..times {
        bench.run(&["once", "--force"]);
    }
}

/// A header of each of the hits.
fn headers(hits: &[Hit], name: &str) -> Vec<Option<String>> {
    hits.iter()
        .map(|hit| hit.header(name).map(str::to_owned))
        .collect()
}
