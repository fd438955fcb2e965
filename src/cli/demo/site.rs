//! The demonstration site: three small publishers on loopback, written for feedmill.
//!
//! Files of `site/` are served as they are, with `{{base}}` replaced by the site's
//! address. `page.v2.html` takes the place of `page.html` in the second edition, so
//! that an edited article and a new one can be seen. One feed is slow.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How long the slow feed takes.
const SLOW: Duration = Duration::from_millis(1500);

include!("files.rs");

/// The publishers, each on a loopback address of its own, so that they are different sites.
const PUBLISHERS: [(&str, Ipv4Addr); 3] = [
    ("harbour", Ipv4Addr::LOCALHOST),
    ("kettle", Ipv4Addr::new(127, 0, 0, 2)),
    ("orbit", Ipv4Addr::new(127, 0, 0, 3)),
];

/// The site while it is up.
#[derive(Debug)]
pub struct Site {
    addresses: Arc<Addresses>,
    edition: Arc<AtomicBool>,
    serving: JoinSet<()>,
}

/// Where each publisher is, without a slash at the end.
#[derive(Debug)]
struct Addresses(Vec<(&'static str, String)>);

impl Addresses {
    /// The address of the publisher of a path; of the first one for what is nobody's.
    fn of(&self, path: &str) -> &str {
        let publisher = path.split('/').next().unwrap_or_default();
        let known = self
            .0
            .iter()
            .find(|(name, _)| *name == publisher)
            .or(self.0.first());
        known.map_or("", |(_, address)| address)
    }

    /// A file with every address in its place.
    fn fill(&self, file: &str) -> String {
        let mut filled = file.to_owned();
        for (name, address) in &self.0 {
            filled = filled.replace(
                &format!("{{{{base}}}}/{name}"),
                &format!("{address}/{name}"),
            );
        }
        filled.replace("{{base}}", self.of(""))
    }
}

impl Site {
    /// Opens the site on free ports of loopback.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn open() -> std::io::Result<Self> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for (name, address) in PUBLISHERS {
            // Systems that have only one loopback address get three ports of it.
            let listener = match TcpListener::bind(SocketAddr::from((address, 0))).await {
                Ok(listener) => listener,
                Err(_) => TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?,
            };
            addresses.push((name, format!("http://{}", listener.local_addr()?)));
            listeners.push(listener);
        }
        let addresses = Arc::new(Addresses(addresses));
        let edition = Arc::new(AtomicBool::new(false));
        let mut serving = JoinSet::new();
        for listener in listeners {
            serving.spawn(serve(
                listener,
                Arc::clone(&addresses),
                Arc::clone(&edition),
            ));
        }
        Ok(Self {
            addresses,
            edition,
            serving,
        })
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.addresses.of(path))
    }

    /// From now on the second edition is served.
    pub fn publish_second_edition(&self) {
        self.edition.store(true, Ordering::Release);
    }

    /// Closes the site.
    pub async fn close(mut self) {
        self.serving.shutdown().await;
    }
}

async fn serve(listener: TcpListener, addresses: Arc<Addresses>, second: Arc<AtomicBool>) {
    let mut visitors = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (addresses, second) = (Arc::clone(&addresses), Arc::clone(&second));
        visitors.spawn(async move {
            let service = service_fn(|request| answer(request, &addresses, &second));
            // A visitor who leaves early is no concern of ours.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while visitors.try_join_next().is_some() {}
    }
}

async fn answer(
    request: Request<Incoming>,
    addresses: &Addresses,
    second: &AtomicBool,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    if path.starts_with("/slow/") {
        tokio::time::sleep(SLOW).await;
    }
    let Some((name, file)) = find(path, second.load(Ordering::Acquire)) else {
        return Ok(respond(
            StatusCode::NOT_FOUND,
            "text/html",
            "<h1>Not found</h1>".to_owned(),
            None,
        ));
    };
    let body = addresses.fill(file);
    let tag = format!(
        "\"{}\"",
        &blake3::hash(body.as_bytes())
            .to_hex()
            .as_str()
            .get(..16)
            .unwrap_or_default()
    );
    if request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|held| held.as_bytes() == tag.as_bytes())
    {
        return Ok(respond(
            StatusCode::NOT_MODIFIED,
            media_type(name),
            String::new(),
            Some(tag),
        ));
    }
    Ok(respond(StatusCode::OK, media_type(name), body, Some(tag)))
}

/// The file at a path: in the second edition, the second version where there is one.
fn find(path: &str, second: bool) -> Option<(&'static str, &'static str)> {
    let name = path.trim_start_matches('/');
    let named = |wanted: &str| FILES.iter().find(|(name, _)| *name == wanted).copied();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "html"));
    let newer = second
        .then(|| named(&format!("{stem}.v2.{extension}")))
        .flatten();
    newer
        .or_else(|| named(name))
        .or_else(|| named(&format!("{name}.html")))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => "application/feed+json",
        Some("xml") if name.contains("atom") => "application/atom+xml",
        Some("xml") => "application/rss+xml",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain",
        _ => "text/html; charset=utf-8",
    }
}

fn respond(
    status: StatusCode,
    media_type: &'static str,
    body: String,
    tag: Option<String>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static(media_type),
    );
    headers.extend(tag.and_then(|tag| tag.parse().ok()).map(|tag| (ETAG, tag)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/demo/site");
        let mut on_disk = Vec::new();
        for folder in ["", "harbour", "kettle", "orbit", "slow"] {
            for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
                let path = entry.expect("an entry").path();
                let name = path
                    .strip_prefix(&root)
                    .expect("inside")
                    .to_str()
                    .expect("UTF-8")
                    .to_owned();
                if path.is_file() && name != "README.md" {
                    on_disk.push(name);
                }
            }
        }
        on_disk.sort();
        let served: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(served, on_disk);
    }

    #[test]
    fn the_second_edition_takes_the_place_of_the_first() {
        assert_eq!(
            find("/harbour/feed.xml", false).map(|(name, _)| name),
            Some("harbour/feed.xml")
        );
        assert_eq!(
            find("/harbour/feed.xml", true).map(|(name, _)| name),
            Some("harbour/feed.v2.xml")
        );
        assert_eq!(find("/harbour/missing-page", true), None);
    }
}
