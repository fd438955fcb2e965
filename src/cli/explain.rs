//! `feedmill explain`: why a feed is polled when it is, and why articles are or are not one.

use std::process::ExitCode;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::screen::{safe, say, when};
use super::{Context, Failure};
use crate::dedupe::{Candidate, Prepared, Rules, judge, url_key};
use crate::model::{ArticleId, Verdict};
use crate::schedule::Reason;
use crate::store::explain::{self as facts, ArticleFacts, FeedFacts, Member};
use crate::store::{events, open};

/// Say why a feed is polled when it is, and why articles are or are not one.
///
/// Given a feed: what was fetched, when it is due and which rule decided it. Given an article:
/// where it appeared, its duplicates and why, its earlier texts. Given two articles: what the judge
/// measures between them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill explain https://example.org/feed.xml\n  feedmill explain \"Example\"\n  feedmill explain 4711\n  feedmill explain 4711 1234"
)]
pub struct Explain {
    /// A feed's name or address; or an article's id or address
    target: String,
    /// Another article, to be compared with the first
    other: Option<String>,
}

/// Events that have ended are shown up to so many.
const CLOSED_SHOWN: u32 = 3;

impl Explain {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let conn = open::reader(&context.database()?)?;
        let find = |wanted: &str| -> Result<Option<ArticleFacts>, Failure> {
            let id = wanted.parse().ok().map(ArticleId);
            Ok(facts::article(&conn, id, url_key(wanted).as_deref())?)
        };
        let unknown = |wanted: &str| {
            Failure::usage(format!(
                "\"{}\" is no feed's name or address and no article's id or address",
                safe(wanted)
            ))
        };
        if let Some(other) = &self.other {
            let one = find(&self.target)?.ok_or_else(|| unknown(&self.target))?;
            let other = find(other)?.ok_or_else(|| unknown(other))?;
            compare(&one, &other);
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(feed) = facts::feed(&conn, &self.target)? {
            explain_feed(&feed);
            explain_events(&events::of_feed(&conn, feed.id, CLOSED_SHOWN)?);
            return Ok(ExitCode::SUCCESS);
        }
        let article = find(&self.target)?.ok_or_else(|| unknown(&self.target))?;
        let members = facts::members(&conn, article.cluster)?;
        explain_article(&article, &facts::appearances(&conn, article.id)?, &members);
        let mut revisions = facts::revisions(&conn, article.id)?;
        revisions.push(facts::Revision {
            rev: article.rev,
            seen_at: article.first_seen_at,
            text: article.text.clone(),
        });
        for pair in revisions.windows(2) {
            if let [before, after] = pair {
                say!("\nrevision {} to {}:", before.rev, after.rev);
                show_difference(&before.text, &after.text);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn explain_feed(feed: &FeedFacts) {
    let name = feed
        .name
        .as_deref()
        .or(feed.title.as_deref())
        .unwrap_or("(no title)");
    say!("{} · {}", safe(name), safe(&feed.url));
    if let Some(effective) = &feed.effective_url {
        say!("polled at   {}", safe(effective));
    }
    if let Some(other) = &feed.merged_into {
        say!(
            "merged into {}: both lead to one document, and new entries are listed there",
            safe(other)
        );
    }
    let outcome = feed.last_outcome.as_deref().unwrap_or("not polled yet");
    let status = feed
        .last_status
        .map_or_else(String::new, |status| format!(", HTTP {status}"));
    say!("last poll   {}: {outcome}{status}", when(feed.last_poll_at));
    if let Some(detail) = &feed.last_detail {
        say!("            {}", safe(detail));
    }
    if feed.failures > 0 {
        say!(
            "failing     {} polls in a row, since {}; last success {}",
            feed.failures,
            when(feed.failing_since),
            when(feed.last_ok_at)
        );
    }
    say!(
        "so far      {} polls, {} of them \"not modified\"; {} entries, the newest found {}",
        feed.polls,
        feed.polls_304,
        feed.entries,
        when(feed.last_new_at)
    );
    let asked = if feed.has_validators {
        "conditionally: the server answers \"not modified\" if nothing is new"
    } else {
        "unconditionally: the server gives nothing to ask with"
    };
    say!("asked       {asked}");
    if let Some(interval) = feed
        .interval_ms
        .and_then(|millis| u64::try_from(millis).ok())
    {
        say!(
            "rhythm      every {} s, as learned so far",
            Duration::from_millis(interval).as_secs()
        );
    }
    if matches!(feed.state.as_str(), "active" | "gone") {
        let words = Reason::from_token(&feed.next_poll_reason)
            .map_or("of a rule of another version", Reason::words);
        say!(
            "next poll   {}, because {words} [{}]",
            when(Some(feed.next_poll_at)),
            feed.next_poll_reason
        );
    } else {
        say!("next poll   none: the feed is {}", feed.state);
    }
}

fn explain_events(events: &[events::Told]) {
    for event in events {
        let until = event.closed_at.map_or_else(
            || "still open".to_owned(),
            |at| format!("until {}", when(Some(at))),
        );
        say!(
            "event       {}, since {}, {until}: {}",
            event.kind,
            when(Some(event.opened_at)),
            safe(&event.what)
        );
    }
}

fn explain_article(
    article: &ArticleFacts,
    appearances: &[(String, Option<String>)],
    members: &[Member],
) {
    say!(
        "article {} · {}",
        article.id,
        safe(article.title.as_deref().unwrap_or("(no title)"))
    );
    say!(
        "address     {}",
        safe(article.url.as_deref().unwrap_or("none"))
    );
    say!(
        "text        {} ({}), confidence {:.2}, revision {}",
        article.status,
        article.method,
        article.confidence,
        article.rev
    );
    say!("first seen  {}", when(Some(article.first_seen_at)));
    for (feed, link) in appearances {
        say!(
            "shown by    {} as {}",
            safe(feed),
            safe(link.as_deref().unwrap_or("(no link)"))
        );
    }
    if let Some(cluster) = article.split_from {
        say!("split       taken out of cluster {cluster} by hand, and not joined to one again");
    }
    match members {
        [] | [_] => say!("duplicates  none"),
        [primary, ..] => say!(
            "cluster     {}: {} articles carry this text; {} came first",
            article.cluster,
            members.len(),
            primary.id
        ),
    }
    for member in members.iter().filter(|member| member.of.is_some()) {
        say!(
            "  {} {} is {} to {} (score {:.2}) {}",
            member.id,
            safe(member.url.as_deref().unwrap_or("")),
            member.relation.as_deref().unwrap_or("joined"),
            member.of.map_or(0, |of| of.0),
            member.score.unwrap_or_default(),
            member.evidence.as_deref().unwrap_or("")
        );
    }
}

/// What the judge measures between two articles, alone in the world.
fn compare(one: &ArticleFacts, other: &ArticleFacts) {
    let (text, candidate) = (Prepared::new(&one.text), Prepared::new(&other.text));
    let age = one
        .first_seen_at
        .since(other.first_seen_at)
        .max(other.first_seen_at.since(one.first_seen_at));
    let candidates = [Candidate {
        id: other.id,
        cluster: other.cluster,
        age,
        text: &candidate,
    }];
    let judgement = judge(&text, &candidates, &Rules::default());
    let joined = if one.cluster == other.cluster {
        "are in one cluster"
    } else {
        "are in different clusters"
    };
    say!("{} and {} {joined}", one.id, other.id);
    match judgement.verdict {
        Verdict::Duplicate {
            relation, score, ..
        } => say!("judged alone: {} (score {score:.2})", relation.token()),
        Verdict::Unique => say!("judged alone: not the same text"),
    }
    if let Some(seen) = judgement.evidence {
        say!(
            "the smaller text is contained to {:.0} %; both have {:.0} % in common; {} pieces compared; numbers agree to {:.0} % [{}]",
            seen.contained * 100.0,
            seen.alike * 100.0,
            seen.shingles,
            seen.numbers * 100.0,
            seen.ground.token()
        );
    }
    say!(
        "Among other articles more weighs in: what several of them share is boilerplate and does not count."
    );
}

fn show_difference(before: &str, after: &str) {
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let line = safe(change.value().trim_end());
        match change.tag() {
            ChangeTag::Delete if !line.is_empty() => say!("- {line}"),
            ChangeTag::Insert if !line.is_empty() => say!("+ {line}"),
            _ => {}
        }
    }
}
