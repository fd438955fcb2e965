//! A row of features and the scales its bytes are on.

use std::sync::LazyLock;

use crate::article::page::block;

/// A row of features under construction.
#[derive(Debug, Default, Clone)]
pub struct Row {
    pub values: Vec<u8>,
}

impl Row {
    /// An empty row with room for all features.
    pub(super) fn roomy() -> Self {
        Self {
            values: Vec::with_capacity(256),
        }
    }

    pub(super) fn put(&mut self, value: u8) {
        self.values.push(value);
    }

    pub(super) fn flag(&mut self, value: bool) {
        self.put(u8::from(value));
    }

    pub(super) fn count(&mut self, value: usize) {
        self.put(u8::try_from(value).unwrap_or(u8::MAX));
    }

    pub(super) fn log(&mut self, value: usize) {
        self.put(log(value));
    }

    pub(super) fn share(&mut self, value: f32) {
        self.put(share(value));
    }

    pub(super) fn ratio(&mut self, part: usize, whole: usize) {
        self.share(block::ratio(part, whole));
    }

    /// A signed distance: 128 is here, less is before.
    pub(super) fn signed(&mut self, value: isize) {
        let size = log(value.unsigned_abs()) / 2;
        self.put(if value < 0 { 128 - size } else { 128 + size });
    }
}

/// `ln(1 + value)` in steps of 1/20: 255 stands for 340,000 and more.
pub(super) fn log(value: usize) -> u8 {
    LOGS.get(value).copied().unwrap_or_else(|| logarithm(value))
}

/// The logarithms that are asked for all the time.
static LOGS: LazyLock<Vec<u8>> = LazyLock::new(|| (0..4096).map(logarithm).collect());

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
fn logarithm(value: usize) -> u8 {
    ((value as f32).ln_1p() * 20.0).clamp(0.0, 255.0) as u8
}

/// A share in steps of 1/250.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
pub(super) fn share(value: f32) -> u8 {
    (value * 250.0).clamp(0.0, 255.0) as u8
}
