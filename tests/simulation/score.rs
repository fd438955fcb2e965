//! What the sites saw and what the store holds, against the score sheet of docs/polling.md.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;

use feedmill::store::open;
use rusqlite::Connection;

use crate::Plan;
use crate::clock::{BEGINNING, WRONG};
use crate::site::{Manner, Site};
use crate::web::{Hit, OUTAGE, Web};

const DAY: i64 = 86_400;
/// Nothing is asked sooner: the floor of the adaptive interval.
const FLOOR: i64 = 900;
/// An entry may wait for the slowest interval with its jitter, and for the weekly look past a 304.
const SLOWEST: i64 = DAY + DAY / 10;
/// A clock is wrong by two hours, and what has waited meanwhile is spread over half an hour.
const AFTERMATH: i64 = 9000;
/// Requests a second of a catch-up, one after the other: `schedule::spread` and its neighbours' own.
const CATCH_UP: f64 = 7.0;
/// Feeds of at least so many entries a day are polled at the floor.
const LIVELY: f64 = 30.0;

/// The sheet.
#[derive(Debug)]
pub struct Score {
    pub trace: String,
    pub contents: String,
    requests: usize,
    entries: usize,
    stored: usize,
    covered: usize,
    lost: Vec<String>,
    unconditional: Vec<String>,
    below_floor: Vec<String>,
    wrong: Vec<String>,
    /// The worst second against the mean of its hour.
    rush: Rush,
    mean: f64,
    /// From publication to row, of lively feeds.
    latency: Latency,
    /// The same where no outage and no wrong clock was near.
    calm: Latency,
    /// From any instant to the next poll, in the median: what the dice of publication vary around.
    any_time: f64,
}

impl Score {
    pub fn of(web: &Web, database: &Path, plan: Plan) -> Self {
        let conn = open::reader(database).expect("readable");
        let (hits, wrong, trace) = web.take();
        let end = i64::from(plan.days) * DAY;
        let stored = stored(&conn);
        let gaps = gaps(&conn);
        let (mut entries, mut covered, mut lost) = (0, 0, Vec::new());
        let (mut waits, mut calm) = (Vec::new(), Vec::new());
        for site in &web.sites {
            let last_read = hits
                .iter()
                .rfind(|hit| {
                    hit.site == Some(site.number)
                        && hit.status == 200
                        && Web::is_reachable(site, hit.at)
                })
                .map_or(0, |hit| hit.at);
            for (index, at) in site.entries.iter().enumerate() {
                if *at < 0 || !is_owed(site, *at, last_read, end) {
                    continue;
                }
                entries += 1;
                match stored.get(&site.guid(index)) {
                    Some(row) => {
                        if site.rate >= LIVELY && is_steady(site, *at) {
                            waits.push(row - at);
                            calm.extend(is_calm(*at).then_some(row - at));
                        }
                    }
                    None if gaps.get(&site.url()).is_some_and(|gaps| {
                        gaps.iter().any(|(from, to)| (*from..=*to).contains(at))
                    }) =>
                    {
                        covered += 1;
                    }
                    None => lost.push(format!("{} of {:?} at {at}", site.guid(index), site.manner)),
                }
            }
        }
        let (rush, mean) = rush(&hits, end);
        Self {
            trace,
            contents: contents(&conn),
            requests: hits.len(),
            entries,
            stored: entries - covered - lost.len(),
            covered,
            lost,
            unconditional: unconditional(web, &hits, plan),
            below_floor: below_floor(web, &hits),
            wrong,
            rush,
            mean,
            latency: Latency::of(waits),
            calm: Latency::of(calm),
            any_time: any_time(web, &hits),
        }
    }

    /// What must not be.
    pub fn offences(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (what, found) in [
            ("lost", &self.lost),
            ("unconditional", &self.unconditional),
            ("below the floor", &self.below_floor),
            ("wrong", &self.wrong),
        ] {
            all.extend(found.iter().take(5).map(|one| format!("{what}: {one}")));
        }
        if self.rush.ratio() > 1.0 {
            all.push(self.rush.to_string());
        }
        all
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "requests {}, {:.3} a second", self.requests, self.mean)?;
        writeln!(
            f,
            "entries {}: stored {}, in a gap that is told {}, lost {}",
            self.entries,
            self.stored,
            self.covered,
            self.lost.len()
        )?;
        writeln!(
            f,
            "unconditional beyond the rule {}",
            self.unconditional.len()
        )?;
        writeln!(f, "polls below the floor {}", self.below_floor.len())?;
        writeln!(
            f,
            "invented validators, cookies, referrers, queries, requests during Retry-After {}",
            self.wrong.len()
        )?;
        writeln!(f, "{}", self.rush)?;
        writeln!(f, "from publication to row, lively feeds: {}", self.latency)?;
        writeln!(f, "  without outage and wrong clocks: {}", self.calm)?;
        writeln!(
            f,
            "  from any instant to the next poll: median {:.1} s",
            self.any_time
        )?;
        write!(f, "trace {} contents {}", self.trace, self.contents)
    }
}

/// Whether the entry could have been had at all: the site was there long enough to be asked.
fn is_owed(site: &Site, at: i64, last_read: i64, end: i64) -> bool {
    if matches!(site.manner, Manner::Dead | Manner::Walled) {
        return false;
    }
    at + 2 * SLOWEST < end && at <= last_read
}

/// Whether the feed could be read at any time around then.
fn is_steady(site: &Site, at: i64) -> bool {
    matches!(
        site.manner,
        Manner::Plain | Manner::EtagOnly | Manner::ModifiedOnly
    ) && Web::is_reachable(site, at)
        && Web::is_reachable(site, at + 2 * FLOOR)
        && at > 3 * DAY
}

/// Whether neither our own outage nor a step of the clock was near: what follows them is caught up
/// with one after the other.
fn is_calm(at: i64) -> bool {
    let wrong = WRONG.iter().map(|(from, to, _)| *from..*to);
    let mut spans = wrong.chain([OUTAGE]);
    spans.all(|span| !(span.start - FLOOR..span.end + AFTERMATH).contains(&at))
}

/// Half of all instants of calm days are this much before the next poll of a lively feed, or less.
fn any_time(web: &Web, hits: &[Hit]) -> f64 {
    let mut last: HashMap<u32, i64> = HashMap::new();
    let mut spans = Vec::new();
    for hit in hits {
        let site = hit.site.and_then(|site| web.sites.get(site as usize));
        let Some(site) = site.filter(|site| site.rate >= LIVELY) else {
            continue;
        };
        let before = last.insert(site.number, hit.at);
        let is_counted = |at: i64| is_steady(site, at) && is_calm(at);
        spans.extend(
            before
                .filter(|before| is_counted(*before) && is_counted(hit.at))
                .map(|before| hit.at - before),
        );
    }
    spans.sort_unstable();
    // An instant waits longer than this where a span is longer: half of all time lies there.
    let half = spans.iter().sum::<i64>() as f64 / 2.0;
    let (mut longer, mut above) = (0.0, 0.0);
    for span in spans.iter().rev() {
        let span = *span as f64;
        let level = (above + span - half) / (longer + 1.0);
        if level >= span {
            break;
        }
        (longer, above) = (longer + 1.0, above + span);
    }
    (above - half) / f64::max(longer, 1.0)
}

/// Seconds from publication to row.
#[derive(Debug)]
struct Latency {
    entries: usize,
    median: i64,
    of_ninety: i64,
}

impl Latency {
    fn of(mut waits: Vec<i64>) -> Self {
        waits.sort_unstable();
        let rank = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or(0);
        Self {
            entries: waits.len(),
            median: rank(50),
            of_ninety: rank(90),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, ninety) = (self.median, self.of_ninety);
        write!(
            f,
            "{} entries, median {median} s, 90 % {ninety} s",
            self.entries
        )
    }
}

/// Requests without validators although the site had given some, beyond the first of each address
/// and one a week.
fn unconditional(web: &Web, hits: &[Hit], plan: Plan) -> Vec<String> {
    let mut counts: HashMap<(u32, &str), u32> = HashMap::new();
    for hit in hits {
        if let (Some(site), false, 200) = (hit.site, hit.conditional, hit.status) {
            *counts.entry((site, hit.host.as_str())).or_default() += 1;
        }
    }
    let allowed = 1 + plan.days / 7;
    let mut found: Vec<String> = counts
        .into_iter()
        .filter(|((site, _), count)| {
            let manner = web.sites.get(*site as usize).map(|site| site.manner);
            // A page of maintenance is one, too, and is not counted against the feed.
            let more = u32::from(manner == Some(Manner::Maintained)) * 100;
            manner != Some(Manner::Bare) && *count > allowed + more
        })
        .map(|((site, host), count)| format!("feed {site} at {host}: {count}"))
        .collect();
    found.sort();
    found
}

/// Requests to one address closer together than the floor, in truth and by the daemon's clock alike.
fn below_floor(web: &Web, hits: &[Hit]) -> Vec<String> {
    let mut last: HashMap<(u32, &str), (i64, i64)> = HashMap::new();
    let mut found = Vec::new();
    for hit in hits {
        let Some(site) = hit.site else { continue };
        // What did not get out of the door has troubled nobody.
        if OUTAGE.contains(&hit.at) {
            continue;
        }
        let before = last.insert((site, hit.host.as_str()), (hit.at, hit.told));
        if let Some((at, told)) = before
            && hit.at - at < FLOOR
            && (hit.told - told).abs() < FLOOR
        {
            let manner = web.sites.get(site as usize).map(|site| site.manner);
            found.push(format!(
                "feed {site} ({manner:?}) at {} after {} s",
                hit.at,
                hit.at - at
            ));
        }
    }
    found
}

/// A second, and the hour that it lies in.
#[derive(Debug, Clone, Copy, Default)]
struct Rush {
    /// From the beginning.
    second: i64,
    requests: u32,
    /// Requests a second of the whole hour.
    mean: f64,
}

impl Rush {
    /// Above 1 is a rush. The pace at which a catch-up begins is none, however quiet its hour.
    fn ratio(self) -> f64 {
        f64::from(self.requests) / (3.0 * self.mean).max(CATCH_UP)
    }
}

impl fmt::Display for Rush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, hour) = (self.second / DAY, self.second % DAY / 3600);
        write!(
            f,
            "fullest second: {} requests, in an hour with {:.2} a second (second {} of hour {hour} of day {day})",
            self.requests,
            self.mean,
            self.second % 3600
        )
    }
}

/// The worst second, and the requests a second of all days.
fn rush(hits: &[Hit], end: i64) -> (Rush, f64) {
    let mut hours: BTreeMap<i64, BTreeMap<i64, u32>> = BTreeMap::new();
    for hit in hits {
        let hour = hours.entry(hit.at / 3600).or_default();
        *hour.entry(hit.at).or_default() += 1;
    }
    let worst = hours.values().map(|seconds| {
        let fullest = seconds.iter().max_by_key(|(_, count)| **count);
        let mean = f64::from(seconds.values().sum::<u32>()) / 3600.0;
        fullest.map_or(Rush::default(), |(second, requests)| Rush {
            second: *second,
            requests: *requests,
            mean,
        })
    });
    let worst = worst.max_by(|one, two| one.ratio().total_cmp(&two.ratio()));
    (worst.unwrap_or_default(), hits.len() as f64 / end as f64)
}

/// When each entry's article came into the store: seconds from the beginning, by the identifier
/// that the feed gives.
fn stored(conn: &Connection) -> HashMap<String, i64> {
    let mut select = conn
        .prepare(
            "WITH made AS MATERIALIZED (SELECT article_id, min(at) AS at FROM _change GROUP BY article_id)
             SELECT e.guid, CAST(strftime('%s', coalesce(made.at, e.first_seen_at)) AS INTEGER)
             FROM _entry e LEFT JOIN made ON made.article_id = e.article_id",
        )
        .expect("a query");
    let rows = select.query_map([], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)? - BEGINNING.secs()))
    });
    rows.expect("rows").collect::<Result<_, _>>().expect("rows")
}

/// The gaps of each feed, by its configured address.
fn gaps(conn: &Connection) -> HashMap<String, Vec<(i64, i64)>> {
    let mut select = conn
        .prepare(
            "SELECT f.url, CAST(strftime('%s', coalesce(g.from_at, f.created_at)) AS INTEGER), CAST(strftime('%s', coalesce(g.to_at, g.found_at)) AS INTEGER)
             FROM _gap g JOIN _feed f ON f.id = g.feed_id",
        )
        .expect("a query");
    let rows = select.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)? - BEGINNING.secs(),
            row.get::<_, i64>(2)? - BEGINNING.secs(),
        ))
    });
    let mut gaps: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
    for row in rows.expect("rows") {
        let (url, from, to) = row.expect("a row");
        gaps.entry(url).or_default().push((from, to));
    }
    gaps
}

/// A fingerprint of what readers see.
fn contents(conn: &Connection) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut seen = HashSet::new();
    for query in [
        "SELECT id || ' ' || url || ' ' || next_poll_at || ' ' || next_poll_reason FROM _feed ORDER BY id",
        "SELECT id || ' ' || guid || ' ' || first_seen_at FROM _entry ORDER BY id",
        "SELECT seq || ' ' || at || ' ' || op || ' ' || article_id FROM _change ORDER BY seq",
    ] {
        let mut select = conn.prepare(query).expect("a query");
        let rows = select.query_map([], |row| row.get::<_, Option<String>>(0));
        for row in rows.expect("rows") {
            let row = row.expect("a row").unwrap_or_default();
            hasher.update(row.as_bytes());
            seen.insert(query);
        }
    }
    assert_eq!(seen.len(), 3, "all of them have rows");
    hasher.finalize().to_hex().to_string()
}
