//! Of several texts for one field the best.

use super::draft::Words;

/// Rank of the text that an entry has in its own dialect; those of modules rank behind it.
pub(super) const OWN: u8 = 0;

/// Bytes of a text that breaks off from which on its beginning is no other's by chance.
const MIN_STEM_BYTES: usize = 20;

/// The best text so far, and its rank.
#[derive(Debug, Default)]
pub(super) struct Best(Option<(u8, Words)>);

impl Best {
    /// Keeps the first of the lowest rank, and instead of a text that breaks off one that goes on.
    pub fn offer(&mut self, rank: u8, words: Words) {
        let Some((best, kept)) = &mut self.0 else {
            self.0 = Some((rank, words));
            return;
        };
        let better = rank < *best && !continues(&kept.text, &words.text);
        if better || continues(&words.text, &kept.text) {
            *kept = words;
        }
        *best = rank.min(*best);
    }

    /// The text, unless its rank is higher than `worst`.
    pub fn within(self, worst: u8) -> Option<Words> {
        let (_, words) = self.0.filter(|(rank, _)| *rank <= worst)?;
        Some(words)
    }
}

/// Whether a text says how another, that ends in an ellipsis, goes on.
fn continues(text: &str, cut: &str) -> bool {
    let cut = cut.trim();
    let stem = cut.strip_suffix("...").or_else(|| cut.strip_suffix('…'));
    stem.map(str::trim_end).is_some_and(|stem| {
        stem.len() >= MIN_STEM_BYTES
            && text.len() > cut.len()
            && text.trim_start().starts_with(stem)
    })
}

#[cfg(test)]
mod tests {
    use super::super::draft::Form;
    use super::*;

    #[test]
    fn the_own_text_is_the_best_unless_another_goes_on_where_it_breaks_off() {
        let (short, long) = (
            "The council met in the morning...",
            "The council met in the morning and in the evening.",
        );
        for (offers, worst, expected) in [
            (
                &[(2, "two"), (OWN, "own"), (1, "one")][..],
                OWN,
                Some("own"),
            ),
            (&[(2, "two")], OWN, None),
            (&[(2, "two"), (2, "again")], 2, Some("two")),
            (&[(OWN, short), (2, long)], OWN, Some(long)),
            (&[(2, long), (OWN, short)], OWN, Some(long)),
            (&[(OWN, "The..."), (2, "The whole")], OWN, Some("The...")),
        ] {
            let mut best = Best::default();
            for (rank, text) in offers {
                best.offer(*rank, Words::new(*text, Form::Unsure));
            }
            let found = best.within(worst).map(|words| words.text);
            assert_eq!(found.as_deref(), expected, "{offers:?}");
        }
    }
}
