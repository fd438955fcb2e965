//! Which rule decided when a feed is due.

use crate::model::FailureKind;
use crate::model::token::tokens;

tokens! {
    /// The rule that won.
    Reason {
    First = "first", "it has not been polled yet; first polls of many feeds are spread over polling.startup_spread";
    CatchUp = "catch_up", "it was due while feedmill was not running; such polls are spread over polling.startup_spread";
    WebSub = "websub", "a hub tells when there is something new; polling is only the backstop";
    Merged = "merged", "its address leads to the document of another feed, which is polled for both; now and then it is looked whether it still does";
    Released = "released", "the feed that was polled in its place has moved, fails, or is no longer configured";
    Credentials = "credentials", "what it is asked with has changed since the server refused it";
    Forced = "forced", "somebody asked for it";
    Clock = "clock", "its due time lay further away than any rule puts one, so the clock must have been wrong";
    Outage = "outage", "no host at all could be reached, so the network here was down; no feed is to blame";
    Interval = "interval", "the interval in the configuration has passed by then";
    Cron = "cron", "the schedule in the configuration says so";
    Adaptive = "adaptive", "that suits how often it has published lately";
    Floor = "floor", "no feed is polled more often than polling.floor (or polling.configured_floor) allows";
    UnconditionalFloor = "unconditional_floor", "the server gives no ETag or Last-Modified that can be believed, so every poll costs the whole document; such feeds are polled no more often than polling.unconditional_floor";
    Fresh = "fresh", "the server said that its answer stays fresh until then (Cache-Control or Expires)";
    RetryAfter = "retry_after", "the server asked to be left alone until then (Retry-After)";
    Ttl = "ttl", "the feed itself asks for that pause (ttl, or the syndication module)";
    SkipWindow = "skip_window", "the feed itself asks not to be polled at the hours or on the days before (skipHours, skipDays)";
    Backoff = "backoff", "the last polls failed, and the pause doubles with every failure up to polling.max_interval";
    Throttled = "throttled", "the server said that it is asked too often, without saying for how long; the pause doubles each time from polling.throttle_backoff";
    Unreachable = "unreachable", "the host could not be reached; the pause doubles each time from polling.connect_backoff";
    Unauthorized = "unauthorized", "the server wants credentials; it is asked once in polling.max_interval until they change";
    SlowLane = "slow_lane", "it has been failing for long, or a wall for browsers stands before it; it is tried rarely, at an eighth of the time it has been failing and at last every polling.slow_lane, and never given up";
    Gone = "gone", "the server says that it is gone for good; that is looked at again before it is believed";
    }
}

impl Reason {
    /// Why whoever would ask a host that is held waits.
    #[must_use]
    pub const fn of_hold(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Throttled => Self::RetryAfter,
            _ => Self::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_read_back_as_its_reason() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_token(reason.token()), Some(*reason));
        }
    }
}
