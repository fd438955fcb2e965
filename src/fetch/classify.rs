//! Errors of the HTTP client, told apart by what they mean.

use std::error::Error;
use std::io;
use std::iter::successors;

use rustls::CertificateError;

use super::resolve::ResolveError;
use crate::model::FailureKind;

/// The kind of a failed request, from the types in its chain of causes.
#[must_use]
pub fn classify(error: &reqwest::Error) -> FailureKind {
    if error.is_builder() {
        return FailureKind::BadUrl;
    }
    let mut kind = None;
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        kind = cause_kind(error).or(kind);
        // An io::Error's own source skips the error it wraps.
        cause = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map_or_else(
                || error.source(),
                |inner| Some(inner as &(dyn Error + 'static)),
            );
    }
    match kind {
        // Before there is a connection nothing can be reset or cut short.
        Some(FailureKind::Reset | FailureKind::Truncated) if error.is_connect() => {}
        // Before there is a body neither: this is a connection that was closed, without a goodbye.
        Some(FailureKind::Truncated) if error.is_request() => return FailureKind::Reset,
        Some(kind) => return kind,
        None => {}
    }
    match (error.is_timeout(), error.is_connect()) {
        (true, true) => FailureKind::ConnectTimeout,
        (true, false) => FailureKind::Timeout,
        (false, true) => FailureKind::Connect,
        (false, false) if error.is_decode() || error.is_body() => FailureKind::Truncated,
        (false, false) => FailureKind::Protocol,
    }
}

fn cause_kind(error: &(dyn Error + 'static)) -> Option<FailureKind> {
    if let Some(error) = error.downcast_ref::<ResolveError>() {
        return Some(match error {
            ResolveError::Blocked { .. } => FailureKind::BlockedAddress,
            ResolveError::Unknown { .. } | ResolveError::Nothing(_) => FailureKind::Dns,
        });
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => FailureKind::TlsExpired,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => FailureKind::TlsName,
                _ => FailureKind::TlsUntrusted,
            },
            _ => FailureKind::Tls,
        });
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>()
        && error.is_incomplete_message()
    {
        return Some(FailureKind::Reset);
    }
    if let Some(error) = error.downcast_ref::<h2::Error>().filter(|e| e.is_remote()) {
        // RST_STREAM or GOAWAY (RFC 9113 §7).
        return Some(match error.reason() {
            Some(h2::Reason::ENHANCE_YOUR_CALM) => FailureKind::Throttled,
            _ => FailureKind::Reset,
        });
    }
    match error.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some(FailureKind::ConnectRefused),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Some(FailureKind::Reset),
        io::ErrorKind::UnexpectedEof => Some(FailureKind::Truncated),
        _ => None,
    }
}

/// Whether a body ended with its connection, and TLS was not told of it.
#[must_use]
pub fn is_bare_end(error: &reqwest::Error) -> bool {
    let causes = successors(error.source(), |cause| (*cause).source());
    let cause = causes
        .last()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}

/// The chain of causes as one line.
#[must_use]
pub fn describe(error: reqwest::Error) -> String {
    // The address is logged beside it, redacted.
    let error = error.without_url();
    let mut text = String::new();
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.ends_with(&line) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&line);
        }
        cause = error.source();
    }
    if text.is_empty() {
        error.to_string()
    } else {
        text
    }
}
