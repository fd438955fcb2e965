//! Where the filters and single documents come from: a URL, a file, standard input.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Write as _, stdin, stdout};
use std::process::ExitCode;

use url::Url;

use super::run::runtime;
use super::{Failure, cluster, extract, parse};
use crate::config::{self, Sources};
use crate::daemon::{Clock as _, SystemClock};
use crate::fetch::{self, Fetcher, HeaderMap, Networks, Purpose, Request};
use crate::model::{Fetched, Validators};
use crate::{article, dedupe, feed};

/// As much of a file or of standard input as is read.
const BYTES_MAX: u64 = 64 << 20;

/// A document with what is known of it.
struct Document {
    body: Vec<u8>,
    url: Option<String>,
    content_type: Option<String>,
}

fn read(input: &str, purpose: Purpose) -> Result<Document, Failure> {
    if input.starts_with("http://") || input.starts_with("https://") {
        let answer = runtime()?.block_on(async {
            let fetcher = fetcher()?;
            let networks = typed(&fetcher, input).await;
            fetch(&fetcher, input, purpose, &networks).await
        })?;
        return Ok(Document {
            body: answer.body,
            url: Some(answer.url),
            content_type: answer.content_type,
        });
    }
    let mut body = Vec::new();
    if input == "-" {
        stdin().lock().take(BYTES_MAX).read_to_end(&mut body)?;
    } else {
        let file =
            File::open(input).map_err(|error| Failure::runtime(format!("{input}: {error}")))?;
        file.take(BYTES_MAX).read_to_end(&mut body)?;
    }
    Ok(Document {
        body,
        url: None,
        content_type: None,
    })
}

/// The network for a person's single requests: with default manners.
pub(super) fn fetcher() -> Result<Fetcher, Failure> {
    let sources = Sources {
        text: Some(("defaults".to_owned(), String::new())),
        ..Sources::default()
    };
    Fetcher::internet(config::load(&sources)?.fetch, 1).map_err(Failure::runtime)
}

/// What a person has allowed by typing an address: that address, also when it is private.
pub(super) async fn typed(fetcher: &Fetcher, url: &str) -> Networks {
    match Url::parse(url) {
        Ok(url) => fetcher.typed(&url).await,
        Err(_) => Networks::default(),
    }
}

/// One GET; anything but a usable answer is a failure.
pub(super) async fn fetch(
    fetcher: &Fetcher,
    url: &str,
    purpose: Purpose,
    networks: &Networks,
) -> Result<Fetched, Failure> {
    let request = Request {
        url: url.to_owned(),
        purpose,
        validators: Validators::default(),
        validators_url: String::new(),
        headers: HeaderMap::new(),
        home: String::new(),
        networks: networks.clone(),
        now: SystemClock.now(),
    };
    let answer = fetcher.fetch(&request).await;
    let answer = answer.map_err(|failure| {
        Failure::runtime(format!(
            "{}: {}: {}",
            fetch::redact(url),
            failure.kind,
            failure.detail
        ))
    })?;
    match fetch::failure(&answer) {
        Some(kind) => Err(Failure::runtime(format!(
            "{}: {kind} (HTTP {})",
            fetch::redact(url),
            answer.status
        ))),
        None => Ok(answer),
    }
}

/// `feedmill extract`.
pub(super) fn extract(command: &extract::Extract) -> Result<ExitCode, Failure> {
    let settings = article::Settings::default();
    if command.jsonl {
        let input = BufReader::new(stdin());
        let output = io::BufWriter::new(stdout());
        if command.training {
            extract::training(input, output)?;
        } else {
            extract::filter(input, output, &settings, command.site_memory)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let document = read(command.input.as_deref().unwrap_or("-"), Purpose::Page)?;
    let url = command.url.clone().or(document.url).unwrap_or_default();
    let charset = document.content_type.as_deref().and_then(fetch::charset);
    let text = extract::one(
        &document.body,
        &url,
        charset.as_deref(),
        command.format,
        &settings,
    );
    writeln!(stdout(), "{}", text.map_err(Failure::runtime)?)?;
    Ok(ExitCode::SUCCESS)
}

/// `feedmill parse`.
pub(super) fn parse(command: &parse::Parse) -> Result<ExitCode, Failure> {
    let settings = feed_settings();
    if command.jsonl {
        parse::filter(
            BufReader::new(stdin()),
            io::BufWriter::new(stdout()),
            &settings,
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let document = read(&command.input, Purpose::Feed)?;
    let input = feed::Input {
        url: command.url.as_deref().or(document.url.as_deref()),
        content_type: command
            .content_type
            .as_deref()
            .or(document.content_type.as_deref()),
        body: &document.body,
    };
    let document = parse::document(&input, &settings);
    let document = document
        .map_err(|failure| Failure::runtime(format!("{}: {}", failure.kind, failure.detail)))?;
    writeln!(stdout(), "{document}")?;
    Ok(ExitCode::SUCCESS)
}

/// The parser as the daemon uses it.
pub(super) fn feed_settings() -> feed::Settings {
    feed::Settings {
        limits: feed::Limits::default(),
        url_key: dedupe::url_key,
    }
}

/// `feedmill cluster`.
pub(super) fn cluster(command: &cluster::Cluster) -> Result<ExitCode, Failure> {
    let (input, output) = (BufReader::new(stdin()), io::BufWriter::new(stdout()));
    if command.explain {
        cluster::explain(input, output)?;
    } else {
        cluster::filter(input, output)?;
    }
    Ok(ExitCode::SUCCESS)
}
