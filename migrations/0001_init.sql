-- The first schema. Names that start with "_" are private and may change in any release;
-- what readers may rely on is in contract_v1.sql, and article_text.
-- Instants are UTC text with milliseconds and Z. Enumerations are CHECKed tokens.

CREATE TABLE _meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO _meta VALUES
  ('contract', '1'),
  ('db_id', lower(hex(randomblob(16)))),                -- which database a cursor belongs to
  ('epoch', '1'),                                       -- raised by a restore: cursors start again
  ('min_sqlite', '3.37.0');                             -- STRICT tables

CREATE TABLE _doc (
  object      TEXT NOT NULL,
  col         TEXT NOT NULL DEFAULT '',
  position    INTEGER NOT NULL,
  description TEXT NOT NULL,
  PRIMARY KEY (object, col)
) STRICT, WITHOUT ROWID;

CREATE TABLE _feed (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  url              TEXT NOT NULL UNIQUE,                -- as configured: the identity
  effective_url    TEXT,                                -- adopted after a lasting permanent redirect
  host             TEXT NOT NULL,
  name             TEXT,
  tags             TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
  kind             TEXT CHECK (kind IN ('rss', 'atom', 'json', 'sitemap')),
  title            TEXT,
  site_url         TEXT,
  description      TEXT,
  lang             TEXT,
  state            TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'gone', 'removed')),
  -- When it is due, why, and who has it.
  next_poll_at     TEXT NOT NULL,
  next_poll_reason TEXT NOT NULL,
  patience_until   TEXT,                                -- nobody is to ask before then: Retry-After and the like
  lease            INTEGER,
  leased_until     TEXT,
  interval_ms      INTEGER,                             -- learned by the adaptive rule
  -- What to ask with.
  etag             BLOB,
  last_modified    BLOB,
  validators_url   TEXT,                                -- the address that gave them
  variant          BLOB,                                -- the request variant the validators belong to
  distrusted_at    TEXT,                                -- since when its 304 are not believed
  refused_with     BLOB,                                -- hash of what was asked with when the answer was 401
  body_hash        BLOB,                                -- blake3-128 of the last body that was parsed
  -- What the publisher's document asks for.
  ttl_ms           INTEGER,
  skip_hours       INTEGER NOT NULL DEFAULT 0,          -- bit per hour, UTC
  skip_days        INTEGER NOT NULL DEFAULT 0,          -- bit per day, Monday first
  repaired         TEXT CHECK (repaired IS NULL OR json_valid(repaired)),
  -- What happened.
  last_poll_at     TEXT,
  last_ok_at       TEXT,
  last_full_at     TEXT,
  last_new_at      TEXT,
  last_status      INTEGER,
  last_outcome     TEXT,
  last_detail      TEXT,
  failures         INTEGER NOT NULL DEFAULT 0,          -- consecutive
  failing_since    TEXT,
  polls            INTEGER NOT NULL DEFAULT 0,
  polls_304        INTEGER NOT NULL DEFAULT 0,
  bytes_in         INTEGER NOT NULL DEFAULT 0,
  -- Where it may have moved to, and whether it is gone.
  moving_to        TEXT,
  moving_since     TEXT,
  moving_seen      INTEGER NOT NULL DEFAULT 0,
  gone_seen        INTEGER NOT NULL DEFAULT 0,          -- 410 in a row
  -- Where its document was found last, where others may be led to the same; and whose it is.
  answered_url     TEXT,
  merged_into      INTEGER REFERENCES _feed(id),
  -- Whether its pages say more than the feed itself does (full_text = "auto").
  pages_compared   INTEGER NOT NULL DEFAULT 0,
  pages_added      INTEGER NOT NULL DEFAULT 0,
  created_at       TEXT NOT NULL,
  updated_at       TEXT NOT NULL
) STRICT;
CREATE INDEX _feed_host ON _feed(host);
CREATE INDEX _feed_answered ON _feed(answered_url) WHERE answered_url IS NOT NULL;
CREATE INDEX _feed_merged ON _feed(merged_into) WHERE merged_into IS NOT NULL;
-- All that the question for due feeds looks at: their rows are wide.
CREATE INDEX _feed_due ON _feed(next_poll_at, leased_until, host, state, last_poll_at) WHERE state IN ('active', 'gone');

-- When a feed publishes (schedule::Profile, versioned). Apart from _feed, whose rows every poll rewrites.
CREATE TABLE _profile (
  feed_id INTEGER PRIMARY KEY REFERENCES _feed(id) ON DELETE CASCADE,
  profile BLOB NOT NULL
) STRICT;

CREATE TABLE _article (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,      -- never reused
  seq           INTEGER NOT NULL UNIQUE,                -- _change.seq of this row's latest change
  url           TEXT,
  source_url    TEXT,                                   -- as linked by the feed, when different
  final_url     TEXT,                                   -- after redirects, when different
  syndicated_from TEXT,                                 -- the canonical URL on another domain
  site          TEXT NOT NULL,
  feed_id       INTEGER NOT NULL REFERENCES _feed(id),  -- the first that carried it
  title         TEXT,
  byline        TEXT,
  excerpt       TEXT,
  lang          TEXT,
  image_url     TEXT,
  section       TEXT,
  keywords      TEXT CHECK (keywords IS NULL OR json_valid(keywords)),
  robots        TEXT CHECK (robots IS NULL OR json_valid(robots)),
  published_at  TEXT CHECK (published_at IS NULL OR published_at GLOB '????-??-??T??:??:??.???Z'),
  published_src TEXT CHECK (published_src IN ('feed', 'jsonld', 'meta', 'html', 'url')),
  modified_at   TEXT,
  sort_at       TEXT NOT NULL CHECK (sort_at GLOB '????-??-??T??:??:??.???Z'),
  first_seen_at TEXT NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??.???Z'),
  fetched_at    TEXT,
  updated_at    TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('ok', 'partial', 'feed_only')),
  method        TEXT NOT NULL,
  confidence    REAL NOT NULL,
  extractor     INTEGER NOT NULL,
  http_status   INTEGER,
  word_count    INTEGER NOT NULL,
  rev           INTEGER NOT NULL DEFAULT 1,
  text_hash     BLOB NOT NULL,                          -- blake3-128 of the normalised text
  cluster_id    INTEGER NOT NULL,                       -- id of the cluster's primary
  deleted_at    TEXT
) STRICT;
CREATE INDEX _article_sort    ON _article(sort_at);
CREATE INDEX _article_site    ON _article(site, sort_at);
CREATE INDEX _article_feed    ON _article(feed_id, sort_at);
CREATE INDEX _article_hash    ON _article(text_hash);
CREATE INDEX _article_cluster ON _article(cluster_id);

-- How many articles each day and site has: to count them at every look keeps a core busy.
CREATE TABLE _day (
  day       TEXT NOT NULL,
  site      TEXT NOT NULL,
  articles  INTEGER NOT NULL,
  originals INTEGER NOT NULL,
  PRIMARY KEY (day, site)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER _article_ai AFTER INSERT ON _article WHEN new.deleted_at IS NULL BEGIN
  INSERT INTO _day VALUES (substr(new.sort_at, 1, 10), new.site, 1, new.cluster_id = new.id)
  ON CONFLICT DO UPDATE SET articles = articles + 1, originals = originals + excluded.originals;
END;
CREATE TRIGGER _article_ad AFTER DELETE ON _article WHEN old.deleted_at IS NULL BEGIN
  UPDATE _day SET articles = articles - 1, originals = originals - (old.cluster_id = old.id)
  WHERE day = substr(old.sort_at, 1, 10) AND site = old.site;
  DELETE FROM _day WHERE day = substr(old.sort_at, 1, 10) AND site = old.site AND articles = 0;
END;
CREATE TRIGGER _article_au AFTER UPDATE OF sort_at, site, cluster_id, deleted_at ON _article
WHEN substr(old.sort_at, 1, 10) <> substr(new.sort_at, 1, 10) OR old.site <> new.site
  OR old.cluster_id <> new.cluster_id OR old.deleted_at IS NOT new.deleted_at BEGIN
  UPDATE _day SET articles = articles - 1, originals = originals - (old.cluster_id = old.id)
  WHERE old.deleted_at IS NULL AND day = substr(old.sort_at, 1, 10) AND site = old.site;
  INSERT INTO _day SELECT substr(new.sort_at, 1, 10), new.site, 1, new.cluster_id = new.id
  WHERE new.deleted_at IS NULL
  ON CONFLICT DO UPDATE SET articles = articles + 1, originals = originals + excluded.originals;
  DELETE FROM _day WHERE day = substr(old.sort_at, 1, 10) AND site = old.site AND articles = 0;
END;

-- Every address under which an article is known, as the hash of its comparison key. It outlives the
-- article: one that retention took away and that a feed shows again comes back under its id.
CREATE TABLE _alias (
  key        BLOB PRIMARY KEY,
  article_id INTEGER NOT NULL,
  claim      INTEGER NOT NULL CHECK (claim IN (0, 1, 2)) -- 0: it led there; only its page says so: 1 canonical, 2 AMP
) STRICT, WITHOUT ROWID;

-- Public, a real table: search detection of the common tools works on tables only.
CREATE TABLE article_text (
  id       INTEGER PRIMARY KEY REFERENCES _article(id) ON DELETE CASCADE,
  title    TEXT,
  text     TEXT NOT NULL,
  markdown TEXT
) STRICT;

-- What a feed said.
CREATE TABLE _entry (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  feed_id       INTEGER NOT NULL REFERENCES _feed(id),
  uid           BLOB NOT NULL,                          -- blake3-128 of the identity within the feed
  url_key       BLOB,                                   -- blake3-128 of the link's comparison key
  guid          TEXT,
  url           TEXT,
  title         TEXT,
  summary       TEXT,
  authors       TEXT CHECK (authors IS NULL OR json_valid(authors)),
  categories    TEXT CHECK (categories IS NULL OR json_valid(categories)),
  enclosures    TEXT CHECK (enclosures IS NULL OR json_valid(enclosures)),
  image_url     TEXT,
  comments_url  TEXT,
  lang          TEXT,
  published_at  TEXT,
  updated_at    TEXT,
  first_seen_at TEXT NOT NULL,
  fingerprint   BLOB NOT NULL,
  article_id    INTEGER REFERENCES _article(id) ON DELETE SET NULL,
  page_id       INTEGER REFERENCES _page(id) ON DELETE SET NULL,
  UNIQUE (feed_id, uid)
) STRICT;
CREATE INDEX _entry_url     ON _entry(feed_id, url_key) WHERE url_key IS NOT NULL;
CREATE INDEX _entry_article ON _entry(article_id);
CREATE INDEX _entry_page    ON _entry(page_id) WHERE page_id IS NOT NULL;

-- Entries that retention took away, by their identity: still shown by the feed, they are not new.
CREATE TABLE _purged (
  feed_id INTEGER NOT NULL,
  uid     BLOB NOT NULL,                                -- as _entry.uid
  PRIMARY KEY (feed_id, uid)
) STRICT, WITHOUT ROWID;

-- The feed's own content, as long as nothing better is stored.
CREATE TABLE _entry_content (
  entry_id INTEGER PRIMARY KEY REFERENCES _entry(id) ON DELETE CASCADE,
  content  TEXT NOT NULL
) STRICT;

-- The queue of pages: what is to be fetched, or made from the feed's own words.
-- Success deletes the row; a row with attempts > 0 is a failure that a reader can see.
CREATE TABLE _page (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  url_key      BLOB UNIQUE,
  url          TEXT,
  host         TEXT NOT NULL,
  feed_id      INTEGER NOT NULL REFERENCES _feed(id),
  entry_id     INTEGER NOT NULL,                        -- whose words to use
  fetch        INTEGER NOT NULL CHECK (fetch IN (0, 1)),
  state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'dead')),
  attempts     INTEGER NOT NULL DEFAULT 0,
  next_at      TEXT NOT NULL,
  lease        INTEGER,
  leased_until TEXT,
  article_id   INTEGER REFERENCES _article(id) ON DELETE CASCADE,
  outcome      TEXT,
  http_status  INTEGER,
  detail       TEXT,
  rechecks     INTEGER NOT NULL DEFAULT 0,              -- above 0: an article we have, fetched again for revisions
  etag         BLOB,
  last_modified BLOB,
  validators_url TEXT,
  created_at   TEXT NOT NULL,
  updated_at   TEXT NOT NULL
) STRICT;
CREATE INDEX _page_host ON _page(host) WHERE state = 'pending';
CREATE INDEX _page_due ON _page(next_at, leased_until, host, state) WHERE state = 'pending';
CREATE INDEX _page_article ON _page(article_id) WHERE article_id IS NOT NULL;

-- What is known of a site's pages, as the extractor of that version wrote it.
CREATE TABLE _site (
  host       TEXT NOT NULL UNIQUE,
  extractor  INTEGER NOT NULL,
  memory     BLOB NOT NULL,                             -- blocks that stood on several of its pages
  history    BLOB NOT NULL,                             -- how its latest articles came out
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX _site_updated ON _site(updated_at);

-- Superseded versions only.
CREATE TABLE _revision (
  article_id INTEGER NOT NULL REFERENCES _article(id) ON DELETE CASCADE,
  rev        INTEGER NOT NULL,
  seen_at    TEXT NOT NULL,
  title      TEXT,
  text       TEXT NOT NULL,
  text_hash  BLOB NOT NULL,
  PRIMARY KEY (article_id, rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE _duplicate (
  article_id INTEGER PRIMARY KEY REFERENCES _article(id) ON DELETE CASCADE,
  of_id      INTEGER NOT NULL,                          -- may have gone by retention
  relation   TEXT NOT NULL CHECK (relation IN ('exact', 'near', 'excerpt')),
  score      REAL NOT NULL,
  evidence   TEXT CHECK (evidence IS NULL OR json_valid(evidence)),
  found_at   TEXT NOT NULL
) STRICT;
CREATE INDEX _duplicate_of ON _duplicate(of_id);

-- Articles that a person has taken out of a cluster: they are not joined to one again.
CREATE TABLE _split (
  article_id INTEGER PRIMARY KEY REFERENCES _article(id) ON DELETE CASCADE,
  cluster_id INTEGER NOT NULL,                          -- the one it was taken out of
  at         TEXT NOT NULL
) STRICT;

CREATE TABLE _sketch (
  article_id INTEGER PRIMARY KEY REFERENCES _article(id) ON DELETE CASCADE,
  algorithm  INTEGER NOT NULL,
  sketch     BLOB NOT NULL
) STRICT;

CREATE TABLE _change (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  at         TEXT NOT NULL,
  op         TEXT NOT NULL CHECK (op IN ('new', 'update', 'dup', 'delete')),
  article_id INTEGER NOT NULL,
  rev        INTEGER NOT NULL
) STRICT;

CREATE INDEX _change_delete ON _change(seq) WHERE op = 'delete';

-- How far those who follow the changes have come, when they let the file remember it.
CREATE TABLE _consumer (
  name  TEXT PRIMARY KEY,
  db_id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq   INTEGER NOT NULL,                               -- the last change that was handed over
  at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where entries may have come and gone unseen.
CREATE TABLE _gap (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  feed_id     INTEGER NOT NULL REFERENCES _feed(id),
  found_at    TEXT NOT NULL,
  from_at     TEXT,
  to_at       TEXT,
  missed      INTEGER,                                  -- by the pace of the entries after it
  -- What older documents of the feed gave, and the one to be read next.
  older_url   TEXT,
  documents   INTEGER NOT NULL DEFAULT 0,
  failures    INTEGER NOT NULL DEFAULT 0,               -- consecutive
  backfilled  INTEGER NOT NULL DEFAULT 0,
  backfilled_from TEXT,
  closed_at   TEXT
) STRICT;
CREATE INDEX _gap_feed ON _gap(feed_id);
CREATE INDEX _gap_open ON _gap(feed_id, id) WHERE older_url IS NOT NULL;

-- Subscriptions at hubs (WebSub). The token ends our callback address; deliveries are signed with the secret.
CREATE TABLE _websub (
  feed_id     INTEGER PRIMARY KEY REFERENCES _feed(id),
  hub         TEXT NOT NULL,
  topic       TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('wanted', 'asked', 'active', 'denied', 'leaving')),
  callback    TEXT,
  token       TEXT UNIQUE,
  secret      BLOB,
  networks    TEXT,                                     -- the private ones that the hub was asked in, as JSON
  next_at     TEXT NOT NULL,                            -- when the hub is asked (again)
  lease_until TEXT,
  failures    INTEGER NOT NULL DEFAULT 0,
  detail      TEXT,
  deliveries  INTEGER NOT NULL DEFAULT 0,
  rejected    INTEGER NOT NULL DEFAULT 0,
  last_delivery_at TEXT
) STRICT;
CREATE INDEX _websub_due ON _websub(next_at);

-- What began, and may have ended, that an operator should know of.
CREATE TABLE _event (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind        TEXT NOT NULL CHECK (kind IN ('silent', 'refused', 'failing', 'gone', 'moved', 'gap', 'throttled', 'outage', 'drift')),
  feed_id     INTEGER REFERENCES _feed(id),
  host        TEXT,                                     -- neither feed nor host: this machine
  opened_at   TEXT NOT NULL,
  closed_at   TEXT,
  what        TEXT NOT NULL,
  evidence    TEXT NOT NULL CHECK (json_valid(evidence))
) STRICT;
CREATE UNIQUE INDEX _event_open ON _event(kind, coalesce(feed_id, 0), coalesce(host, '')) WHERE closed_at IS NULL;
CREATE INDEX _event_open_feed ON _event(feed_id) WHERE closed_at IS NULL;
CREATE INDEX _event_feed ON _event(feed_id) WHERE feed_id IS NOT NULL;

-- What sites answered to the request for robots.txt, as long as it is believed.
CREATE TABLE _robots (
  site   TEXT PRIMARY KEY,                              -- scheme, host and port
  status INTEGER,                                       -- NULL: no answer
  body   BLOB NOT NULL,
  until  TEXT NOT NULL
) STRICT;

-- Every request, for a bounded time.
CREATE TABLE _fetch (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at          TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('feed', 'page', 'archive', 'delivery', 'robots')),
  feed_id     INTEGER,
  article_id  INTEGER,
  url         TEXT NOT NULL,
  status      INTEGER,
  outcome     TEXT NOT NULL,
  detail      TEXT,
  conditional INTEGER NOT NULL,
  unconditional TEXT CHECK (unconditional IN ('first', 'variant', 'distrusted', 'revalidate', 'no_validators')),
  due         TEXT,                                     -- of a poll: the rule that made it due
  retry_after_ms INTEGER,                               -- what the answer asked for
  bytes       INTEGER NOT NULL,
  ms          INTEGER NOT NULL
) STRICT;
CREATE INDEX _fetch_feed ON _fetch(feed_id, id);

-- Marks (M*) are part of a word: vowel signs of Hindi or Tamil are.
-- The double quotes matter: Datasette and sqlite-utils recognise only "…" and […].
CREATE VIRTUAL TABLE articles_fts USING fts5(
  title, text, content="article_text", content_rowid="id",
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M*'", detail=full);
INSERT INTO articles_fts(articles_fts, rank) VALUES ('rank', 'bm25(4.0, 1.0)');
CREATE TRIGGER _text_ai AFTER INSERT ON article_text BEGIN
  INSERT INTO articles_fts(rowid, title, text) VALUES (new.id, new.title, new.text);
END;
CREATE TRIGGER _text_ad AFTER DELETE ON article_text BEGIN
  INSERT INTO articles_fts(articles_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;
CREATE TRIGGER _text_au AFTER UPDATE OF title, text ON article_text
WHEN old.title IS NOT new.title OR old.text <> new.text BEGIN
  INSERT INTO articles_fts(articles_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
  INSERT INTO articles_fts(rowid, title, text) VALUES (new.id, new.title, new.text);
END;

-- Scripts that do not show where a word ends: articles that have any of them, cut into pairs of
-- characters by functions that only the writer has (store/bigrams.rs). It keeps no text.
CREATE VIRTUAL TABLE articles_bigrams USING fts5(
  title, text, content='',
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M*'", detail=full);
INSERT INTO articles_bigrams(articles_bigrams, rank) VALUES ('rank', 'bm25(4.0, 1.0)');
CREATE TRIGGER _bigrams_ai AFTER INSERT ON article_text
WHEN feedmill_unspaced(new.text) OR feedmill_unspaced(new.title) BEGIN
  INSERT INTO articles_bigrams(rowid, title, text)
  VALUES (new.id, feedmill_bigrams(new.title), feedmill_bigrams(new.text));
END;
CREATE TRIGGER _bigrams_ad AFTER DELETE ON article_text
WHEN feedmill_unspaced(old.text) OR feedmill_unspaced(old.title) BEGIN
  INSERT INTO articles_bigrams(articles_bigrams, rowid, title, text)
  VALUES ('delete', old.id, feedmill_bigrams(old.title), feedmill_bigrams(old.text));
END;
CREATE TRIGGER _bigrams_au AFTER UPDATE OF title, text ON article_text
WHEN (old.title IS NOT new.title OR old.text <> new.text)
 AND (feedmill_unspaced(old.text) OR feedmill_unspaced(old.title) OR feedmill_unspaced(new.text) OR feedmill_unspaced(new.title)) BEGIN
  INSERT INTO articles_bigrams(articles_bigrams, rowid, title, text)
  SELECT 'delete', old.id, feedmill_bigrams(old.title), feedmill_bigrams(old.text)
  WHERE feedmill_unspaced(old.text) OR feedmill_unspaced(old.title);
  INSERT INTO articles_bigrams(rowid, title, text)
  SELECT new.id, feedmill_bigrams(new.title), feedmill_bigrams(new.text)
  WHERE feedmill_unspaced(new.text) OR feedmill_unspaced(new.title);
END;
