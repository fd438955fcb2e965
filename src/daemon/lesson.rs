//! What a page teaches of its site, on its way into the store.

use serde_json::json;
use url::Url;

use crate::article::{
    Drift, EXTRACTOR_VERSION, Harvest, Impression, SiteHistory, SiteMemory, Turn,
};
use crate::model::Timestamp;
use crate::store::{Lesson, Site};

/// What a page teaches of its site.
#[derive(Debug)]
pub(super) struct PageLesson {
    host: String,
    /// Of a page that held an article.
    impression: Option<Impression>,
    /// What became of it; nothing where that says nothing of the site today.
    harvest: Option<Harvest>,
}

impl PageLesson {
    /// Of a page at `url`; nothing of one without a host.
    pub(super) fn of(
        url: &str,
        impression: Option<Impression>,
        harvest: Option<Harvest>,
    ) -> Option<Box<dyn Lesson>> {
        Some(Box::new(Self {
            host: host_of(url)?,
            impression,
            harvest,
        }))
    }
}

/// The host under which a page's site is known.
pub(super) fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// What a drift rests on: words of an article, and confidence in percent.
fn evidence(drift: Drift, since: Timestamp) -> String {
    json!({
        "since": since.to_string(),
        "usual_words": drift.before.words,
        "words": drift.now.words,
        "usual_confidence": drift.before.confidence,
        "confidence": drift.now.confidence,
    })
    .to_string()
}

impl Lesson for PageLesson {
    fn host(&self) -> &str {
        &self.host
    }

    fn version(&self) -> u32 {
        EXTRACTOR_VERSION
    }

    fn learn(&self, known: Site, at: Timestamp) -> Site {
        let mut memory = SiteMemory::decode(&known.memory);
        if let Some(impression) = &self.impression {
            memory.learn(impression);
        }
        let mut history = SiteHistory::decode(&known.history);
        let turn = self.harvest.and_then(|harvest| history.note(harvest));
        Site {
            memory: memory.encode(),
            history: history.encode(),
            drift: match turn {
                Some(Turn::Began(drift)) => Some(evidence(drift, at)),
                Some(Turn::Ended) => None,
                None => known.drift,
            },
        }
    }
}
