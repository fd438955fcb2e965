//! Row ids as types, so that a feed's id cannot be passed for an article's.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A feed's row.
    FeedId
);
id!(
    /// The row of a gap.
    GapId
);
id!(
    /// An entry's row.
    EntryId
);
id!(
    /// The row of a page that waits to be fetched.
    PageId
);
id!(
    /// An article's row; never reused.
    ArticleId
);
id!(
    /// The number of one claim. A commit carries the lease under which its row
    /// was claimed; if the row has since been claimed by another, the commit is
    /// refused and nothing is written.
    Lease
);
