//! How a site's articles usually come out, and when that has changed.
//!
//! A new template is seldom announced: texts become short, or doubtful, or nothing reads like an
//! article any more. A site is only ever compared with its own past, and by medians, so that a few
//! short notices are no alarm. After a while the new state is what is usual.

use crate::model::Extracted;

/// Pages that count as recent. Half of them have to agree.
const RECENT: usize = 8;

/// Earlier pages without which there is no usual.
const ENOUGH: usize = 12;

/// Pages remembered: the recent ones and those they are compared with.
const KEPT: usize = 40;

/// A drift begins when the median length falls below this share of the usual one…
const FALLEN_WORDS: f32 = 0.4;
/// …and ends when it is back above this share.
const RISEN_WORDS: f32 = 0.7;

/// A drift begins when confidence falls by so much…
const FALLEN_CONFIDENCE: f32 = 0.3;
/// …and ends when no more than this is missing.
const RISEN_CONFIDENCE: f32 = 0.15;

/// One page in so many may be lower than all recent ones, and still there is drift: some sites
/// have always mixed notices with long articles.
const LOW_SHARE: usize = 8;

/// After so many pages of drift, things are as they are now.
const NEW_NORMAL: usize = 32;

/// The form of the encoding; a history of another form is forgotten.
const FORM: u8 = 1;

/// What became of one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Harvest {
    /// Words of the article; 0 when the page held none.
    words: u16,
    /// Percent.
    confidence: u8,
}

impl Harvest {
    /// Of a page without an article.
    pub const NOTHING: Self = Self {
        words: 0,
        confidence: 0,
    };

    /// Of a page that gave this.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is clamped to percent first"
    )]
    pub fn of(made: &Extracted) -> Self {
        Self {
            words: u16::try_from(made.word_count).unwrap_or(u16::MAX),
            confidence: (made.confidence * 100.0).round().clamp(0.0, 100.0) as u8,
        }
    }
}

/// What is usual for some pages: medians.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    pub words: u16,
    /// Percent.
    pub confidence: u8,
}

/// A site's articles come out otherwise than they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    pub before: Usual,
    pub now: Usual,
}

/// What a page changed about the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Began(Drift),
    Ended,
}

/// The latest pages of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteHistory {
    /// The newest last.
    pages: Vec<Harvest>,
    /// While a drift lasts: what was usual before it, and its pages so far.
    drift: Option<(Usual, u8)>,
}

impl SiteHistory {
    /// Takes in what became of a page; says when a drift begins or ends with it.
    pub fn note(&mut self, harvest: Harvest) -> Option<Turn> {
        let excess = (self.pages.len() + 1).saturating_sub(KEPT);
        self.pages.drain(..excess);
        self.pages.push(harvest);
        let earlier = self.pages.len().checked_sub(RECENT)?;
        let (earlier, recent) = self.pages.split_at_checked(earlier)?;
        let now = usual(recent);
        if let Some((before, pages)) = &mut self.drift {
            *pages = pages.saturating_add(1);
            let is_new_normal = usize::from(*pages) >= NEW_NORMAL;
            if is_new_normal || has_risen(*before, now) {
                self.drift = None;
                if is_new_normal {
                    self.pages
                        .drain(..self.pages.len().saturating_sub(NEW_NORMAL));
                }
                return Some(Turn::Ended);
            }
            return None;
        }
        let before = usual(earlier);
        if earlier.len() < ENOUGH || !has_fallen(before, now) || is_old_habit(earlier, now) {
            return None;
        }
        self.drift = Some((before, 0));
        Some(Turn::Began(Drift { before, now }))
    }

    /// For the store; always of the same length, so that it is overwritten in place.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        let (before, pages) = self.drift.unwrap_or((
            Usual {
                words: 0,
                confidence: 0,
            },
            u8::MAX,
        ));
        out.push(pages);
        out.extend(before.words.to_le_bytes());
        out.push(before.confidence);
        out.push(u8::try_from(self.pages.len()).unwrap_or(u8::MAX));
        for at in 0..KEPT {
            let harvest = self.pages.get(at).copied().unwrap_or_default();
            out.extend(harvest.words.to_le_bytes());
            out.push(harvest.confidence);
        }
        out
    }

    /// From the store; anything unreadable is an empty history.
    pub fn decode(bytes: &[u8]) -> Self {
        let Some((&[FORM, drifting, a, b, confidence, count], rest)) = bytes.split_first_chunk()
        else {
            return Self::default();
        };
        let before = Usual {
            words: u16::from_le_bytes([a, b]),
            confidence,
        };
        let (pages, _) = rest.as_chunks::<3>();
        Self {
            pages: pages
                .iter()
                .take(usize::from(count).min(KEPT))
                .map(|&[a, b, confidence]| Harvest {
                    words: u16::from_le_bytes([a, b]),
                    confidence,
                })
                .collect(),
            drift: (drifting != u8::MAX).then_some((before, drifting)),
        }
    }
}

fn usual(pages: &[Harvest]) -> Usual {
    let (words, confidence) = sorted(pages);
    Usual {
        words: middle(&words),
        confidence: middle(&confidence),
    }
}

fn sorted(pages: &[Harvest]) -> (Vec<u16>, Vec<u8>) {
    let mut words: Vec<u16> = pages.iter().map(|page| page.words).collect();
    let mut confidence: Vec<u8> = pages.iter().map(|page| page.confidence).collect();
    words.sort_unstable();
    confidence.sort_unstable();
    (words, confidence)
}

fn middle<T: Copy + Default>(sorted: &[T]) -> T {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn has_fallen(before: Usual, now: Usual) -> bool {
    f32::from(now.words) < f32::from(before.words) * FALLEN_WORDS
        || missing_confidence(before, now) > FALLEN_CONFIDENCE
}

fn has_risen(before: Usual, now: Usual) -> bool {
    f32::from(now.words) >= f32::from(before.words) * RISEN_WORDS
        && missing_confidence(before, now) <= RISEN_CONFIDENCE
}

fn missing_confidence(before: Usual, now: Usual) -> f32 {
    (f32::from(before.confidence) - f32::from(now.confidence)) / 100.0
}

/// True when pages as poor as these were always part of the site.
fn is_old_habit(earlier: &[Harvest], now: Usual) -> bool {
    let (words, confidence) = sorted(earlier);
    let low = earlier.len() / LOW_SHARE;
    words.get(low).is_none_or(|low| *low <= now.words)
        && confidence.get(low).is_none_or(|low| *low <= now.confidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn harvest(words: u16, confidence: u8) -> Harvest {
        Harvest { words, confidence }
    }

    /// The turns that some pages bring about, with the index of the page.
    fn turns(pages: impl IntoIterator<Item = Harvest>) -> Vec<(usize, Option<Drift>)> {
        let mut history = SiteHistory::default();
        let mut turns = Vec::new();
        for (at, page) in pages.into_iter().enumerate() {
            match history.note(page) {
                Some(Turn::Began(drift)) => turns.push((at, Some(drift))),
                Some(Turn::Ended) => turns.push((at, None)),
                None => {}
            }
            history = SiteHistory::decode(&history.encode());
        }
        turns
    }

    #[test]
    fn a_fall_of_length_or_confidence_against_the_site_s_own_past_is_a_drift() {
        let long = [harvest(500, 95); 20];
        for fallen in [harvest(120, 95), harvest(500, 40), Harvest::NOTHING] {
            let found = turns(long.into_iter().chain([fallen; 12]));
            let [(23..=24, Some(drift))] = found[..] else {
                panic!("{found:?}");
            };
            assert_eq!(drift.before, usual(&long));
        }
        assert_eq!(turns(long.into_iter().chain([harvest(300, 90); 30])), []);
    }

    #[test]
    fn a_site_that_mixes_notices_and_articles_does_not_drift_by_a_run_of_notices() {
        let mixed = (0..30).map(|at| harvest(if at % 3 == 0 { 60 } else { 600 }, 90));
        assert_eq!(turns(mixed.chain([harvest(60, 90); 8])), []);
    }

    #[test]
    fn a_drift_ends_when_the_site_is_back_or_when_the_new_state_has_lasted() {
        let long = [harvest(500, 95); 20];
        let back = long
            .into_iter()
            .chain([harvest(50, 95); 10])
            .chain([harvest(450, 95); 10]);
        let found = turns(back);
        assert!(
            matches!(found[..], [(_, Some(_)), (30..=37, None)]),
            "{found:?}"
        );
        let lasting = turns(long.into_iter().chain([harvest(50, 95); 80]));
        assert!(
            matches!(lasting[..], [(_, Some(_)), (50..=60, None)]),
            "{lasting:?}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_decode_and_take_another_page(bytes: Vec<u8>) {
            let mut history = SiteHistory::decode(&bytes);
            history.note(Harvest::NOTHING);
            prop_assert!(history.pages.len() <= KEPT);
            prop_assert_eq!(SiteHistory::decode(&history.encode()), history.clone());
            prop_assert_eq!(history.encode().len(), SiteHistory::default().encode().len());
        }
    }
}
