//! The only reader of time and entropy.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// What time it is, and what chance says.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
    /// A number from 0 up to 1.
    fn chance(&self) -> f64;
    /// 256 bits that nobody else can know; of a simulated chance, what that makes of them.
    fn secret(&self) -> [u8; 32] {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 up to 256"
        )]
        std::array::from_fn(|_| (self.chance() * 256.0) as u8)
    }
}

/// The machine's.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp::EPOCH.plus(since)
    }

    fn chance(&self) -> f64 {
        // Each RandomState is keyed afresh by the standard library.
        let bits = RandomState::new().build_hasher().finish() >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        #[expect(
            clippy::expect_used,
            reason = "a guessable secret would be worse than none"
        )]
        aws_lc_rs::rand::fill(&mut secret).expect("the system has entropy");
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ() {
        let secrets = [SystemClock.secret(), SystemClock.secret(), [0; 32]];
        assert!(secrets[0] != secrets[1] && secrets[0] != secrets[2] && secrets[1] != secrets[2]);
    }

    #[test]
    fn chance_lies_between_0_and_1_and_varies() {
        let draws: Vec<f64> = (0..100).map(|_| SystemClock.chance()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        assert!(draws.iter().any(|draw| *draw < 0.5) && draws.iter().any(|draw| *draw >= 0.5));
    }
}
