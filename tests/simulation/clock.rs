//! The clock on the wall of a simulated world: right, but for two days.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use feedmill::daemon::Clock;
use feedmill::model::Timestamp;
use tokio::time::Instant;

use crate::chance::Chance;

/// When every simulated world begins: 2027-01-15, a Friday.
pub const BEGINNING: Timestamp = Timestamp::from_secs(1_800_000_000);

/// From when until when the wall clock is off, and by how much: seconds.
pub const WRONG: [(i64, i64, i64); 2] = [
    (5 * 86_400, 5 * 86_400 + 40_000, 7200),
    (9 * 86_400, 9 * 86_400 + 40_000, -7200),
];

#[derive(Debug)]
pub struct Virtual {
    began: Instant,
    /// Seconds.
    off: AtomicI64,
    chance: Mutex<Chance>,
}

impl Virtual {
    pub fn new(seed: u64) -> Self {
        Self {
            began: Instant::now(),
            off: AtomicI64::new(0),
            chance: Mutex::new(Chance::new(seed)),
        }
    }

    /// Time as it is, whatever the wall shows.
    pub fn truth(&self) -> Timestamp {
        BEGINNING.plus(self.began.elapsed())
    }

    /// Sets the wall clock wrong, and right again.
    pub fn follow_the_script(&self) {
        let at = self.truth().secs() - BEGINNING.secs();
        let off = WRONG
            .iter()
            .find(|(from, to, _)| (*from..*to).contains(&at));
        self.off
            .store(off.map_or(0, |(_, _, off)| *off), Ordering::Relaxed);
    }
}

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        let off = self.off.load(Ordering::Relaxed);
        let span = Duration::from_secs(off.unsigned_abs());
        if off < 0 {
            self.truth().minus(span)
        } else {
            self.truth().plus(span)
        }
    }

    fn chance(&self) -> f64 {
        self.chance
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .share()
    }
}
