//! `feedmill etiquette`: the log of requests, held against the rules of polite polling.

use std::process::ExitCode;

use serde_json::{Value, json};
use url::Url;

use super::screen::{safe, say};
use super::{Context, Failure, screen};
use crate::fetch::is_public;
use crate::model::Timestamp;
use crate::schedule::{Logged, Sheet, sheet};
use crate::store::etiquette::{Line, gaps, lines};
use crate::store::open;

/// Hold the log of requests against the rules of polite polling.
///
/// Every line is zero when all is well; exit code 1 when one is not. What people have forced does not
/// count. The log reaches as far back as the settings in the section log say.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill etiquette\n  feedmill etiquette --since 2026-11-02T00:00:00Z --json"
)]
pub struct Etiquette {
    /// Requests since then (RFC 3339); all that are logged when not given
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Rules that hold because there is no code that could break them, and how that is known.
const BY_CONSTRUCTION: [(&str, &str); 2] = [
    (
        "invented or reformatted validators",
        "ETag and Last-Modified are kept and sent back as bytes; nothing else writes these headers, nor may a configuration",
    ),
    (
        "cookies, referrers, added query parameters",
        "the client has no cookie store, sends no Referer, and asks for addresses as they are",
    ),
];

impl Etiquette {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let schedule = context.config()?.schedule;
        let conn = open::reader(&context.database()?)?;
        let since = self.since.unwrap_or(Timestamp::EPOCH);
        let log: Vec<Logged> = lines(&conn, since)?.into_iter().map(logged).collect();
        let hosts = sheet(&log, schedule.configured_floor.min(schedule.floor));
        let total = hosts
            .values()
            .fold(Sheet::default(), |sum, host| sum.plus(host));
        let lost = gaps(&conn, since)?;
        let clean = total.is_clean() && lost == 0;
        if self.json {
            let hosts: serde_json::Map<String, Value> = hosts
                .iter()
                .map(|(host, sheet)| (host.clone(), as_json(sheet)))
                .collect();
            let all = json!({"clean": clean, "total": as_json(&total), "gaps": lost, "hosts": hosts,
                "by_construction": BY_CONSTRUCTION.map(|(rule, why)| json!({"rule": rule, "found": 0, "why": why}))});
            say!("{all:#}");
        } else {
            print(&total, lost);
            let rude: Vec<_> = hosts
                .iter()
                .filter(|(_, sheet)| !sheet.is_clean())
                .collect();
            print_hosts(&rude);
            say!(
                "\n{}",
                if clean {
                    "all is well"
                } else {
                    "not all is well"
                }
            );
        }
        Ok(ExitCode::from(u8::from(!clean)))
    }
}

fn logged(line: Line) -> Logged {
    let url = Url::parse(&line.url).ok();
    let public = match url.as_ref().and_then(Url::host) {
        Some(url::Host::Ipv4(address)) => is_public(address.into()),
        Some(url::Host::Ipv6(address)) => is_public(address.into()),
        Some(url::Host::Domain(name)) => name != "localhost" && name.contains('.'),
        None => true,
    };
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("(no host)");
    Logged {
        asked_at: line.at.minus(line.elapsed),
        at: line.at,
        host: host.to_owned(),
        poll_of: line.poll_of,
        answered: line.answered,
        conditional: line.conditional,
        unconditional: line.unconditional,
        forced: line.due.as_deref() == Some("forced"),
        retry_after: line.retry_after,
        public,
    }
}

fn print(total: &Sheet, gaps: u64) {
    say!(
        "{} requests, {} of them polls: {} conditional, {} not, for a reason",
        total.requests,
        total.polls,
        total.conditional,
        total.explained
    );
    let mut table = screen::table(&["rule", "found"]);
    let lines = [
        (
            "polls for the whole document without a reason",
            total.unconditional,
        ),
        ("polls under the floor", total.under_the_floor),
        ("requests during Retry-After", total.during_retry_after),
        ("seconds in which a host was stormed", total.storms),
        ("times when entries may have been lost (gaps)", gaps),
    ];
    for (rule, found) in lines {
        table.add_row([rule.to_owned(), found.to_string()]);
    }
    for (rule, why) in BY_CONSTRUCTION {
        table.add_row([rule.to_owned(), format!("0: {why}")]);
    }
    say!("\n{table}");
}

fn print_hosts(rude: &[(&String, &Sheet)]) {
    if rude.is_empty() {
        return;
    }
    let mut table = screen::table(&[
        "host",
        "requests",
        "unconditional",
        "under floor",
        "Retry-After",
        "storms",
        "peak",
    ]);
    for (host, sheet) in rude {
        table.add_row([
            safe(host),
            sheet.requests.to_string(),
            sheet.unconditional.to_string(),
            sheet.under_the_floor.to_string(),
            sheet.during_retry_after.to_string(),
            sheet.storms.to_string(),
            sheet.peak.to_string(),
        ]);
    }
    say!("\n{table}");
}

fn as_json(sheet: &Sheet) -> Value {
    json!({"requests": sheet.requests, "polls": sheet.polls, "conditional": sheet.conditional, "explained": sheet.explained,
        "unconditional": sheet.unconditional, "under_the_floor": sheet.under_the_floor,
        "during_retry_after": sheet.during_retry_after, "storms": sheet.storms, "peak": sheet.peak})
}
