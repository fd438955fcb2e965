//! What a page leaves behind: the article as it is stored, and the request as it is logged.

use std::sync::Arc;

use crate::dedupe;
use crate::fetch::redact;
use crate::model::{Extracted, FetchFailure, Fetched, Timestamp};
use crate::store::{ArticleStatus, FetchRecord, NewArticle};

/// The feed's text with what only the page says.
pub(super) fn keep_metadata(own: Extracted, page: Extracted) -> Extracted {
    Extracted {
        text: own.text,
        markdown: own.markdown,
        word_count: own.word_count,
        method: own.method,
        excerpt: page.excerpt.clone().or(own.excerpt),
        ..page
    }
}

/// An article as it is stored: what was made of it, under its addresses.
pub(super) fn assemble(
    made: Extracted,
    identity: dedupe::Identity,
    status: ArticleStatus,
    http_status: Option<u16>,
    fetched: bool,
) -> NewArticle {
    let prepared = Arc::new(dedupe::Prepared::new(&made.text));
    NewArticle {
        fingerprint: prepared.fingerprint(),
        prepared,
        made,
        status,
        url: identity.url,
        source_url: identity.source_url,
        final_url: identity.final_url,
        syndicated_from: identity.syndicated_from,
        site: identity.site,
        keys: identity.keys,
        claimed: identity.claimed,
        amp: identity.amp,
        http_status,
        fetched,
    }
}

/// A request as it is logged.
pub(super) fn record(answer: &Fetched, at: Timestamp) -> FetchRecord {
    FetchRecord {
        at,
        url: redact(&answer.url),
        status: Some(answer.status),
        outcome: "ok",
        detail: None,
        conditional: answer.conditional,
        unconditional: None,
        due: None,
        retry_after: answer.retry_after,
        bytes: answer.wire_bytes,
        elapsed: answer.elapsed,
    }
}

/// A request without an answer, as it is logged.
pub(super) fn record_failure(failure: &FetchFailure, at: Timestamp) -> FetchRecord {
    FetchRecord {
        at,
        url: redact(&failure.url),
        status: None,
        outcome: failure.kind.token(),
        detail: Some(failure.detail.clone()),
        conditional: false,
        unconditional: None,
        due: None,
        retry_after: None,
        bytes: 0,
        elapsed: failure.elapsed,
    }
}
