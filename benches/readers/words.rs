//! Texts like those of a language: few words often, most words seldom.

const VOCABULARY: u64 = 60_000;

/// A sequence that looks random (`SplitMix64`), the same in every run.
#[derive(Debug)]
pub struct Sequence(pub u64);

impl Sequence {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// The rank of a word: as Zipf has it, the n-th is n times rarer than the first.
    fn rank(&mut self) -> u64 {
        let chance = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below the vocabulary"
        )]
        let rank = (chance * (VOCABULARY as f64).ln()).exp() as u64;
        rank
    }

    /// Sentences in paragraphs, about so many bytes. Every second word has stood in the text before,
    /// which gives an index of .56 bytes for a byte of text: as much as English news has.
    pub fn text(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 16);
        let mut used: Vec<u64> = Vec::new();
        let mut words = 0;
        while text.len() < bytes {
            let rank = match used.len() as u64 {
                count @ 1.. if self.below(2) == 0 => {
                    used[usize::try_from(self.below(count)).unwrap()]
                }
                _ => self.rank(),
            };
            used.push(rank);
            push(rank, &mut text);
            words += 1;
            text.push_str(match words % 90 {
                0 => ".\n\n",
                n if n % 15 == 0 => ". ",
                _ => " ",
            });
        }
        text.trim_end().to_owned()
    }
}

/// A word by its rank: the frequent ones are short.
pub fn word(rank: u64) -> String {
    let mut word = String::new();
    push(rank, &mut word);
    word
}

fn push(rank: u64, text: &mut String) {
    const SYLLABLES: [&str; 32] = [
        "an", "be", "co", "di", "el", "fo", "gra", "hi", "in", "jo", "ka", "le", "mi", "no", "or",
        "pa", "qui", "re", "si", "to", "un", "ve", "wo", "xa", "ya", "zu", "the", "st", "ch", "er",
        "al", "ing",
    ];
    let mut rest = rank + 1;
    while rest > 0 {
        text.push_str(SYLLABLES[usize::try_from(rest % 32).unwrap()]);
        rest /= 32;
    }
}
