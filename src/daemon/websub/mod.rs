//! The subscriber of W3C WebSub: hubs tell of new entries, polling becomes the backstop.
//!
//! Off unless `[websub]` names a callback address and where to listen. Two parts run beside the
//! loops: [`hubs`] asks hubs to subscribe, to renew before a lease ends, and to stop when a feed
//! goes; [`listener`] is the only port that feedmill opens, and answers only to callback addresses
//! that it has made up itself. Hubs are known from polls; all state is rows, so that a restart
//! forgets nothing.
//!
//! What is never here: trust. A hub's call is believed when it names our token and topic
//! ([`intent`]), its delivery when it is signed with our secret ([`signature`]); what it delivers
//! is read and stored like any document, and says nothing about when to poll.
//!
//! How it fails: a hub that does not answer is asked again, less and less often; a delivery that
//! is lost is found by the next poll; a port that cannot be opened keeps the service from starting.

mod delivery;
mod hubs;
mod intent;
mod listener;
mod signature;

use std::sync::Arc;

use tokio::net::TcpListener;

use super::mill::Mill;
use super::start::DaemonError;
use crate::store::{MoveCallbacks, StoreError};

/// The subscriber, with its port open.
#[derive(Debug)]
pub struct WebSub {
    port: TcpListener,
    callback: String,
}

impl WebSub {
    /// Opens the port; `None` when the configuration does not want it.
    ///
    /// # Errors
    /// When the port cannot be opened.
    pub async fn open(mill: &Mill) -> Result<Option<Self>, DaemonError> {
        let orders = mill.orders();
        let Some(told) = &orders.config.websub else {
            return Ok(None);
        };
        let port = TcpListener::bind(told.listen).await;
        let port = port.map_err(|error| DaemonError::Listen(told.listen, error.to_string()))?;
        let callback = told.callback_url.trim_end_matches('/').to_owned();
        tracing::info!(listen = %told.listen, callback, "hubs may call");
        Ok(Some(Self { port, callback }))
    }

    /// Subscribes and listens until the mill stops.
    ///
    /// # Errors
    /// When the store has closed.
    pub async fn run(self, mill: Arc<Mill>) -> Result<(), StoreError> {
        let moved = MoveCallbacks {
            callback: self.callback.clone(),
            at: mill.clock.now(),
        };
        mill.store.write(moved).await?;
        tokio::select! {
            result = hubs::run(&mill, &self.callback) => result,
            () = listener::run(Arc::clone(&mill), self.port) => Ok(()),
        }
    }
}
