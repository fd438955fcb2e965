//! What is known of one host: when it was asked, what it has taught, until when it is held.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::hosts::{Hold, HostPace};
use crate::model::FailureKind;

/// The gap that a first refusal without Retry-After teaches is twice this.
const LEAST_LESSON: Duration = Duration::from_millis(500);
/// No host is asked more slowly than this for what it has taught; beyond, it can say Retry-After.
const MOST_LESSON: Duration = Duration::from_secs(120);
/// After so many answers in a row the learned gap shrinks by a fifth.
pub(super) const DOUBTED_AFTER: u32 = 50;
const DOUBT: f64 = 0.8;

/// One host's gate.
#[derive(Debug)]
pub(super) struct Gate {
    pub under_way: u32,
    pub next: Instant,
    /// What robots.txt asks for, when more than the configured gap.
    pub crawl_delay: Duration,
    /// What the host's refusals have taught.
    pub learned: Duration,
    /// Answers since the last refusal.
    pub served: u32,
    /// When the last request left, and when the last one that was answered.
    pub asked: Option<Instant>,
    pub answered: Option<Instant>,
    pub hold: Option<(FailureKind, Instant)>,
    /// Until when a feed that waits for its turn goes before pages.
    pub feed_waits_until: Instant,
    /// The same of a page, which goes before feeds once so many of them went before it.
    pub page_waits_until: Instant,
    pub feeds_in_a_row: u32,
    pub freed: Arc<Notify>,
}

impl Gate {
    pub fn new(now: Instant) -> Self {
        Self {
            under_way: 0,
            next: now,
            crawl_delay: Duration::ZERO,
            learned: Duration::ZERO,
            served: 0,
            asked: None,
            answered: None,
            hold: None,
            feed_waits_until: now,
            page_waits_until: now,
            feeds_in_a_row: 0,
            freed: Arc::default(),
        }
    }

    /// What is to lie between two requests, whatever refusals have taught.
    pub fn gap(&self, pace: HostPace) -> Duration {
        pace.gap.max(self.crawl_delay)
    }

    pub fn held(&self, now: Instant) -> Option<Hold> {
        let (kind, until) = self.hold?;
        let remaining = until.saturating_duration_since(now);
        (!remaining.is_zero()).then_some(Hold { kind, remaining })
    }

    pub fn start(&self, now: Instant) -> Instant {
        let held = self.hold.map_or(now, |(_, until)| until);
        now.max(self.next).max(held)
    }

    /// A request was refused as one too many; `gap` is what is configured. A Retry-After tells the
    /// rate: one request in the time from the last one that was answered until then. Without one the
    /// gap doubles.
    pub fn refused(&mut self, now: Instant, gap: Duration, retry_after: Option<Duration>) {
        let lesson = match retry_after {
            // So long a wait is a ban, and says nothing of a rate.
            Some(wait) if wait > MOST_LESSON => Duration::ZERO,
            Some(wait) => {
                let since = self.answered.map(|at| now.saturating_duration_since(at));
                // Longer ago than a lesson can be, that answer has nothing to do with the refusal.
                let since = since.filter(|since| *since + wait <= MOST_LESSON);
                wait.saturating_add(since.unwrap_or_default().max(gap))
            }
            None => self.learned.max(gap).max(LEAST_LESSON).saturating_mul(2),
        };
        self.learned = self.learned.max(lesson).min(MOST_LESSON);
        self.next = self
            .next
            .max(now + retry_after.unwrap_or(self.learned).min(MOST_LESSON));
        self.served = 0;
    }

    /// The host has answered. After enough answers in a row what was learned is doubted a little.
    pub fn served(&mut self) {
        self.answered = self.asked;
        if self.learned.is_zero() {
            return;
        }
        self.served += 1;
        if self.served >= DOUBTED_AFTER {
            self.served = 0;
            self.learned = self.learned.mul_f64(DOUBT);
        }
    }
}
