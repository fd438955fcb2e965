//! Tables of keys that are ours, words that we wrote and numbers that we gave, looked up many times a page.
//!
//! The standard hasher defends a table against keys that were chosen to collide. These tables hold
//! our own keys only, and a page can at most ask for them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A table whose keys are ours.
pub type Vocabulary<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// A set of keys of ours.
pub type Words<K> = HashSet<K, BuildHasherDefault<Quick>>;

/// FNV-1a, finished so that the high bits are good too.
#[derive(Debug)]
pub struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = (self.0 ^ u64::from(value)).wrapping_mul(0x0100_0000_01b3);
    }

    fn write_usize(&mut self, value: usize) {
        self.0 = (self.0 ^ value as u64).wrapping_mul(0x0100_0000_01b3);
    }
}
