//! The figures by which texts are judged, and what can be said of a pair.

use std::time::Duration;

use super::evidence::{Evidence, Overlap};

/// The figures. They were fixed on the whole of two development sets, where each may
/// be moved by a tenth and more without much effect (`docs/duplicates.md`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Clusters of candidates, two or more, in which a shingle or number is boilerplate.
    pub boilerplate: usize,
    /// Share of the smaller text, boilerplate aside, that the other must contain.
    pub contained: f32,
    /// Share of the smaller text, boilerplate included, that the other must contain:
    /// a text that is mostly its own site's boilerplate is no copy of another.
    pub contained_whole: f32,
    /// Shingles of the smaller text that must be left without boilerplate.
    pub shingles: usize,
    /// Support that is needed: see [`Evidence::support`].
    pub support: usize,
    /// Share of the comparable numbers that must agree.
    pub numbers: f32,
    /// Or else: shingles of the smaller text for each number that disagrees. A form that
    /// is filled in every day changes several figures a sentence, an edited story changes
    /// one in a paragraph.
    pub shingles_per_conflict: usize,
    /// The same when [`Rules::largely`] of a long text is contained.
    pub shingles_per_conflict_largely: usize,
    pub largely: f32,
    /// Shingles from which on a text is long.
    pub long: usize,
    /// Share of the smaller text, boilerplate included, from which on all of it is there:
    /// then boilerplate does not matter, if no number disagrees.
    pub all: f32,
    /// Shingles that must be left for that, and how much of them is contained.
    pub all_shingles: usize,
    pub all_contained: f32,
    /// What both texts share of what either has, from which on they are one text at
    /// any length and distance, if the numbers agree to [`Rules::alike_numbers`].
    pub alike: f32,
    pub alike_numbers: f32,
    /// Beyond this distance only texts that are alike are duplicates. No copy of the
    /// development sets was later; what was later and similar was the next report.
    pub recent: Duration,
    /// Tokens of a text that is the same text at any distance when it is the same to the
    /// letter; a shorter one only within [`Rules::exact_recent`]: "Nothing to report" is
    /// true on many days.
    pub exact_tokens: usize,
    pub exact_recent: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            boilerplate: 2,
            contained: 0.5,
            contained_whole: 0.4,
            shingles: 15,
            support: 20,
            numbers: 0.7,
            shingles_per_conflict: 70,
            shingles_per_conflict_largely: 50,
            largely: 0.85,
            long: 100,
            all: 0.95,
            all_shingles: 4,
            all_contained: 0.9,
            alike: 0.9,
            alike_numbers: 0.95,
            recent: Duration::from_hours(48),
            exact_tokens: 100,
            exact_recent: Duration::from_hours(72),
        }
    }
}

/// Why a pair was joined or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ground {
    /// Joined: enough of the smaller text is in the other, and the numbers agree.
    Contained,
    /// Joined: all of the smaller text is in the other.
    All,
    /// Joined: both are one text but for a few words.
    Alike,
    /// Refused: they are too far apart in time for anything but the same text.
    Late,
    /// Refused: most of the smaller text is boilerplate of its own.
    OwnBoilerplate,
    /// Refused: without boilerplate too little is left to say.
    TooLittle,
    /// Refused: too little of the smaller text is in the other.
    NotContained,
    /// Refused: the same words around other numbers.
    Numbers,
    /// Refused: others of the cluster have the same words around other numbers.
    Outvoted,
}

impl Ground {
    /// Whether the pair was joined.
    #[must_use]
    pub const fn joins(self) -> bool {
        matches!(self, Self::Contained | Self::All | Self::Alike)
    }

    /// The word that the store and the JSON output use.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Contained => "contained",
            Self::All => "all",
            Self::Alike => "alike",
            Self::Late => "late",
            Self::OwnBoilerplate => "own_boilerplate",
            Self::TooLittle => "too_little",
            Self::NotContained => "not_contained",
            Self::Numbers => "numbers",
            Self::Outvoted => "outvoted",
        }
    }
}

impl Rules {
    /// What the measurements of a pair say, `age` apart.
    pub(super) fn weigh(&self, seen: &Evidence, age: Duration) -> Ground {
        if seen.alike >= self.alike && seen.numbers >= self.alike_numbers {
            return Ground::Alike;
        }
        if age > self.recent {
            return Ground::Late;
        }
        if seen.contained_whole < self.contained_whole {
            return Ground::OwnBoilerplate;
        }
        if seen.contained_whole >= self.all
            && seen.contained >= self.all_contained
            && seen.shingles >= self.all_shingles
            && seen.conflicts == 0
        {
            return Ground::All;
        }
        if seen.shingles < self.shingles || seen.support < self.support {
            return Ground::TooLittle;
        }
        if seen.contained < self.contained {
            return Ground::NotContained;
        }
        if self.numbers_agree(seen) {
            Ground::Contained
        } else {
            Ground::Numbers
        }
    }

    /// Whether a pair may be a match, before boilerplate is set aside.
    pub(super) fn is_near(&self, overlap: Overlap) -> bool {
        overlap.contained >= self.contained_whole
    }

    /// Whether a pair is the same words around other numbers, whatever else it is.
    pub(super) fn contradicts(&self, seen: &Evidence) -> bool {
        seen.contained_whole >= self.contained && !self.numbers_agree(seen)
    }

    fn numbers_agree(&self, seen: &Evidence) -> bool {
        let per_conflict = if seen.contained >= self.largely && seen.shingles >= self.long {
            self.shingles_per_conflict_largely
        } else {
            self.shingles_per_conflict
        };
        seen.numbers >= self.numbers || seen.conflicts.saturating_mul(per_conflict) <= seen.shingles
    }
}
