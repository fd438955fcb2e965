//! The metronome: the only door to tokio-cron-scheduler.
//!
//! It does one thing, notify. When a feed is due is data in the table, not a job
//! here: jobs of this scheduler can be dropped after a stall, do not know overlap,
//! and are not awaited at the end. So there are a few of them, in UTC, with six
//! fields, added one by one, and whoever is notified decides what is to be done.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Notifications that may wait in the scheduler: far more than a handful of jobs can cause.
const CHANNEL: usize = 1000;
/// Every five seconds: the watchdog and the status line.
const HEARTBEAT: &str = "*/5 * * * * *";
/// Every ten minutes, not on the minute that everything else in the world runs on.
const UPKEEP: &str = "17 7/10 * * * *";

/// What ticks.
#[derive(Debug, Default)]
pub struct Ticks {
    pub heartbeat: Notify,
    pub upkeep: Notify,
}

/// The scheduler, running until it is stopped.
pub struct Ticker {
    /// None when somebody else beats time.
    scheduler: Option<JobScheduler>,
    pub ticks: Arc<Ticks>,
}

impl std::fmt::Debug for Ticker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}

impl Ticker {
    /// Starts ticking.
    ///
    /// # Errors
    /// Of the scheduler.
    pub async fn start() -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new_with_channel_size(CHANNEL).await?;
        let ticks = Arc::new(Ticks::default());
        add(&scheduler, HEARTBEAT, &ticks, |ticks| &ticks.heartbeat).await?;
        add(&scheduler, UPKEEP, &ticks, |ticks| &ticks.upkeep).await?;
        scheduler.start().await?;
        Ok(Self {
            scheduler: Some(scheduler),
            ticks,
        })
    }

    /// One that only passes on what somebody else beats.
    pub fn beaten(ticks: Arc<Ticks>) -> Self {
        Self {
            scheduler: None,
            ticks,
        }
    }

    /// Stops ticking.
    pub async fn stop(self) {
        let Some(mut scheduler) = self.scheduler else {
            return;
        };
        if let Err(error) = scheduler.shutdown().await {
            tracing::debug!(%error, "the ticker did not stop cleanly");
        }
    }
}

async fn add(
    scheduler: &JobScheduler,
    line: &str,
    ticks: &Arc<Ticks>,
    which: fn(&Ticks) -> &Notify,
) -> Result<(), JobSchedulerError> {
    let ticks = Arc::clone(ticks);
    let job = Job::new(line, move |_, _| which(&ticks).notify_one())?;
    scheduler.add(job).await?;
    Ok(())
}
