-- The contract, version 1: what readers may rely on. Additive only.
-- The comment above a view and the comment after a column are their documentation;
-- the `docs` view, docs/schema.md and `feedmill schema` are made from this file.

--! article_text
-- The text of each article that has one, apart from its metadata so that scans of metadata stay small. A real table, and the content of the full-text index articles_fts (columns title and text).
--: id        The article's id.
--: title     The article's title, repeated here for the full-text index.
--: text      The article as plain text; paragraphs are separated by a blank line.
--: markdown  The article with its structure (headings, lists, quotes, tables, code, links); NULL when that would be the same as text.

--! articles_fts
-- The full-text index (FTS5): "SELECT a.title FROM articles_fts f JOIN articles a ON a.id = f.rowid WHERE articles_fts MATCH 'word' ORDER BY rank". Words as they stand between spaces and punctuation, without accents.
--: title     The title.
--: text      The text.

--! articles_bigrams
-- A second full-text index, of the articles that have Chinese, Japanese, Korean, Thai, Lao, Khmer or Burmese in them, cut into overlapping pairs of characters. Search for a word as the phrase of its pairs: MATCH '"北京 京大 大学"' finds 北京大学. It keeps no text: take that from articles by rowid.
--: title     The title, in pairs.
--: text      The text, in pairs.

--! articles
-- One row for each article: its metadata, its latest text, and where it stands among its duplicates. Follow it with "WHERE seq > :cursor ORDER BY seq".
CREATE VIEW articles AS SELECT
  a.id,                                                     -- The article's id; never given to another. One that retention took away and that a feed shows again has it again.
  a.seq,                                                    -- Number of the latest change to this row; grows with every change, in commit order. The cursor of a consumer.
  a.feed_id,                                                -- The first feed that carried it (feeds.id); all that did are in entries.
  a.url,                                                    -- The article's address: the canonical one where the page names one that can be believed, else where its link led. NULL when the feed gave none.
  coalesce(a.source_url, a.url) AS source_url,              -- The link as the feed gave it.
  coalesce(a.final_url, a.url) AS final_url,                -- The address that answered, after redirects.
  a.syndicated_from,                                        -- The original's address, where the page says it is a copy from another domain.
  a.site,                                                   -- Host of the address, lower case, without www.
  a.title,                                                  -- Headline, plain text.
  a.byline,                                                 -- Names of the authors, separated by commas.
  a.excerpt,                                                -- A sentence or two, plain text.
  a.lang,                                                   -- Language (BCP 47), declared or detected.
  a.image_url,                                              -- Address of the lead image.
  a.section,                                                -- The site's section, as the page names it.
  a.keywords,                                               -- JSON array of keywords, as the page names them.
  a.robots,                                                 -- JSON array: what the page asks of robots (X-Robots-Tag, meta robots), such as noindex, noarchive, noai; tdm-reservation where text and data mining is reserved. NULL when it asks nothing. Recorded for those who use the text; feedmill itself obeys robots.txt.
  a.published_at,                                           -- When the publisher says it was published; NULL when nobody says so plausibly.
  a.published_src,                                          -- Where published_at comes from: feed, jsonld, meta, html or url.
  a.modified_at,                                            -- When the publisher says it was last modified.
  a.sort_at,                                                -- Never NULL: the earlier of published_at and first_seen_at. For ordering by time.
  a.first_seen_at,                                          -- When feedmill first saw it in a feed.
  a.fetched_at,                                             -- When its page was last fetched; NULL when the text is the feed's own.
  a.updated_at,                                             -- When this row last changed.
  a.status,                                                 -- ok: the whole article. partial: what can be had (a paywall). feed_only: the page could not be had yet, the text is the feed's own.
  a.method,                                                 -- How the text was found: container, classifier, agreement, structured, feed or fallback.
  a.confidence,                                             -- How sure the extractor is that the text is the article, 0 to 1.
  a.extractor,                                              -- Version of the extractor that made the text.
  a.http_status,                                            -- HTTP status of the page's last fetch.
  a.word_count,                                             -- Words of the text; characters in scripts without spaces.
  a.rev,                                                    -- Revision of the text, from 1; earlier ones are in revisions.
  a.cluster_id,                                             -- Id of the primary article among those with the same text; its own id for the primary.
  a.cluster_id = a.id AS is_primary,                        -- 1 for the first article of its cluster. It stays the primary, and is kept as long as any of them.
  a.cluster_id <> a.id AS is_duplicate,                     -- 1 when another article with the same text came first. "WHERE is_duplicate = 0" gives every text once.
  lower(hex(a.text_hash)) AS text_hash,                     -- 128-bit hash of the normalised text, hexadecimal.
  t.text,                                                   -- The article as plain text; paragraphs are separated by a blank line. NULL once retention has taken the text away (store.keep_text).
  coalesce(t.markdown, t.text) AS markdown                  -- The article as markdown.
FROM _article a LEFT JOIN article_text t ON t.id = a.id
WHERE a.deleted_at IS NULL;

--! entries
-- One row for each entry that a feed showed and that retention has left: what the feed itself said. Several entries, of one feed or of many, can lead to one article.
CREATE VIEW entries AS SELECT
  e.id,                                                     -- The entry's id.
  e.feed_id,                                                -- The feed that showed it (feeds.id).
  e.article_id,                                             -- The article it led to (articles.id); NULL while its page is pending.
  CASE e.guid WHEN '' THEN e.url ELSE e.guid END AS guid,   -- The publisher's own id, when there is one.
  e.url,                                                    -- Its link, absolute.
  e.title,                                                  -- Its title, plain text.
  e.summary,                                                -- Its summary as the feed gave it (HTML, not sanitised).
  e.authors,                                                -- JSON array of names.
  e.categories,                                             -- JSON array of categories.
  e.enclosures,                                             -- JSON array of attached files: url, type, length (bytes), duration (seconds).
  e.image_url,                                              -- Address of its image.
  e.comments_url,                                           -- Address of its comments page.
  e.lang,                                                   -- Language as declared.
  e.published_at,                                           -- When the feed says it was published; NULL when it does not, or not plausibly.
  e.updated_at,                                             -- When the feed says it was updated.
  e.first_seen_at                                           -- When feedmill first saw it.
FROM _entry e;

--! feeds
-- One row for each feed: what it is, how it is doing, and when it is polled next.
CREATE VIEW feeds AS SELECT
  f.id,                                                     -- The feed's id.
  f.url,                                                    -- The address in the configuration.
  coalesce(f.effective_url, f.url) AS effective_url,        -- The address that is polled.
  f.merged_into,                                            -- The feed (feeds.id) to whose document this one's address leads: it is polled for both, and new entries are listed under it. NULL for a document of its own.
  f.name,                                                   -- The name in the configuration.
  f.title,                                                  -- The title in the document.
  f.site_url,                                               -- The page the feed belongs to.
  f.description,                                            -- The description in the document.
  f.lang,                                                   -- Language as declared.
  f.kind,                                                   -- rss, atom, json or sitemap.
  f.tags,                                                   -- JSON array of the tags in the configuration.
  f.state,                                                  -- active, gone (410 for good) or removed (no longer in the configuration).
  CASE WHEN f.state <> 'active' THEN f.state
       WHEN f.last_poll_at IS NULL THEN 'new'
       ELSE coalesce((SELECT CASE max(CASE o.kind WHEN 'refused' THEN 3 WHEN 'failing' THEN 2 WHEN 'silent' THEN 1 END)
                                  WHEN 3 THEN 'refused' WHEN 2 THEN 'failing' WHEN 1 THEN CASE f.failures WHEN 0 THEN 'quiet' END END
                      FROM _event o WHERE o.feed_id = f.id AND o.closed_at IS NULL),
                     CASE f.failures WHEN 0 THEN 'ok' ELSE 'flaky' END) END AS health, -- new (not polled yet); ok; quiet (answers, but has published nothing for longer than its habit explains); flaky (the last polls failed, fewer than 5 in a row); failing (5 or more); refused (the server answers, and does not give us the feed: 401, 403, a wall for browsers); or the state when it is not active.
  f.next_poll_at,                                           -- When it is due.
  f.next_poll_reason,                                       -- The rule that decided so.
  f.distrusted_at,                                          -- Since when its server's 304 are not believed: it had called a changed document not modified, so it is asked unconditionally. NULL for all honest servers.
  f.last_poll_at,                                           -- When it was last polled.
  f.last_ok_at,                                             -- When a poll last succeeded (a 304 counts).
  f.last_new_at,                                            -- When it last had a new entry.
  f.last_status,                                            -- HTTP status of the last poll; NULL when there was no answer.
  f.last_outcome,                                           -- changed, unchanged, not_modified, or the kind of failure.
  f.last_detail,                                            -- The failure in words.
  f.failures,                                               -- Failed polls in a row.
  f.failing_since,                                          -- When the present run of failures began.
  f.repaired,                                               -- JSON array of the repairs its document needed to be read.
  f.polls,                                                  -- Polls so far.
  f.polls_304,                                              -- Polls answered with 304.
  f.bytes_in,                                               -- Body bytes received.
  f.created_at,                                             -- When feedmill first knew it.
  (SELECT count(*) FROM _entry e WHERE e.feed_id = f.id) AS entries -- Entries of it that are stored.
FROM _feed f;

--! changes
-- The log of changes to articles, in commit order. The latest change of each article is articles.seq; deletions are only here.
CREATE VIEW changes AS SELECT
  c.seq,                                                    -- Number of the change; grows, never reused.
  c.at,                                                     -- When.
  c.op,                                                     -- new (an article with a text of its own), dup (its text is that of another: a new article, or one whose page turned out so), update (text or metadata) or delete (taken away by retention).
  c.article_id,                                             -- The article.
  c.rev                                                     -- Its revision after the change.
FROM _change c;

--! consumers
-- Programs that follow the changes and let the file remember how far they have come (feedmill tail --consumer).
CREATE VIEW consumers AS SELECT
  c.name,                                                   -- The consumer's name.
  c.seq,                                                    -- The last change that was handed over to it.
  (SELECT count(*) FROM _article a WHERE a.seq > c.seq) AS behind, -- Articles that have changed since.
  c.at                                                      -- When it last moved on.
FROM _consumer c;

--! revisions
-- Earlier versions of articles that were edited; the current one is in articles.
CREATE VIEW revisions AS SELECT
  r.article_id,                                             -- The article.
  r.rev,                                                    -- The revision this text was.
  r.seen_at,                                                -- When this text was stored.
  r.title,                                                  -- The title then.
  r.text                                                    -- The text then.
FROM _revision r;

--! duplicates
-- Articles that carry the text of another.
CREATE VIEW duplicates AS SELECT
  d.article_id,                                             -- The duplicate.
  d.of_id AS dup_of,                                        -- The article it duplicates; retention may have taken that away. The primary of the cluster is articles.cluster_id, and that stays.
  d.relation,                                               -- exact, near or excerpt.
  d.score,                                                  -- The share of the smaller text that the other contains, 0 to 1.
  d.evidence,                                               -- JSON: what the judgement rests on.
  d.found_at                                                -- When it was judged.
FROM _duplicate d;

--! stories
-- One row for each text: its primary article, and how far it has spread.
CREATE VIEW stories AS SELECT
  p.id AS cluster_id,                                       -- The cluster: the id of its primary article (articles.id).
  p.url,                                                    -- The primary's address.
  p.site,                                                   -- The primary's site.
  p.title,                                                  -- The primary's title.
  p.lang,                                                   -- The primary's language.
  p.published_at,                                           -- When the primary's publisher says it was published.
  p.sort_at,                                                -- For ordering by time; never NULL.
  min(m.first_seen_at) AS first_seen_at,                    -- When any of its articles was first seen.
  max(m.first_seen_at) AS last_seen_at,                     -- When the latest of its articles was first seen.
  count(*) AS articles,                                     -- Articles that carry the text, the primary included.
  count(DISTINCT m.site) AS sites,                          -- Sites that carry it.
  (SELECT count(DISTINCT e.feed_id) FROM _entry e JOIN _article x ON x.id = e.article_id
   WHERE x.cluster_id = p.id AND x.deleted_at IS NULL) AS feeds -- Feeds that showed it.
FROM _article p JOIN _article m ON m.cluster_id = p.id AND m.deleted_at IS NULL
WHERE p.cluster_id = p.id AND p.deleted_at IS NULL
GROUP BY p.id;

--! latest
-- The newest articles, newest first, each text once and without the text itself: "SELECT * FROM latest LIMIT 50".
CREATE VIEW latest AS SELECT
  a.id,                                                     -- The article's id (articles.id).
  a.sort_at,                                                -- The earlier of publication and first sight.
  a.site,                                                   -- Host of the address, lower case, without www.
  coalesce(f.name, f.title, f.url) AS feed,                 -- The first feed that carried it, by its name, else its title, else its address.
  a.title,                                                  -- Headline, plain text.
  a.byline,                                                 -- Names of the authors, separated by commas.
  a.excerpt,                                                -- A sentence or two, plain text.
  a.lang,                                                   -- Language (BCP 47), declared or detected.
  a.word_count,                                             -- Words of the text; characters in scripts without spaces.
  a.status,                                                 -- ok, partial or feed_only, as in articles.
  a.url                                                     -- The article's address.
FROM _article a CROSS JOIN _feed f ON f.id = a.feed_id
WHERE a.deleted_at IS NULL AND a.cluster_id = a.id ORDER BY a.sort_at DESC;

--! sites
-- One row for each site: how much is stored of it, and from when to when. Reads every article's metadata.
CREATE VIEW sites AS SELECT
  a.site,                                                   -- Host of the addresses, lower case, without www.
  count(*) AS articles,                                     -- Articles of it.
  sum(a.cluster_id = a.id) AS originals,                    -- Of these, the ones that carry no text of another.
  min(a.sort_at) AS first_at,                               -- The time of its oldest article.
  max(a.sort_at) AS latest_at,                              -- The time of its newest article.
  CAST(avg(a.word_count) AS INTEGER) AS words               -- Words of its articles on average.
FROM _article a WHERE a.deleted_at IS NULL GROUP BY a.site;

--! days
-- One row for each day (UTC) and site: how many articles. For a day alone: "SELECT day, sum(articles) FROM days GROUP BY day".
CREATE VIEW days AS SELECT
  day,                                                      -- The day, 2026-01-31, of publication or first sight, whichever was earlier.
  site,                                                     -- Host of the addresses, lower case, without www.
  articles,                                                 -- Articles of that day.
  originals                                                 -- Of these, the ones that carry no text of another.
FROM _day;

--! troubles
-- What does not work at the moment, and why: feeds whose last poll failed, and pages that could not be had.
CREATE VIEW troubles AS SELECT
  'feed' AS what,                                           -- feed or page.
  f.id AS feed_id,                                          -- The feed, or the one that linked the page (feeds.id).
  coalesce(f.name, f.title, f.url) AS feed,                 -- The feed's name, else its title, else its address.
  coalesce(f.effective_url, f.url) AS url,                  -- The address that fails.
  f.last_outcome AS outcome,                                -- The kind of failure.
  f.last_status AS http_status,                             -- HTTP status; NULL when there was no answer.
  f.last_detail AS detail,                                  -- The failure in words.
  f.failures AS attempts,                                   -- Failures in a row.
  f.failing_since AS since,                                 -- When the feed began to fail, or the page was first wanted.
  CASE f.state WHEN 'active' THEN f.next_poll_at END AS next_at -- When it is tried again; NULL for a page that is not tried any more.
FROM _feed f WHERE f.failures > 0 AND f.state <> 'removed'
UNION ALL
SELECT 'page', p.feed_id, coalesce(f.name, f.title, f.url), p.url, p.outcome, p.http_status, p.detail, p.attempts,
       p.created_at, CASE p.state WHEN 'pending' THEN p.next_at END
FROM _page p JOIN _feed f ON f.id = p.feed_id WHERE p.outcome IS NOT NULL;

--! failures
-- Pages that could not be had: tried again at next_at, or dead. The feed's own words are stored all the same.
CREATE VIEW failures AS SELECT
  p.id,                                                     -- The id of the page in the queue.
  p.feed_id,                                                -- The feed that linked it.
  p.article_id,                                             -- The article made of the feed's own words.
  p.url,                                                    -- The page's address.
  p.state,                                                  -- pending: will be tried again. dead: will not.
  p.attempts,                                               -- Failed fetches.
  CASE p.state WHEN 'pending' THEN p.next_at END AS next_at, -- When it is tried again.
  p.outcome,                                                -- The kind of the last failure.
  p.http_status,                                            -- HTTP status of the last fetch; NULL when there was no answer.
  p.detail,                                                 -- The last failure in words.
  p.created_at,                                             -- When the page was first wanted.
  p.updated_at                                              -- When it was last tried.
FROM _page p WHERE p.outcome IS NOT NULL;

--! gaps
-- Times in which a feed may have shown entries that feedmill did not see: its whole window had rolled between two polls, or before the first.
CREATE VIEW gaps AS SELECT
  g.id,                                                     -- The gap's id.
  g.feed_id,                                                -- The feed.
  g.found_at,                                               -- When it was noticed.
  g.from_at,                                                -- The last poll that is known to have seen everything; before the first, when the feed was configured.
  g.to_at,                                                  -- The oldest entry seen after it, where dated.
  CASE WHEN g.closed_at IS NULL THEN max(g.missed - g.backfilled, 0) ELSE 0 END AS estimated_missed, -- About how many entries are missing still, by the pace of those around; 0 once it is closed; NULL when it cannot be told.
  g.backfilled,                                             -- Entries found since in older documents of the feed (its archive, or its further pages).
  g.backfilled_from,                                        -- The oldest of these documents that was read; NULL when the feed has none.
  g.closed_at                                               -- When older documents had reached back to what was known before; NULL while entries may be missing.
FROM _gap g;

--! subscriptions
-- Feeds that announce a hub (WebSub), and how the subscription there stands. Only with [websub] configured is a hub asked.
CREATE VIEW subscriptions AS SELECT
  w.feed_id,                                                -- The feed.
  w.hub,                                                    -- The hub's address.
  w.topic,                                                  -- What the hub calls the feed.
  w.state,                                                  -- wanted: not asked yet. asked: it has not called back yet. active: it delivers. denied: it does not want us. leaving: it is told to stop.
  w.lease_until,                                            -- Until when it delivers; renewed before.
  w.next_at,                                                -- When the hub is asked next.
  w.failures,                                               -- How often it was asked in vain, in a row.
  w.detail,                                                 -- The last failure or denial in words.
  w.deliveries,                                             -- Deliveries that were stored.
  w.rejected,                                               -- Deliveries that were not signed as agreed, and thrown away.
  w.last_delivery_at                                        -- When the last one came.
FROM _websub w;
--! events
-- What an operator should know of: what began, and when it ended. "WHERE closed_at IS NULL" is what is going on now.
CREATE VIEW events AS SELECT
  v.id,                                                     -- The event's id.
  v.kind,                                                   -- silent (published nothing for longer than its habit explains), refused (401, 403, a wall for browsers), failing (5 polls in a row), gone (410, believed), moved (adopted at another address), gap (entries may have been missed), throttled (a host that is asked too often), outage (no host could be reached from here) or drift (a host's pages are built otherwise than they were).
  v.feed_id,                                                -- The feed it is about (feeds.id); NULL when it is about a host or this machine.
  v.host,                                                   -- The host it is about; NULL when it is about a feed or this machine.
  v.opened_at,                                              -- When it was noticed.
  v.closed_at,                                              -- When it had ended; NULL while it goes on. Of a feed that leaves the configuration all are closed.
  v.what,                                                   -- What it is, in a sentence.
  v.evidence                                                -- JSON object: what it rests on, as last seen.
FROM _event v;

--! fetches
-- The log of requests, for a bounded time.
CREATE VIEW fetches AS SELECT
  l.id,                                                     -- The request's id.
  l.at,                                                     -- When it ended.
  l.kind,                                                   -- feed, page, robots (robots.txt), archive (an older document of a feed, after a gap), or delivery (what a hub sent: nothing was asked).
  l.feed_id,                                                -- The feed it was for.
  l.article_id,                                             -- The article it was for.
  l.url,                                                    -- The address asked, without secrets.
  l.status,                                                 -- HTTP status; NULL when there was no answer.
  l.outcome,                                                -- What came of it: changed, unchanged, not_modified, ok, or the kind of failure.
  l.detail,                                                 -- A failure in words.
  l.conditional,                                            -- 1 when validators were sent.
  l.unconditional,                                          -- Why a poll sent none: first (nothing was ever received), variant (it is asked otherwise than before), distrusted (its 304 are not believed), revalidate (nothing but 304 for a week) or no_validators (the server gives none).
  l.due,                                                    -- The rule that had made a poll due; forced when a person did.
  l.retry_after_ms,                                         -- How long the answer asked to be left alone (Retry-After), in milliseconds.
  l.bytes,                                                  -- Body bytes received.
  l.ms                                                      -- Duration in milliseconds.
FROM _fetch l;

--! about
-- Facts about this database as keys and values: contract (version), db_id and epoch (which database and which life of it a cursor belongs to), min_sqlite, min_seq and max_seq (the changes that are still listed).
CREATE VIEW about AS SELECT
  m.key,                                                    -- The name of the fact.
  m.value                                                   -- Its value, as text.
FROM (SELECT key, value FROM _meta WHERE key IN ('contract', 'db_id', 'epoch', 'min_sqlite')
      UNION ALL SELECT 'max_seq', CAST(coalesce((SELECT seq FROM sqlite_sequence WHERE name = '_change'), 0) AS TEXT)
      UNION ALL SELECT 'min_seq', CAST(coalesce((SELECT min(seq) FROM _change), 0) AS TEXT)) m;

--! docs
-- This documentation: one row for each public table or view (column_name is empty) and for each of its columns.
CREATE VIEW docs AS SELECT
  d.object,                                                 -- The table or view.
  d.col AS column_name,                                     -- The column; empty for the row about the object itself.
  d.description                                             -- What it holds.
FROM _doc d ORDER BY d.object, d.position;
