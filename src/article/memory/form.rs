//! The memory as bytes: what the store keeps, 8 bytes for a block.

use super::{MAX_BLOCKS, MAX_PAGES, STRANGE_PAGES, Sight, SiteMemory};

/// The form of the encoding and of what is hashed; a memory of another form is forgotten.
const FORM: u8 = 2;

impl SiteMemory {
    /// For the store.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORM, self.strange];
        out.extend(self.pages.to_le_bytes());
        for sight in &self.blocks {
            out.extend(sight.hash.to_le_bytes());
            out.extend(sight.pages.to_le_bytes());
            out.extend(sight.last.to_le_bytes());
        }
        out
    }

    /// From the store; anything unreadable is an empty memory.
    pub fn decode(bytes: &[u8]) -> Self {
        let Some((&[FORM, strange, low, high], rest)) = bytes.split_first_chunk::<4>() else {
            return Self::default();
        };
        let (sights, tail) = rest.as_chunks::<8>();
        if !tail.is_empty() {
            return Self::default();
        }
        let mut blocks: Vec<Sight> = sights
            .iter()
            .take(MAX_BLOCKS)
            .map(|&[a, b, c, d, e, f, g, h]| Sight {
                hash: u32::from_le_bytes([a, b, c, d]),
                pages: u16::from_le_bytes([e, f]).min(MAX_PAGES),
                last: u16::from_le_bytes([g, h]),
            })
            .filter(|sight| sight.pages > 0)
            .collect();
        blocks.sort_unstable_by_key(|sight| sight.hash);
        blocks.dedup_by_key(|sight| sight.hash);
        Self {
            pages: u16::from_le_bytes([low, high]).min(MAX_PAGES),
            strange: strange.min(STRANGE_PAGES),
            blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_decode_and_stay_in_bounds(bytes: Vec<u8>) {
            let memory = SiteMemory::decode(&bytes);
            prop_assert!(memory.pages() <= MAX_PAGES);
            prop_assert!(memory.blocks.iter().all(|sight| (1..=MAX_PAGES).contains(&sight.pages)));
            prop_assert_eq!(SiteMemory::decode(&memory.encode()), memory);
        }
    }
}
