//! Where a redirect leads, if it may be followed at all.

use reqwest::header::LOCATION;
use url::Url;

use super::wire::Response;
use crate::model::FailureKind;

/// The address a redirect leads to.
///
/// # Errors
/// For a redirect to nowhere, to itself, to another scheme, or from https to http.
pub(super) fn redirect_target(
    from: &Url,
    response: &Response,
) -> Result<Url, (FailureKind, String)> {
    let bad = |detail: &str| (FailureKind::BadRedirect, detail.to_owned());
    let location = response
        .headers
        .get(LOCATION)
        .ok_or_else(|| bad("a redirect without a Location"))?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let to = from
        .join(location.trim())
        .map_err(|_| bad("a redirect to something that is no URL"))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(bad(&format!("a redirect to the scheme {}", to.scheme())));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(bad("a redirect from https to http"));
    }
    if to == *from {
        return Err((
            FailureKind::TooManyRedirects,
            "a redirect to itself".to_owned(),
        ));
    }
    Ok(to)
}
