//! The loop that both pipelines run: claim what is due, work on it, until told to stop.
//!
//! Rows are claimed only for as many permits as are free and only when their host is
//! ready, so that nothing waits while it holds a permit. A row that is claimed and
//! never finished comes back when its lease ends.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::agenda::Agenda;
use super::mill::Mill;
use super::tally::Count;
use crate::fetch::Purpose;
use crate::model::{FailureKind, Lease, Timestamp};
use crate::store::{Held, HoldHost, StoreError, feeds::Due};

/// Rows asked of the table at a time, and of one host among them.
const BATCH: u32 = 4096;
const BATCH_PER_HOST: u32 = 64;
/// The table is asked again when fewer than this many hosts with rows will be ready soon …
const LOW_WATER: usize = 256;
/// … but not more often than this, and at least this often.
const ASK_NOT_BEFORE: Duration = Duration::from_millis(200);
const ASK_AT_LEAST: Duration = Duration::from_secs(5);
/// What is to be done at once is done after this, so that the loop can never spin.
const A_MOMENT: Duration = Duration::from_millis(1);
/// Rows are claimed when at least this part of the permits is free: a quarter.
const CLAIM_SHARE: usize = 4;
/// After this a claim ends by itself: longer than any fetch with its redirects may take.
const LEASE: Duration = Duration::from_secs(900);
/// A hold longer than this ends the wait of a run that ends.
const WORTH_WAITING: Duration = Duration::from_secs(10);
/// How long work that is past the network may take to be written after a stop.
const GRACE: Duration = Duration::from_secs(20);

/// A kind of work that waits in a table.
pub trait Queue: Send + Sync + 'static {
    /// What is fetched of its rows.
    const PURPOSE: Purpose;
    type Id: Copy + Eq + Hash + Send + Sync + 'static;
    type Claimed: Send + 'static;

    /// Rows that are due.
    fn due(
        &self,
        mill: &Mill,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Vec<Due<Self::Id>>, StoreError>> + Send;
    /// When the next one is due, of those that are not yet.
    fn next_due(
        &self,
        mill: &Mill,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send;
    /// Takes rows; those that are gone by now are left out.
    fn claim(
        &self,
        mill: &Mill,
        ids: Vec<Self::Id>,
        lease: Lease,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Vec<Self::Claimed>, StoreError>> + Send;
    /// The row of a claim.
    fn id(claimed: &Self::Claimed) -> Self::Id;
    /// Does the work and commits it.
    fn work(&self, mill: Arc<Mill>, claimed: Self::Claimed) -> impl Future<Output = ()> + Send;
    /// Rounds of the loop.
    fn rounds<'a>(&self, mill: &'a Mill) -> &'a Count;
    /// The queue in the store's terms, where a host is held for that reason.
    fn held(kind: FailureKind) -> Held;
    /// Rows that are left for later.
    fn postponed(&self, mill: &Mill, count: usize);
    /// What wakes the loop.
    fn wake<'a>(&self, mill: &'a Mill) -> &'a Notify;
}

/// When the loop ends.
#[derive(Debug, Clone)]
pub enum Until {
    /// When the mill stops.
    Stopped,
    /// When nothing is due, nothing is under way, and nothing more can come.
    Idle(Arc<Upstream>),
}

/// Whether the pipeline before this one is done, so that nothing more can come.
#[derive(Debug, Default)]
pub struct Upstream {
    done: std::sync::atomic::AtomicBool,
}

impl Upstream {
    /// Nothing more will come.
    pub fn finish(&self) {
        self.done.store(true, std::sync::atomic::Ordering::Release);
    }

    fn is_done(&self) -> bool {
        self.done.load(std::sync::atomic::Ordering::Acquire)
    }
}

/// Works a queue off.
///
/// # Errors
/// When the store cannot be read or has closed.
pub async fn run<Q: Queue>(
    queue: Arc<Q>,
    mill: Arc<Mill>,
    permits: usize,
    until: Until,
) -> Result<(), StoreError> {
    let mut agenda = Agenda::new();
    let mut tasks: JoinSet<(Q::Id, String)> = JoinSet::new();
    let mut ask_at = Instant::now();
    let mut ended = Vec::new();
    while !mill.stop.is_cancelled() {
        queue.rounds(&mill).up();
        let now = Instant::now();
        let upstream_done = matches!(&until, Until::Idle(upstream) if upstream.is_done());
        if now >= ask_at && agenda.ready_by(now + ASK_AT_LEAST) < LOW_WATER {
            let working = agenda.is_working();
            // One instant for both questions: what comes due between two would be missed by both.
            let told = mill.clock.now();
            let Some(added) = refill(&*queue, &mill, &mut agenda, now, told).await? else {
                continue;
            };
            ask_at = if added == 0 {
                next_due(&*queue, &mill, now, told).await?
            } else {
                now + ASK_NOT_BEFORE
            };
            if upstream_done && agenda.len() == 0 && !working {
                break;
            }
        }
        // A claim is a transaction: under load one is made for many rows, not for each that ends.
        let free = permits.saturating_sub(tasks.len());
        let free = if free * CLAIM_SHARE >= permits {
            free
        } else {
            0
        };
        // While our own network is down one row at a time is taken, to see whether it is back.
        let outage = mill
            .fetcher
            .outage_pause()
            .filter(|_| matches!(until, Until::Stopped));
        let free = outage.map_or(free, |left| free.min(usize::from(left.is_zero())));
        let hosts = mill.fetcher.hosts();
        let ready = agenda.take(free, now, |host| {
            (hosts.ready_in(host, Q::PURPOSE), hosts.concurrency(host))
        });
        start(&queue, &mill, &mut agenda, &mut tasks, ready).await?;
        let wake_at = if upstream_done && agenda.len() == 0 && tasks.is_empty() {
            now + ASK_NOT_BEFORE
        } else {
            let mut at = now + ASK_AT_LEAST;
            if let Some(turn) = agenda.next_turn().filter(|_| free > 0) {
                at = at.min(turn.max(now + A_MOMENT));
            }
            // A time that has passed means that there are rows enough.
            if ask_at > now {
                at = at.min(ask_at);
            }
            at
        };
        tokio::select! {
            // In this order, so that a simulation takes the same way every time.
            biased;
            () = mill.stop.cancelled() => {}
            () = queue.wake(&mill).notified() => ask_at = Instant::now(),
            () = sleep_until(wake_at) => {}
            Some(done) = tasks.join_next() => ended.push(done),
        }
        ended.extend(std::iter::from_fn(|| tasks.try_join_next()));
        for done in ended.drain(..) {
            settle(&mut agenda, done);
            // Its row may be due again soon, and its host has room for another.
            ask_at = ask_at.min(Instant::now() + ASK_NOT_BEFORE);
        }
    }
    drain(tasks).await;
    Ok(())
}

/// What is asked of a table of due rows.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub now: Timestamp,
    pub per_host: u32,
    pub limit: u32,
    /// Hosts of which enough is known.
    pub without: Vec<String>,
}

/// Takes more rows into the agenda, and puts off those of hosts that are held for long. Returns how
/// many came in; `None` when the table could not be read this time.
async fn refill<Q: Queue>(
    queue: &Q,
    mill: &Mill,
    agenda: &mut Agenda<Q::Id>,
    now: Instant,
    told: Timestamp,
) -> Result<Option<usize>, StoreError> {
    let without = agenda.hosts().map(str::to_owned).collect();
    let wanted = Wanted {
        now: told,
        per_host: BATCH_PER_HOST,
        limit: BATCH,
        without,
    };
    let Some(due) = pause_on_fault(queue.due(mill, wanted).await).await? else {
        return Ok(None);
    };
    let before = agenda.len();
    for row in &due {
        agenda.add(row.id, &row.host, now);
    }
    let hosts = mill.fetcher.hosts();
    let is_held = |host: &str| {
        hosts
            .held(host)
            .filter(|hold| hold.remaining > WORTH_WAITING)
    };
    for (host, rows) in agenda.drop_held(|host| is_held(host).is_some()) {
        let Some(hold) = is_held(&host) else { continue };
        queue.postponed(mill, rows);
        let until = mill.clock.now().plus(hold.remaining);
        let queue = Q::held(hold.kind);
        let hold = HoldHost { host, until, queue };
        pause_on_fault(mill.store.write(hold).await).await?;
    }
    Ok(Some(agenda.len().saturating_sub(before)))
}

/// A fault of the store that may pass is logged, and the loop goes on after a while; a store that
/// has closed ends it.
async fn pause_on_fault<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Closed) => Err(StoreError::Closed),
        Err(error) => {
            tracing::warn!(%error, "the store did not answer; trying again in a while");
            tokio::time::sleep(ASK_AT_LEAST).await;
            Ok(None)
        }
    }
}

async fn start<Q: Queue>(
    queue: &Arc<Q>,
    mill: &Arc<Mill>,
    agenda: &mut Agenda<Q::Id>,
    tasks: &mut JoinSet<(Q::Id, String)>,
    ready: Vec<(Q::Id, String)>,
) -> Result<(), StoreError> {
    if ready.is_empty() {
        return Ok(());
    }
    let now = mill.clock.now();
    let lease = Lease(i64::from_ne_bytes(mill.clock.chance().to_ne_bytes()));
    let ids = ready.iter().map(|(id, _)| *id).collect();
    let claimed = queue.claim(mill, ids, lease, now, now.plus(LEASE)).await?;
    let mut hosts: std::collections::HashMap<Q::Id, String> = ready.into_iter().collect();
    for row in claimed {
        let id = Q::id(&row);
        let host = hosts.remove(&id).unwrap_or_default();
        let (queue, mill) = (Arc::clone(queue), Arc::clone(mill));
        tasks.spawn(async move {
            queue.work(mill, row).await;
            (id, host)
        });
    }
    // What could not be claimed is somebody else's, or no longer due.
    for (id, host) in hosts {
        agenda.finish(id, &host);
    }
    Ok(())
}

/// When to ask a table again that has just given nothing: when the next of its rows is due.
async fn next_due<Q: Queue>(
    queue: &Q,
    mill: &Mill,
    now: Instant,
    told: Timestamp,
) -> Result<Instant, StoreError> {
    let due = pause_on_fault(queue.next_due(mill, told).await)
        .await?
        .flatten();
    let wait = due.map_or(ASK_AT_LEAST, |due| due.since(told));
    Ok(now + wait.clamp(ASK_NOT_BEFORE, ASK_AT_LEAST))
}

fn settle<Id: Copy + Eq + Hash>(
    agenda: &mut Agenda<Id>,
    done: Result<(Id, String), tokio::task::JoinError>,
) {
    match done {
        Ok((id, host)) => agenda.finish(id, &host),
        // Its row comes back when the lease ends; its host is not blocked for ever because the
        // agenda is rebuilt from the table.
        Err(error) if error.is_panic() => {
            tracing::error!(%error, "a task failed; its work will be done again");
            *agenda = Agenda::new();
        }
        Err(_) => {}
    }
}

/// Lets what is past the network be written; aborts the rest.
async fn drain<T: Send + 'static>(mut tasks: JoinSet<T>) {
    let finish = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!(
            tasks = tasks.len(),
            "work did not end within the grace period and is given up; it will be done again"
        );
        tasks.shutdown().await;
    }
}
