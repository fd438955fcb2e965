//! What is asked of hubs: to subscribe, to renew, to stop.

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use url::form_urlencoded;

use super::super::mill::Mill;
use super::super::permission::networks;
use crate::fetch::{HeaderMap, Networks, Purpose, Request};
use crate::model::{Subscription, SubscriptionState, Validators};
use crate::schedule;
use crate::store::{SetSubscription, StoreError, SubscriptionStep, websub};

/// Hubs asked at the same time; each host keeps its own pace besides.
const AT_A_TIME: usize = 8;
/// Subscriptions looked at in one round.
const BATCH: u32 = 256;
/// How often it is looked for hubs that polls have found.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After so many requests to stop a subscription in vain it is left to run out.
const FAREWELLS: u32 = 3;

/// Asks hubs what is due until the mill stops.
///
/// # Errors
/// When the store has closed.
pub(super) async fn run(mill: &Mill, callback: &str) -> Result<(), StoreError> {
    while !mill.stop.is_cancelled() {
        let now = mill.clock.now();
        let due = mill.store.read(move |conn| websub::due(conn, now, BATCH));
        let due = due.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the subscriptions cannot be read; trying again in a while");
            Vec::new()
        });
        let asking = futures_util::stream::iter(due)
            .for_each_concurrent(AT_A_TIME, |subscription| step(mill, callback, subscription));
        tokio::select! {
            () = asking => {}
            () = mill.stop.cancelled() => break,
        }
        let next = mill.store.read(websub::next_due).await.ok().flatten();
        let wait = next.map_or(LOOK_EVERY, |next| next.since(mill.clock.now()));
        tokio::select! {
            () = tokio::time::sleep(wait.clamp(Duration::from_millis(100), LOOK_EVERY)) => {}
            () = mill.stop.cancelled() => {}
        }
    }
    Ok(())
}

/// Takes the next step with one hub.
async fn step(mill: &Mill, callback: &str, subscription: Subscription) {
    let feed = subscription.feed;
    let leaving = subscription.state == SubscriptionState::Leaving;
    let is_vain = subscription.token.is_none() || subscription.failures >= FAREWELLS;
    let step = if subscription.removed && !leaving {
        let next_at = mill.clock.now();
        SubscriptionStep::Leaving { next_at }
    } else if leaving && is_vain {
        SubscriptionStep::Ended
    } else {
        match ask(mill, callback, subscription).await {
            Ok(()) => return,
            Err(detail) => SubscriptionStep::Failed { detail },
        }
    };
    note(mill, SetSubscription { feed, step }).await;
}

/// Asks one hub. What it is to know us by is stored first: it may call back before it answers.
///
/// # Errors
/// Why that was in vain, in words.
async fn ask(mill: &Mill, callback: &str, subscription: Subscription) -> Result<(), String> {
    let now = mill.clock.now();
    // A renewal goes by the name and the secret that the hub knows already.
    let token = subscription
        .token
        .clone()
        .unwrap_or_else(|| hex(&mill.clock.secret()));
    let secret = subscription
        .secret
        .clone()
        .unwrap_or_else(|| hex(&mill.clock.secret()).into_bytes());
    let networks = match mill.orders().feed(&subscription.feed_url) {
        Some(told) => networks(mill, Some(&told)).await.unwrap_or_default(),
        // The farewell of a feed that is gone goes where its subscription went.
        None => {
            Networks::parse(subscription.networks.iter().map(String::as_str)).unwrap_or_default()
        }
    };
    let form = form(mill, &format!("{callback}/{token}"), &secret, &subscription);
    let asked = SubscriptionStep::Asked {
        callback: callback.to_owned(),
        token,
        secret,
        networks: networks.to_string(),
        next_at: now.plus(schedule::hub_pause(subscription.failures)),
    };
    let feed = subscription.feed;
    note(mill, SetSubscription { feed, step: asked }).await;
    let request = Request {
        url: subscription.hub,
        purpose: Purpose::Hub,
        validators: Validators::default(),
        validators_url: String::new(),
        headers: HeaderMap::new(),
        home: String::new(),
        form: Some(form),
        networks,
        now,
    };
    match mill.fetcher.fetch(&request).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("HTTP {}", answer.status)),
        Err(failure) => Err(format!("{}: {}", failure.kind, failure.detail)),
    }
}

/// The form that a hub is sent (W3C WebSub §5.1).
fn form(mill: &Mill, callback: &str, secret: &[u8], subscription: &Subscription) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.callback", callback);
    form.append_pair("hub.topic", &subscription.topic);
    if subscription.state == SubscriptionState::Leaving {
        form.append_pair("hub.mode", "unsubscribe");
        return form.finish();
    }
    let orders = mill.orders();
    let lease = orders.config.websub.as_ref().map(|told| told.lease);
    let lease = lease.unwrap_or_default().as_secs().to_string();
    form.append_pair("hub.mode", "subscribe");
    form.append_pair("hub.secret", &String::from_utf8_lossy(secret));
    form.append_pair("hub.lease_seconds", &lease);
    form.finish()
}

/// Writes a step down; one that is lost is taken again.
async fn note(mill: &Mill, step: SetSubscription) {
    if let Err(error) = mill.store.write(step).await {
        tracing::warn!(%error, "a subscription could not be stored; it will be looked at again");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
