//! Which rule decided when a feed is due.

/// The rule that won.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Interval,
    Cron,
    Adaptive,
    Floor,
    UnconditionalFloor,
    Fresh,
    RetryAfter,
    Ttl,
    SkipWindow,
    Backoff,
    Throttled,
    Unreachable,
    Unauthorized,
    SlowLane,
    Gone,
}

impl Reason {
    /// The word that the store keeps.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Cron => "cron",
            Self::Adaptive => "adaptive",
            Self::Floor => "floor",
            Self::UnconditionalFloor => "unconditional_floor",
            Self::Fresh => "fresh",
            Self::RetryAfter => "retry_after",
            Self::Ttl => "ttl",
            Self::SkipWindow => "skip_window",
            Self::Backoff => "backoff",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::SlowLane => "slow_lane",
            Self::Gone => "gone",
        }
    }
}
