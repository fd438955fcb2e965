//! What a hub delivers: checked, read and stored like the document of a poll.

use super::super::mill::Mill;
use super::super::poll::{NEW_PER_POLL, parse};
use super::super::polled::wants_pages;
use super::signature::is_signed;
use crate::feed;
use crate::fetch::redact;
use crate::model::{FeedChanges, PollOutcome, Subscription};
use crate::store::{
    CommitDelivery, FetchRecord, SetSubscription, StoreError, SubscriptionStep, entries,
};

/// A delivery as it came in.
#[derive(Debug)]
pub(super) struct Delivery {
    pub subscription: Subscription,
    pub signature: Option<String>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

/// Stores what a delivery has; one that is not signed as agreed, or is no feed, only counts.
///
/// # Errors
/// Of the store.
pub(super) async fn deliver(mill: &Mill, delivery: Delivery) -> Result<(), StoreError> {
    let Delivery {
        subscription,
        signature,
        content_type,
        body,
    } = delivery;
    let began = tokio::time::Instant::now();
    let secret = subscription.secret.clone().unwrap_or_default();
    let bytes = body.len() as u64;
    let checked = mill.think(move || {
        let signed = signature.is_some_and(|header| is_signed(&header, &secret, &body));
        signed.then_some(body)
    });
    let told = mill.orders().feed(&subscription.feed_url);
    let (Some(body), Some(told)) = (checked.await.flatten(), told) else {
        tracing::debug!(
            topic = redact(&subscription.topic),
            "a delivery without the right signature"
        );
        let rejected = SetSubscription {
            feed: subscription.feed,
            step: SubscriptionStep::Rejected,
        };
        return mill.store.write(rejected).await;
    };
    let mut record = FetchRecord {
        unconditional: None,
        due: None,
        retry_after: None,
        at: mill.clock.now(),
        url: redact(&subscription.topic),
        status: None,
        outcome: PollOutcome::Unchanged.token(),
        detail: None,
        conditional: false,
        bytes,
        elapsed: began.elapsed(),
    };
    let changes = match parse(mill, subscription.topic.clone(), content_type, body).await {
        Ok(parsed) => changes(mill, &subscription, parsed.entries).await?,
        Err(failure) => {
            record.outcome = failure.kind.token();
            record.detail = Some(failure.detail);
            FeedChanges::default()
        }
    };
    if !changes.is_empty() {
        record.outcome = PollOutcome::Changed.token();
    }
    let orders = mill.orders();
    let full_text = told
        .settings
        .full_text
        .unwrap_or(orders.config.articles.full_text);
    let (new, edited) = mill
        .store
        .write(CommitDelivery {
            subscribed: subscription.feed,
            feed: subscription.listed_under,
            at: mill.clock.now(),
            changes,
            fetch_pages: wants_pages(
                full_text,
                subscription.pages_compared,
                subscription.pages_added,
                subscription.polls,
            ),
            record,
        })
        .await?;
    mill.tally.entries_new.add(new);
    mill.tally.entries_edited.add(edited);
    if new + edited > 0 {
        mill.wake_pages.notify_one();
    }
    Ok(())
}

/// What a delivery would change. It may show only what is new: that it has nothing in common with
/// what is known is no gap.
async fn changes(
    mill: &Mill,
    subscription: &Subscription,
    shown: Vec<crate::model::ParsedEntry>,
) -> Result<FeedChanges, StoreError> {
    let feed = subscription.listed_under;
    let found = mill.store.read(move |conn| {
        let known = entries::known(conn, feed, &shown)?;
        Ok((shown, known))
    });
    let (shown, known) = found.await?;
    let context = feed::Context {
        before: feed::Before::Nothing,
        now: mill.clock.now(),
        max_new: NEW_PER_POLL,
    };
    Ok(feed::plan(shown, &known, &context))
}
