//! Everything that can be done to the database, by name.
//!
//! A request is applied inside the writer's transaction, possibly more than once
//! if the transaction has to be tried again, and answered after it is committed.

use tokio::sync::oneshot;

use super::writer::Work;
use super::{
    ClaimFeeds, ClaimPages, CommitBackfill, CommitDelivery, CommitPage, CommitPoll, Forgive,
    HoldHost, KeepRobots, MoveCallbacks, NoteEvents, PostponePoll, PullPages, Purge, Reclaim,
    Remake, Reschedule, SetSubscription, Split, StoreError, SyncFeeds, Upkeep,
};

/// One kind of change. Applying it twice in two transactions of which only the second is committed
/// must be the same as applying it once.
pub trait Change {
    type Reply;

    /// Does the change within the transaction of `work`.
    ///
    /// # Errors
    /// What it has written by then is rolled back.
    fn apply(&self, work: &mut Work<'_>) -> Result<Self::Reply, StoreError>;
}

/// A change on its way, with the place where its answer is awaited.
#[derive(Debug)]
pub struct Slot<C: Change> {
    change: C,
    done: Option<Result<C::Reply, StoreError>>,
    reply: oneshot::Sender<Result<C::Reply, StoreError>>,
}

impl<C: Change> Slot<C> {
    /// A slot, and where its answer will be.
    pub fn new(change: C) -> (Self, oneshot::Receiver<Result<C::Reply, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                change,
                done: None,
                reply,
            },
            answer,
        )
    }

    fn settle(self) {
        // Whoever asked may have gone away; the change is made all the same.
        let _ = self
            .reply
            .send(self.done.unwrap_or(Err(StoreError::Closed)));
    }
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Everything that can be done to the database.
        #[derive(Debug)]
        pub enum Request {
            $($(#[$doc])* $name(Box<Slot<$name>>),)*
        }

        $(impl From<Slot<$name>> for Request {
            fn from(slot: Slot<$name>) -> Self {
                Self::$name(Box::new(slot))
            }
        })*

        impl Request {
            pub(super) fn apply(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
                match self {
                    $(Self::$name(slot) => slot.done = Some(Ok(slot.change.apply(work)?)),)*
                }
                Ok(())
            }

            pub(super) fn refuse(&mut self, error: StoreError) {
                match self {
                    $(Self::$name(slot) => slot.done = Some(Err(error)),)*
                }
            }

            pub(super) fn fail(&mut self, why: &str) {
                self.refuse(StoreError::Failed(why.to_owned()));
            }

            pub(super) fn settle(self) {
                match self {
                    $(Self::$name(slot) => slot.settle(),)*
                }
            }
        }
    };
}

requests! {
    /// Makes the feeds of the database those of the configuration.
    SyncFeeds,
    /// Gives feeds new due times.
    Reschedule,
    /// Takes due feeds for polling.
    ClaimFeeds,
    /// Puts off everything of a host.
    HoldHost,
    /// Puts a claimed feed off.
    PostponePoll,
    /// Takes back the blame of an outage of our own.
    Forgive,
    /// Writes what a poll found, and when the next one is due.
    CommitPoll,
    /// Writes what an older document had.
    CommitBackfill,
    /// Takes a step in the life of a subscription.
    SetSubscription,
    /// Writes what a hub delivered.
    CommitDelivery,
    /// Has subscriptions made anew after a change of address.
    MoveCallbacks,
    /// Pulls pages back that a wrong clock put off.
    PullPages,
    /// Takes pending pages.
    ClaimPages,
    /// Writes what became of a page.
    CommitPage,
    /// Keeps a site's robots.txt.
    KeepRobots,
    /// Takes articles out of their clusters.
    Split,
    /// Writes articles that were made again from their raw pages.
    Remake,
    /// Takes away what retention lets go.
    Purge,
    /// Gives room back to the file system.
    Reclaim,
    /// Opens and closes events.
    NoteEvents,
    /// Trims logs, keeps statistics fresh.
    Upkeep,
}
