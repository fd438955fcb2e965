//! Words to the service manager. Without one (no `NOTIFY_SOCKET`) they go nowhere, and that is fine.

use std::time::Duration;

use sd_notify::NotifyState;

/// The service is ready.
pub fn ready() {
    send(&[NotifyState::Ready]);
}

/// The configuration is being read again.
pub fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now().ok());
    send(&states);
}

/// The service is on its way down.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    send(&[NotifyState::Status(line)]);
}

/// The service is alive.
pub fn alive() {
    send(&[NotifyState::Watchdog]);
}

/// How often the service manager wants to hear that, if it does.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}
