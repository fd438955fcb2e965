//! What an operator should know of: something that began, and that may have ended since.

use super::token::tokens;
use super::{FeedId, Timestamp};

tokens! {
    /// What kind of thing has happened. At any time a subject has at most one open event of a kind.
    EventKind {
    Silent = "silent", "the feed answers and has published nothing for longer than its own habit explains";
    Refused = "refused", "the server answers, and does not give the feed to us";
    Failing = "failing", "polls have failed several times in a row";
    Gone = "gone", "the server says that the feed is gone for good, and is believed";
    Moved = "moved", "the feed lives at another address now, and is polled there";
    Gap = "gap", "entries may have come and gone between two polls";
    Throttled = "throttled", "the host says that it is asked too often";
    Outage = "outage", "no host at all could be reached from here";
    Drift = "drift", "the pages of the host are built otherwise than they were";
    }
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Feed(FeedId),
    /// By its name, lower case.
    Host(String),
    /// The machine that feedmill runs on.
    Here,
}

/// One piece of what an event rests on.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Text(String),
    Count(u64),
    Number(f64),
    At(Timestamp),
}

/// What an event rests on, by name: the store keeps it as a JSON object.
pub type Evidence = Vec<(&'static str, Fact)>;

/// A step in the life of an event. Taking the same step again changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// It has begun; if it is open already, its words and evidence become these.
    Opens {
        kind: EventKind,
        subject: Subject,
        /// For somebody who has never heard of it, in one sentence.
        what: String,
        evidence: Evidence,
    },
    /// It has ended; nothing happens when it is not open.
    Closes(EventKind, Subject),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_read_back_as_its_kind() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_token(kind.token()), Some(*kind));
        }
    }
}
