//! What a page teaches of its site, on its way into the store.

use url::Url;

use crate::article::{
    Drift, EXTRACTOR_VERSION, Harvest, Impression, SiteHistory, SiteMemory, Turn,
};
use crate::model::{EventKind, Fact, Note, Subject};
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

/// The event of a host whose articles come out otherwise than they did; confidence is in percent.
fn drifts(host: &str, drift: Drift) -> Note {
    let Drift { before, now } = drift;
    let what = format!(
        "the articles of {host} come out shorter or less certain than they did ({} words at {} %, usually {} at {} %): \
         its pages may be built in a new way",
        now.words, now.confidence, before.words, before.confidence
    );
    Note::Opens {
        kind: EventKind::Drift,
        subject: Subject::Host(host.to_owned()),
        what,
        evidence: vec![
            ("usual_words", Fact::Count(before.words.into())),
            ("words", Fact::Count(now.words.into())),
            ("usual_confidence", Fact::Count(before.confidence.into())),
            ("confidence", Fact::Count(now.confidence.into())),
        ],
    }
}

impl Lesson for PageLesson {
    fn host(&self) -> &str {
        &self.host
    }

    fn version(&self) -> u32 {
        EXTRACTOR_VERSION
    }

    fn learn(&self, known: &Site) -> (Site, Option<Note>) {
        let mut memory = SiteMemory::decode(&known.memory);
        if let Some(impression) = &self.impression {
            memory.learn(impression);
        }
        let mut history = SiteHistory::decode(&known.history);
        let turn = self.harvest.and_then(|harvest| history.note(harvest));
        // A history that begins anew knows nothing of a drift that another extractor saw.
        let is_new = known.history.is_empty();
        let ended = Note::Closes(EventKind::Drift, Subject::Host(self.host.clone()));
        let note = match turn {
            Some(Turn::Began(drift)) => Some(drifts(&self.host, drift)),
            Some(Turn::Ended) => Some(ended),
            None => is_new.then_some(ended),
        };
        let site = Site {
            memory: memory.encode(),
            history: history.encode(),
        };
        (site, note)
    }
}
