//! What is measured of a pair of texts.

use crate::model::ArticleId;

use super::boilerplate::Boilerplate;
use super::hashes::Hashes;
use super::prepared::Prepared;
use super::rules::Ground;

/// What a number that both texts have is worth beside a shingle: it is rarer, and it is
/// one of the two words of two shingles already.
const SUPPORT_OF_NUMBER: usize = 2;

/// The measurements of a text and one candidate, and what they led to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    pub candidate: ArticleId,
    pub ground: Ground,
    /// Share of the smaller text's shingles that the other has, boilerplate aside.
    pub contained: f32,
    /// The same with boilerplate.
    pub contained_whole: f32,
    /// Shingles that both have, of those that either has.
    pub alike: f32,
    /// Shingles of the smaller text that are left without boilerplate.
    pub shingles: usize,
    /// Shingles of the judged text that are boilerplate.
    pub boilerplate: usize,
    /// Shingles that both have, and twice the numbers that both have, boilerplate aside.
    pub support: usize,
    /// Share of the smaller text's comparable numbers that the other has: 1 without any.
    pub numbers: f32,
    /// Numbers of the smaller text in whose place the other has another number.
    pub conflicts: usize,
}

/// How much two texts have in common, boilerplate included: what can be had of a pair at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overlap {
    /// As [`Evidence::contained_whole`].
    pub contained: f32,
    /// As [`Evidence::alike`].
    pub alike: f32,
}

impl Overlap {
    pub(super) fn of(one: &Prepared, other: &Prepared) -> Self {
        Self::counted(one, other, one.shingles().count_shared(other.shingles()))
    }

    fn counted(one: &Prepared, other: &Prepared, both: usize) -> Self {
        let (mine, theirs) = (one.shingles().len(), other.shingles().len());
        Self {
            contained: share(both, mine.min(theirs)),
            alike: share(both, mine + theirs - both),
        }
    }
}

/// The judged text, parted by the boilerplate among its candidates.
pub(super) struct Subject<'a> {
    text: &'a Prepared,
    boilerplate: &'a Boilerplate,
    /// Shingles that are boilerplate.
    common: Hashes,
    /// The others.
    own: Hashes,
}

impl<'a> Subject<'a> {
    pub(super) fn new(text: &'a Prepared, boilerplate: &'a Boilerplate) -> Self {
        let (common, own) = text.shingles().parted_by(&boilerplate.shingles);
        Self {
            text,
            boilerplate,
            common,
            own,
        }
    }

    /// Measures against one candidate; the ground is still to be found.
    pub(super) fn against(&self, candidate: ArticleId, other: &Prepared) -> Evidence {
        let Self {
            text,
            boilerplate,
            common,
            own,
        } = self;
        let text: &Prepared = text;
        let theirs = other.shingles();
        let shared = own.count_shared(theirs);
        let overlap = Overlap::counted(text, other, shared + common.count_shared(theirs));
        let left = own.len();
        let their_left = theirs.len() - theirs.count_shared(&boilerplate.shingles);
        let smaller = left.min(their_left);
        let (fewer, more) = if left <= their_left {
            (text, other)
        } else {
            (other, text)
        };
        let numbers = Numbers::of(fewer, more);
        let special = fewer
            .numbers()
            .shared_with(more.numbers())
            .filter(|number| !boilerplate.numbers.contains(*number))
            .count();
        Evidence {
            candidate,
            ground: Ground::NotContained,
            contained: share(shared, smaller),
            contained_whole: overlap.contained,
            alike: overlap.alike,
            shingles: smaller,
            boilerplate: common.len(),
            support: shared + SUPPORT_OF_NUMBER * special,
            numbers: if numbers.agree + numbers.conflict == 0 {
                1.0
            } else {
                share(numbers.agree, numbers.agree + numbers.conflict)
            },
            conflicts: numbers.conflict,
        }
    }
}

/// How the numbers of a text fare in another. Those in words that the other does not
/// have can be compared with nothing and count for neither.
struct Numbers {
    agree: usize,
    conflict: usize,
}

impl Numbers {
    fn of(fewer: &Prepared, more: &Prepared) -> Self {
        let agree = fewer.numbers().count_shared(more.numbers());
        let mut theirs = more.places().iter().peekable();
        let mut conflicting: Vec<u32> = fewer
            .places()
            .iter()
            .filter(|place| {
                while theirs
                    .next_if(|their| their.words() < place.words())
                    .is_some()
                {}
                theirs.peek().is_some_and(|their| {
                    their.words() == place.words() && !more.numbers().contains(place.number())
                })
            })
            .map(|place| place.number())
            .collect();
        conflicting.sort_unstable();
        conflicting.dedup();
        Self {
            agree,
            conflict: conflicting.len(),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of counts that are far below 2^24"
)]
fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}
