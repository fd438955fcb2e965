//! Today's extractor over the pages that were kept: the same way as a page takes that was fetched,
//! without the network.
//!
//! A run may be stopped or killed at any point. How far it has come is written together with what it
//! has done, and the same request goes on there.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::lesson::{PageLesson, host_of};
use super::paged::assemble;
use super::start::{DaemonError, settings};
use super::visit::{PARSE_DEADLINE, extraction};
use crate::article::{self, EXTRACTOR_VERSION, Parts, SiteMemory};
use crate::config::Config;
use crate::model::{ArticleId, FeedWords};
use crate::store::raw::Range;
use crate::store::remakes::{self, Known};
use crate::store::{
    ArticleStatus, Difference, InstanceLock, Lesson, NewArticle, RawPage, RawReader, Remade,
    Remake, Site, Store, StoreError, open, sites,
};
use crate::{dedupe, fetch};

/// Articles that are made and written together.
const TOGETHER: u32 = 16;

/// What is made again.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    pub range: Range,
    /// Name or address of a feed.
    pub feed: Option<String>,
    /// Look at what would change, and write nothing.
    pub dry_run: bool,
}

impl Chosen {
    /// One line that is the same for the same request by the same extractor.
    fn words(&self) -> String {
        let (range, feed) = (&self.range, &self.feed);
        format!("{EXTRACTOR_VERSION} {range:?} {feed:?}")
    }

    fn has(&self, known: &Known) -> bool {
        self.feed.as_ref().is_none_or(|wanted| {
            known.feed_url == *wanted || known.feed_name.as_ref() == Some(wanted)
        })
    }
}

/// What became of the articles so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remaking {
    /// Those that have pages in the range, from where an earlier run ended.
    pub total: u64,
    pub seen: u64,
    pub texts: u64,
    pub details: u64,
    pub same: u64,
    /// Not of the feed, gone, or of the feed's own words.
    pub passed_over: u64,
    /// No article is found in the page now; what is stored stays.
    pub failed: u64,
    /// An earlier run was continued.
    pub resumed: bool,
}

/// An article whose text is another now.
#[derive(Debug)]
pub struct Changed<'a> {
    pub id: ArticleId,
    pub before: &'a Known,
    pub words: u32,
}

/// Makes the chosen articles again. `watch` is told the counts after every few; `changed` of every
/// article with another text.
///
/// # Errors
/// When there are no raw pages, when another process has the database, and of the store.
pub async fn reextract(
    config: &Config,
    clock: &dyn Clock,
    stop: &CancellationToken,
    chosen: &Chosen,
    mut watch: impl FnMut(&Remaking),
    mut changed: impl FnMut(&Changed<'_>),
) -> Result<Remaking, DaemonError> {
    let path = &config.database;
    let mut raw = RawReader::open(path)?;
    let writing = if chosen.dry_run {
        None
    } else {
        Some((
            InstanceLock::take(path)?,
            Store::open(path, settings(config))?,
        ))
    };
    let reader = open::reader(path)?;
    let words = chosen.words();
    let begun = remakes::begun(&reader, &words)?.filter(|_| !chosen.dry_run);
    let mut after = begun.unwrap_or(ArticleId(0));
    let mut counts = Remaking {
        total: raw.count(&chosen.range, after)?,
        resumed: begun.is_some(),
        ..Remaking::default()
    };
    while !stop.is_cancelled() {
        let ids = raw.next(&chosen.range, after, TOGETHER)?;
        let Some(last) = ids.last().copied() else {
            break;
        };
        let mut making = Vec::new();
        for id in ids {
            counts.seen += 1;
            match remakes::known(&reader, id)?.filter(|known| chosen.has(known) && !known.is_feed_s)
            {
                None => counts.passed_over += 1,
                Some(known) => {
                    let pages = raw.pages(id)?;
                    let host = pages.first().and_then(|page| host_of(&page.url));
                    let site = sites::known(&reader, &host.unwrap_or_default(), EXTRACTOR_VERSION)?;
                    let job = Job::new(config, id, &known, pages, &site);
                    making.push((known, tokio::task::spawn_blocking(move || job.make())));
                }
            }
        }
        let mut made = Vec::new();
        for (known, task) in making {
            match task.await.ok().flatten() {
                None => counts.failed += 1,
                Some(remade) => made.push((known, remade)),
            }
        }
        for (known, remade) in &made {
            let difference = remakes::difference(&reader, remade.id, &remade.article)?;
            match difference {
                Difference::Text => {
                    counts.texts += 1;
                    changed(&Changed {
                        id: remade.id,
                        before: known,
                        words: remade.article.made.word_count,
                    });
                }
                Difference::Details => counts.details += 1,
                Difference::Nothing => counts.same += 1,
            }
        }
        if let Some((_, (store, _))) = &writing {
            let articles = made.into_iter().map(|(_, remade)| remade).collect();
            write(store, clock, articles, &words, Some(last)).await?;
        }
        after = last;
        watch(&counts);
    }
    if let Some((lock, (store, writer))) = writing {
        if !stop.is_cancelled() {
            write(&store, clock, Vec::new(), &words, None).await?;
        }
        drop(store);
        tokio::task::spawn_blocking(move || writer.join())
            .await
            .map_err(|_| StoreError::Closed)??;
        drop(lock);
    }
    Ok(counts)
}

async fn write(
    store: &Store,
    clock: &dyn Clock,
    articles: Vec<Remade>,
    chosen: &str,
    after: Option<ArticleId>,
) -> Result<(), StoreError> {
    let remake = Remake {
        articles,
        chosen: chosen.to_owned(),
        after,
        at: clock.now(),
    };
    store.write(remake).await.map(drop)
}

/// One article and everything that it is made of.
struct Job {
    id: ArticleId,
    pages: Vec<RawPage>,
    words: FeedWords,
    was_partial: bool,
    settings: article::Settings,
    site: SiteMemory,
}

impl Job {
    fn new(
        config: &Config,
        id: ArticleId,
        known: &Known,
        pages: Vec<RawPage>,
        site: &Site,
    ) -> Self {
        let feed = config.feeds.iter().find(|feed| feed.url == known.feed_url);
        Self {
            id,
            pages,
            words: known.words.clone(),
            was_partial: known.is_partial,
            settings: extraction(feed.map(AsRef::as_ref)),
            site: SiteMemory::decode(&site.memory),
        }
    }

    /// Nothing when there is no article in the pages any more.
    fn make(self) -> Option<Remade> {
        let mut pages = self.pages.iter();
        let first = pages.next()?;
        let reading = self.read(first)?;
        let impression = reading.impression.clone();
        let mut parts = Parts::begin(reading, first.body.len());
        for page in pages {
            parts.take(self.read(page)?, page.body.len());
        }
        // A part that was asked for and was none is not among the pages.
        let is_whole = parts.next().is_none() || !self.was_partial;
        let made = parts.finish();
        let identity = dedupe::identify(
            first.link.as_deref(),
            Some(&first.url),
            dedupe::Claims::of(&made),
        );
        let status = if is_whole && !made.paywalled {
            ArticleStatus::Ok
        } else {
            ArticleStatus::Partial
        };
        let article = NewArticle {
            // It was fetched when it was fetched.
            fetched: false,
            ..assemble(made, identity, status, Some(first.status), true)
        };
        let lesson: Option<Box<dyn Lesson>> = PageLesson::of(&first.url, Some(impression), None);
        Some(Remade {
            id: self.id,
            article,
            lesson,
        })
    }

    fn read(&self, page: &RawPage) -> Option<article::Reading> {
        let charset = page.content_type.as_deref().and_then(fetch::charset);
        let input = article::Input {
            url: &page.url,
            body: &page.body,
            http_charset: charset.as_deref(),
            words: &self.words,
        };
        let deadline = Instant::now() + PARSE_DEADLINE;
        let is_late = || Instant::now() > deadline;
        article::read(&input, &self.settings, Some(&self.site), &is_late).ok()
    }
}
