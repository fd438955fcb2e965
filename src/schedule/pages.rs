//! Whether a feed's pages are worth fetching (`full_text = "auto"`).

/// After so many pages that added nothing to the feed's own words, pages are no longer fetched …
const CONVINCED_AFTER: u32 = 5;
/// … but those of one poll in so many still are, in case the feed has changed its habits.
const LOOK_AGAIN_EVERY: u64 = 50;

/// Of a feed with so many pages compared with its words, so many of which said more, and so many
/// polls so far: whether the pages of its next entries are fetched.
#[must_use]
pub fn wants_pages(compared: u32, added: u32, polls: u64) -> bool {
    // One page in ten that says more is a feed that is usually whole.
    let adds_nothing = compared >= CONVINCED_AFTER && added.saturating_mul(10) < compared;
    !adds_nothing || polls.is_multiple_of(LOOK_AGAIN_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_add_nothing_are_left_alone_but_not_for_ever() {
        assert!(wants_pages(0, 0, 7));
        assert!(wants_pages(4, 0, 7));
        assert!(!wants_pages(5, 0, 7));
        assert!(wants_pages(5, 1, 7));
        assert!(!wants_pages(30, 2, 7));
        assert!(wants_pages(30, 2, 100));
    }
}
