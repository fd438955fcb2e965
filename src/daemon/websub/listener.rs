//! The port that hubs call: one callback address for each subscription, and nothing else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::mill::Mill;
use super::delivery::{Delivery, deliver};
use super::intent::{Intent, Reply};
use crate::model::Subscription;
use crate::schedule;
use crate::store::{SetSubscription, SubscriptionStep, websub};

/// Calls answered at the same time; others wait.
const CALLS: usize = 64;
/// How long a caller may take for its headers, and for all it has to say.
const HEADERS: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(60);
/// After an error of the port itself, such as too many open files.
const BREATH: Duration = Duration::from_millis(100);
/// Longer tokens are none of ours.
const TOKEN_MAX: usize = 128;

/// Answers calls until the mill stops; those under way are ended with it.
pub(super) async fn run(mill: Arc<Mill>, port: TcpListener) {
    let mut calls = JoinSet::new();
    let turns = Arc::new(Semaphore::new(CALLS));
    loop {
        let turn = tokio::select! {
            () = mill.stop.cancelled() => return,
            turn = Arc::clone(&turns).acquire_owned() => turn,
        };
        let accepted = tokio::select! {
            () = mill.stop.cancelled() => return,
            accepted = port.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let mill = Arc::clone(&mill);
        calls.spawn(async move {
            let _turn = turn;
            // A caller that breaks off, or is too slow, is gone.
            let _ = tokio::time::timeout(CALL, serve(mill, stream)).await;
        });
        while calls.try_join_next().is_some() {}
    }
}

async fn serve(mill: Arc<Mill>, stream: TcpStream) -> Result<(), hyper::Error> {
    let service = service_fn(|request| {
        let mill = Arc::clone(&mill);
        async move { Ok::<_, Infallible>(answer(&mill, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

async fn answer(mill: &Mill, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let token = request.uri().path().rsplit('/').next().unwrap_or_default();
    let known = match find(mill, token.to_owned()).await {
        Ok(known) => known,
        Err(status) => return plain(status, String::new()),
    };
    let Some(subscription) = known else {
        return plain(StatusCode::NOT_FOUND, String::new());
    };
    match *request.method() {
        Method::GET => {
            let intent = Intent::read(request.uri().query().unwrap_or_default());
            confirm(mill, &subscription, intent.judge(&subscription)).await
        }
        Method::POST => {
            let status = receive(mill, subscription, request).await;
            plain(status, String::new())
        }
        _ => plain(StatusCode::METHOD_NOT_ALLOWED, String::new()),
    }
}

async fn find(mill: &Mill, token: String) -> Result<Option<Subscription>, StatusCode> {
    if token.is_empty() || token.len() > TOKEN_MAX {
        return Ok(None);
    }
    let found = mill.store.read(move |conn| websub::of_token(conn, &token));
    found.await.map_err(|error| {
        tracing::error!(%error, "the subscriptions cannot be read");
        StatusCode::SERVICE_UNAVAILABLE
    })
}

/// Tells the hub what we meant; what it may rely on is stored first.
async fn confirm(mill: &Mill, subscription: &Subscription, reply: Reply) -> Response<Full<Bytes>> {
    let now = mill.clock.now();
    let (step, challenge) = match reply {
        Reply::No => return plain(StatusCode::NOT_FOUND, String::new()),
        Reply::Subscribe { challenge, lease } => {
            let asked = mill.orders().config.websub.as_ref().map(|told| told.lease);
            let lease = schedule::lease(lease, asked.unwrap_or_default());
            let step = SubscriptionStep::Active {
                lease_until: now.plus(lease),
                next_at: now.plus(schedule::renewal(lease)),
            };
            (step, challenge)
        }
        Reply::Leave { challenge } => (SubscriptionStep::Ended, challenge),
        Reply::Denied { reason } => {
            let next_at = now.plus(schedule::denial_pause());
            (SubscriptionStep::Denied { reason, next_at }, String::new())
        }
    };
    let feed = subscription.feed;
    match mill.store.write(SetSubscription { feed, step }).await {
        Ok(()) => plain(StatusCode::OK, challenge),
        Err(error) => {
            tracing::error!(%error, "a subscription could not be stored");
            plain(StatusCode::SERVICE_UNAVAILABLE, String::new())
        }
    }
}

/// Takes a delivery within its limit, and answers when it is stored.
async fn receive(
    mill: &Mill,
    subscription: Subscription,
    request: Request<Incoming>,
) -> StatusCode {
    let header = |name: &str| {
        let value = request.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let signature = header("x-hub-signature");
    let content_type = header(CONTENT_TYPE.as_str());
    let limit = mill.orders().config.fetch.feed_bytes_max;
    let body = match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        Err(_) => return StatusCode::BAD_REQUEST,
    };
    let delivery = Delivery {
        subscription,
        signature,
        content_type,
        body,
    };
    match deliver(mill, delivery).await {
        // Whether a signature was right is nobody's business.
        Ok(()) => StatusCode::ACCEPTED,
        Err(error) => {
            tracing::error!(%error, "a delivery could not be stored; the hub is asked to repeat it");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn plain(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}
