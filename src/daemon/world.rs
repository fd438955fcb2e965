//! What the service takes from outside itself: the time, the web, and threads.

use std::fmt;
use std::sync::Arc;

use super::clock::Clock;
use super::ticker::Ticks;
use crate::fetch::{LookUp, Wire};

/// Where a mill turns.
#[derive(Debug, Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    /// In place of the Internet, of threads, and of the metronome.
    pub simulation: Option<Simulation>,
}

/// A world in which everything happens on the caller's thread, one step after another: with the
/// same clock and the same web it takes the same way every time. It needs a runtime of one thread
/// whose time stands still while there is work.
#[derive(Clone)]
pub struct Simulation {
    pub wire: Arc<dyn Wire>,
    pub look_up: Arc<dyn LookUp>,
    /// Beaten by the simulation.
    pub ticks: Arc<Ticks>,
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation").finish_non_exhaustive()
    }
}

/// The real one, with this clock.
impl<C: Clock + 'static> From<Arc<C>> for World {
    fn from(clock: Arc<C>) -> Self {
        Self {
            clock,
            simulation: None,
        }
    }
}
