//! Articles made again from their raw pages: what was known of them, what is different, and how far
//! a run has come.
//!
//! Only another text makes a revision. Other details are a change as well, since readers want them;
//! where nothing but the method or the extractor's version differs, the row is brought up to date
//! without one, or every reader would read the whole store again.

use rusqlite::{Connection, OptionalExtension, params};

use super::articles::{self, NewArticle, Stored};
use super::request::Change;
use super::writer::Work;
use super::{Lesson, StoreError, judge, rows, sites};
use crate::dedupe;
use crate::model::{ArticleId, FeedWords, Timestamp};

/// Where in `_meta` a run that has begun is noted.
const RUN: &str = "reextract";

/// What is known of an article beside its pages.
#[derive(Debug, Clone)]
pub struct Known {
    pub words: FeedWords,
    pub feed_url: String,
    pub feed_name: Option<String>,
    /// The text is the feed's own, which said more than the page.
    pub is_feed_s: bool,
    /// Parts of it were missing, or its rest is for subscribers.
    pub is_partial: bool,
    pub word_count: u32,
    pub title: Option<String>,
    pub url: Option<String>,
}

/// What is known of an article; nothing of one that is gone, or whose text retention has taken away.
///
/// # Errors
/// Of SQLite.
pub fn known(conn: &Connection, article: ArticleId) -> Result<Option<Known>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT f.url, f.name, a.method = 'feed', a.status = 'partial', a.word_count, a.title, a.url, coalesce(f.title, f.name),
                e.title, e.summary, e.authors, coalesce(e.published_at, e.updated_at), coalesce(e.lang, f.lang), e.image_url
         FROM _article a JOIN article_text t ON t.id = a.id JOIN _feed f ON f.id = a.feed_id
         LEFT JOIN _entry e ON e.id = (SELECT min(id) FROM _entry WHERE article_id = a.id)
         WHERE a.id = ?1 AND a.deleted_at IS NULL",
    )?;
    let known = select.query_row([article], |row| {
        Ok(Known {
            feed_url: row.get(0)?,
            feed_name: row.get(1)?,
            is_feed_s: row.get(2)?,
            is_partial: row.get(3)?,
            word_count: row.get(4)?,
            title: row.get(5)?,
            url: row.get(6)?,
            words: FeedWords {
                feed_title: row.get(7)?,
                title: row.get(8)?,
                summary: row.get(9)?,
                content: None,
                authors: rows::read_strings(row.get::<_, Option<String>>(10)?.as_deref()),
                published: row.get(11)?,
                lang: row.get(12)?,
                image_url: row.get(13)?,
            },
        })
    });
    Ok(known.optional()?)
}

/// What is different about an article that was made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    Text,
    /// The title, another detail, or the structure of the same text.
    Details,
    Nothing,
}

/// What is different between what is stored and what was made.
///
/// # Errors
/// Of SQLite.
pub fn difference(
    conn: &Connection,
    id: ArticleId,
    article: &NewArticle,
) -> Result<Difference, StoreError> {
    let stored = Stored::read(conn, id)?;
    let made = &article.made;
    if !stored.has_text_of(article) {
        return Ok(Difference::Text);
    }
    let same: bool = conn
        .prepare_cached(
            "SELECT a.title IS ?2 AND a.byline IS coalesce(?3, a.byline) AND a.excerpt IS ?4 AND a.lang IS coalesce(?5, a.lang)
                AND a.image_url IS coalesce(?6, a.image_url) AND a.section IS coalesce(?7, a.section)
                AND a.keywords IS coalesce(?8, a.keywords) AND a.published_at IS coalesce(?9, a.published_at)
                AND a.modified_at IS coalesce(?10, a.modified_at) AND a.status = ?11 AND t.markdown IS ?12
             FROM _article a JOIN article_text t ON t.id = a.id WHERE a.id = ?1",
        )?
        .query_row(
            params![
                id,
                made.title,
                made.byline,
                made.excerpt,
                made.lang,
                made.image,
                made.section,
                rows::strings(&made.keywords),
                made.published.map(|date| date.at),
                made.modified,
                article.status.token(),
                articles::markdown(made),
            ],
            |row| row.get(0),
        )?;
    Ok(if same {
        Difference::Nothing
    } else {
        Difference::Details
    })
}

/// An article that was made again.
#[derive(Debug)]
pub struct Remade {
    pub id: ArticleId,
    pub article: NewArticle,
    /// What its page teaches of its site.
    pub lesson: Option<Box<dyn Lesson>>,
}

/// Writes articles that were made again, and how far the run has come.
#[derive(Debug)]
pub struct Remake {
    pub articles: Vec<Remade>,
    /// What the run was asked for.
    pub chosen: String,
    /// The last article of the run so far; nothing when the run is complete.
    pub after: Option<ArticleId>,
    pub at: Timestamp,
}

impl Change for Remake {
    type Reply = Vec<Difference>;

    fn apply(&self, work: &mut Work<'_>) -> Result<Vec<Difference>, StoreError> {
        let mut differences = Vec::with_capacity(self.articles.len());
        for remade in &self.articles {
            differences.push(remake(work, remade.id, &remade.article, self.at)?);
            if let Some(lesson) = remade.lesson.as_deref() {
                sites::learn(work.conn, lesson, self.at)?;
            }
        }
        match self.after {
            Some(after) => work.conn.execute(
                "INSERT OR REPLACE INTO _meta VALUES (?1, ?2)",
                params![RUN, format!("{} {}", after.0, self.chosen)],
            )?,
            None => work
                .conn
                .execute("DELETE FROM _meta WHERE key = ?1", [RUN])?,
        };
        Ok(differences)
    }
}

fn remake(
    work: &mut Work<'_>,
    id: ArticleId,
    article: &NewArticle,
    at: Timestamp,
) -> Result<Difference, StoreError> {
    let difference = difference(work.conn, id, article)?;
    let revised = difference == Difference::Text;
    if revised {
        articles::keep_revision(work.conn, id)?;
    }
    if difference == Difference::Nothing {
        let made = &article.made;
        work.conn
            .prepare_cached(
                "UPDATE _article SET method = ?2, confidence = ?3, extractor = ?4 WHERE id = ?1",
            )?
            .execute(params![
                id,
                made.method.token(),
                f64::from(made.confidence),
                made.version
            ])?;
        return Ok(difference);
    }
    let stored = Stored::read(work.conn, id)?;
    let seq = articles::overwrite(work, id, article, None, revised, at)?;
    if revised {
        judge::remember(work, id, stored.cluster, stored.first_seen_at, article)?;
    }
    articles::log_change(work.conn, seq, at, "update", id)?;
    Ok(difference)
}

impl Stored {
    /// True when the text, noise aside, is that of the article made now.
    fn has_text_of(&self, article: &NewArticle) -> bool {
        self.text_hash == article.fingerprint.exact
            || self
                .text
                .as_ref()
                .is_some_and(|text| dedupe::is_noise(text, &article.made.text))
    }
}

/// How far a run that was asked for the same has come, if it was not completed.
///
/// # Errors
/// Of SQLite.
pub fn begun(conn: &Connection, chosen: &str) -> Result<Option<ArticleId>, StoreError> {
    let noted: Option<String> = conn
        .query_row("SELECT value FROM _meta WHERE key = ?1", [RUN], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(noted.and_then(|noted| {
        let (after, of) = noted.split_once(' ')?;
        (of == chosen).then(|| after.parse().ok().map(ArticleId))?
    }))
}
