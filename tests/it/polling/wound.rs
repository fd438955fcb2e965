//! The service within the test, with a clock that can be wound.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use feedmill::config::{Sources, load};
use feedmill::daemon::{Clock, Signals, SystemClock, run};
use feedmill::model::Timestamp;

use crate::support::Bench;

/// The machine's clock, so many milliseconds off.
#[derive(Debug, Default)]
pub struct Wound(AtomicI64);

impl Wound {
    /// A clock that shows another time.
    pub fn at(shown: Timestamp) -> Arc<Self> {
        let clock = Self::default();
        clock.set(shown);
        Arc::new(clock)
    }

    /// Off by so much into the future.
    pub fn ahead(by: Duration) -> Arc<Self> {
        Self::at(SystemClock.now().plus(by))
    }

    pub fn set(&self, shown: Timestamp) {
        let off = shown.secs() - SystemClock.now().secs();
        self.0.store(off * 1000, Ordering::Relaxed);
    }
}

impl Clock for Wound {
    fn now(&self) -> Timestamp {
        let off = self.0.load(Ordering::Relaxed);
        let span = Duration::from_millis(off.unsigned_abs());
        if off < 0 {
            SystemClock.now().minus(span)
        } else {
            SystemClock.now().plus(span)
        }
    }

    fn chance(&self) -> f64 {
        SystemClock.chance()
    }
}

/// Runs the service of a bench with a clock until the work is done, and lets it stop cleanly.
pub fn serve(bench: &Bench, clock: Arc<Wound>, work: impl FnOnce()) {
    let config = load(&Sources {
        file: Some(bench.path("feedmill.toml")),
        database: Some(bench.db()),
        ..Sources::default()
    })
    .expect("usable");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let signals = Signals::default();
    let told = signals.clone();
    let again = config.clone();
    let service = runtime.spawn(run(config, clock, told, move || Ok(again.clone())));
    work();
    signals.stop.cancel();
    runtime
        .block_on(service)
        .expect("no panic")
        .expect("a clean stop");
}
