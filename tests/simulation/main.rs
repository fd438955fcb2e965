//! Weeks of polling in minutes: the real loops, scheduler and store, in a world that is not.
//!
//! Time stands still while there is work and jumps to the next thing that happens; the
//! web is some thousand sites that publish, fail, move, throttle and die by a script of
//! chance ([`web`]); and everything happens in one order, so that the same seed gives
//! the same trace to the byte. What is asserted is what the sites saw ([`score`]) and
//! what the store holds.
//!
//!     cargo test --test simulation                                  small, as in every test run
//!     FEEDS=5000 DAYS=30 cargo test --release --test simulation -- --nocapture

#![allow(
    clippy::expect_used,
    clippy::unreadable_literal,
    clippy::format_push_string,
    reason = "tests"
)]

mod chance;
mod clock;
mod score;
mod site;
mod web;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use feedmill::config::{Config, Sources, load};
use feedmill::daemon::{Clock, Signals, Simulation, Ticks, World, run};
use feedmill::fetch::Wire;
use tempfile::TempDir;

use clock::Virtual;
use score::Score;
use web::Web;

/// As the service has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DAY: Duration = Duration::from_secs(86_400);
/// Every five seconds in the service; less often serves as well here.
const HEARTBEAT: Duration = Duration::from_secs(60);
const UPKEEP: Duration = Duration::from_secs(600);

/// What is simulated.
#[derive(Debug, Clone, Copy)]
struct Plan {
    seed: u64,
    feeds: u32,
    days: u32,
}

/// A world after its last day.
struct Past {
    score: Score,
    took: Duration,
}

/// In memory where there is such a place: the disk is not what is tried here.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::tempdir_in(place).expect("a folder")
}

fn configuration(folder: &Path, web: &Web) -> Config {
    let mut text = "[articles]\nfull_text = \"never\"\n[log]\nfetches_for = \"365d\"\n".to_owned();
    for url in web.feeds() {
        text.push_str(&format!("[[feed]]\nurl = \"{url}\"\n"));
    }
    let file = folder.join("feedmill.toml");
    std::fs::write(&file, text).expect("written");
    load(&Sources {
        file: Some(file),
        database: Some(database(folder)),
        ..Sources::default()
    })
    .expect("usable")
}

fn database(folder: &Path) -> PathBuf {
    folder.join("feedmill.db")
}

/// Lives through the plan.
fn live(plan: Plan) -> Past {
    let began = Instant::now();
    let folder = folder();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let web = runtime.block_on(async {
        let clock = Arc::new(Virtual::new(plan.seed));
        let web = Arc::new(Web::new(plan, Arc::clone(&clock)));
        let config = configuration(folder.path(), &web);
        let ticks = Arc::new(Ticks::default());
        let world = World {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            simulation: Some(Simulation {
                wire: Arc::clone(&web) as Arc<dyn Wire>,
                look_up: Arc::new(web::NoNames),
                ticks: Arc::clone(&ticks),
            }),
        };
        let signals = Signals::default();
        let again = config.clone();
        let service = run(config, world, signals.clone(), move || Ok(again.clone()));
        let days = async {
            let end = tokio::time::Instant::now() + DAY * plan.days;
            let mut heartbeat = tokio::time::interval(HEARTBEAT);
            let mut upkeep = tokio::time::interval(UPKEEP);
            loop {
                tokio::select! {
                    biased;
                    () = tokio::time::sleep_until(end) => break,
                    _ = heartbeat.tick() => {
                        clock.follow_the_script();
                        ticks.heartbeat.notify_one();
                    }
                    _ = upkeep.tick() => ticks.upkeep.notify_one(),
                }
            }
            signals.stop.cancel();
        };
        let (ended, ()) = tokio::join!(service, days);
        ended.expect("a clean end");
        web
    });
    let score = Score::of(&web, &database(folder.path()), plan);
    Past {
        score,
        took: began.elapsed(),
    }
}

fn setting(name: &str, otherwise: u32) -> u32 {
    let value = std::env::var(name).ok();
    value
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[test]
fn weeks_of_outages_moves_and_limits_leave_a_clean_score_sheet() {
    let plan = Plan {
        seed: 1,
        feeds: setting("FEEDS", 120),
        days: setting("DAYS", 10),
    };
    let Past { score, took } = live(plan);
    println!("{plan:?}: {:.1} s\n{score}", took.as_secs_f64());
    assert_eq!(score.offences(), Vec::<String>::new());
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let plan = Plan {
        seed: 7,
        feeds: 60,
        days: 3,
    };
    let (one, two) = (live(plan).score, live(plan).score);
    assert_eq!((&one.trace, &one.contents), (&two.trace, &two.contents));
    let other = live(Plan { seed: 8, ..plan }).score;
    assert_ne!(one.trace, other.trace);
}
