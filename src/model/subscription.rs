//! A subscription at a hub (W3C WebSub): the hub tells when a feed has changed.

use super::FeedId;
use super::token::tokens;

/// A hub that a feed announces, and what it calls the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    pub hub: String,
    pub topic: String,
}

tokens! {
    /// Where a subscription stands.
    SubscriptionState {
    Wanted = "wanted", "the hub is known and has not been asked";
    Asked = "asked", "the hub has been asked and has not called back";
    Active = "active", "the hub delivers";
    Denied = "denied", "the hub does not want us";
    Leaving = "leaving", "the hub is told to stop";
    }
}

/// A subscription, with what a delivery needs to know of its feed.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub feed: FeedId,
    /// The feed's address in the configuration.
    pub feed_url: String,
    pub hub: String,
    pub topic: String,
    pub state: SubscriptionState,
    /// The last part of our callback address: nobody else knows it.
    pub token: Option<String>,
    /// What deliveries are signed with.
    pub secret: Option<Vec<u8>>,
    /// The private networks that the hub was asked in.
    pub networks: Vec<String>,
    /// How often the hub was asked in vain.
    pub failures: u32,
    /// The feed is no longer configured, or gone for good.
    pub removed: bool,
    /// The feed under which its entries are listed: itself, or the one it is merged into.
    pub listed_under: FeedId,
    pub pages_compared: u32,
    pub pages_added: u32,
    /// Polls of the feed so far.
    pub polls: u64,
}
