//! Where the filters and single documents come from: a URL, a file, standard input.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Write as _, stdin, stdout};
use std::process::ExitCode;

use url::Url;

use super::run::runtime;
use super::{Failure, cluster, extract, parse};
use crate::article::{self, Parts, Reading};
use crate::config::{self, Sources};
use crate::daemon::{Clock as _, SystemClock};
use crate::fetch::{self, Fetcher, HeaderMap, Networks, Purpose, Request};
use crate::model::{Extracted, Fetched, Validators};
use crate::{dedupe, feed};

/// As much of a file or of standard input as is read.
const BYTES_MAX: u64 = 64 << 20;

/// A document with what is known of it.
struct Document {
    body: Vec<u8>,
    url: Option<String>,
    content_type: Option<String>,
}

fn read(input: &str, purpose: Purpose) -> Result<Document, Failure> {
    if is_address(input) {
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
    Ok(Document {
        body: from_file(input)?,
        url: None,
        content_type: None,
    })
}

fn is_address(input: &str) -> bool {
    input.starts_with("http://") || input.starts_with("https://")
}

/// A file, or standard input for `-`.
fn from_file(input: &str) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    if input == "-" {
        stdin().lock().take(BYTES_MAX).read_to_end(&mut body)?;
    } else {
        let file =
            File::open(input).map_err(|error| Failure::runtime(format!("{input}: {error}")))?;
        file.take(BYTES_MAX).read_to_end(&mut body)?;
    }
    Ok(body)
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
        form: None,
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
    let settings = article::Settings {
        images: command.images,
        ..article::Settings::default()
    };
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
    let input = command.input.as_deref().unwrap_or("-");
    let article = if is_address(input) {
        runtime()?.block_on(whole_article(input))?
    } else {
        let body = from_file(input)?;
        let url = command.url.as_deref().unwrap_or_default();
        extract::one(&body, url, None)
            .map_err(Failure::runtime)?
            .article
    };
    writeln!(stdout(), "{}", extract::show(article, command.format))?;
    Ok(ExitCode::SUCCESS)
}

/// The article at an address, over all its parts. A part that cannot be had ends it, with a word.
async fn whole_article(input: &str) -> Result<Extracted, Failure> {
    let fetcher = fetcher()?;
    let networks = typed(&fetcher, input).await;
    let answer = fetch(&fetcher, input, Purpose::Page, &networks).await?;
    let mut parts = Parts::begin(read_page(&answer)?, answer.body.len());
    while let Some(next) = parts.next().map(str::to_owned) {
        let allowed = fetcher.may_fetch(&next, &networks, SystemClock.now()).await;
        let part = match allowed.verdict {
            Ok(()) => fetch(&fetcher, &next, Purpose::Page, &networks).await,
            Err(refusal) => Err(Failure::runtime(format!("{next}: {}", refusal.detail))),
        };
        match part.and_then(|answer| Ok((read_page(&answer)?, answer.body.len()))) {
            Ok((part, bytes)) => {
                parts.take(part, bytes);
            }
            Err(failure) => {
                eprintln!("feedmill: the article goes on, but its next part cannot be had:");
                let _ = failure.report();
                break;
            }
        }
    }
    Ok(parts.finish())
}

fn read_page(answer: &Fetched) -> Result<Reading, Failure> {
    let charset = answer.content_type.as_deref().and_then(fetch::charset);
    extract::one(&answer.body, &answer.url, charset.as_deref()).map_err(Failure::runtime)
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
