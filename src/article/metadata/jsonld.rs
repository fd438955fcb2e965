//! Structured data: schema.org in JSON-LD, whole or broken.
//!
//! Documents are walked with a stack, not by recursion, and only so far; what is
//! wanted is the one thing in the graph that describes the article.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::article::page::{Page, Tag, text};

use super::MAX_KEYWORDS;
use super::head::unescape;

/// The most values of all documents that are looked at.
const MAX_VALUES: usize = 20_000;

/// The most bytes of one script that are read.
const MAX_SCRIPT_BYTES: usize = 1 << 20;

/// The longest value that is read, in bytes, but for the text itself; longer ones are not metadata.
const MAX_VALUE_BYTES: usize = 8 << 10;

/// The most people of an article.
const MAX_PEOPLE: usize = 30;

/// What structured data says of the article.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Described {
    /// How sure it is that this describes the article: see [`rank_of`].
    rank: u8,
    pub headline: Option<String>,
    pub people: Vec<String>,
    /// Authors that call themselves organisations.
    pub houses: Vec<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    /// `uploadDate`: of a film, which may be older or newer than the article it stands in.
    pub uploaded: Option<String>,
    pub image: Option<String>,
    pub publisher: Option<String>,
    pub section: Option<String>,
    pub keywords: Vec<String>,
    pub lang: Option<String>,
    pub description: Option<String>,
    /// `isAccessibleForFree`.
    pub free: Option<bool>,
    /// `articleBody`, its lines kept; it may hold markup.
    pub body: Option<String>,
}

/// The best description on the page: of an article if there is one, of the page otherwise.
pub fn describe(page: &Page<'_>) -> Described {
    let documents: Vec<Value> = page
        .asides
        .iter()
        .filter(|aside| aside.tag == Tag::Script)
        .filter(|aside| {
            aside.element.attr("type").is_some_and(|kind| {
                kind.trim()
                    .to_ascii_lowercase()
                    .starts_with("application/ld+json")
            })
        })
        .flat_map(|aside| documents(aside.text))
        .collect();
    let objects = objects(&documents);
    let people: HashMap<&str, &Map<String, Value>> = objects
        .iter()
        .filter_map(|object| Some((object.get("@id")?.as_str()?, *object)))
        .filter(|(_, object)| object.contains_key("name"))
        .collect();
    let mut best = Described::default();
    for object in &objects {
        let rank = rank_of(object);
        if rank > 0 {
            let found = read(object, rank, &people);
            best = if found.rank > best.rank {
                fill(found, best)
            } else {
                fill(best, found)
            };
        }
    }
    best
}

/// What `first` lacks, from `second`, if they can be about the same thing.
fn fill(first: Described, second: Described) -> Described {
    // Teasers are described too: two things of the same rank are two articles.
    if second.rank == first.rank && first.headline.is_some() && second.headline != first.headline {
        return first;
    }
    Described {
        rank: first.rank,
        headline: first.headline.or(second.headline),
        people: if first.people.is_empty() {
            second.people
        } else {
            first.people
        },
        houses: if first.houses.is_empty() {
            second.houses
        } else {
            first.houses
        },
        published: first.published.or(second.published),
        modified: first.modified.or(second.modified),
        uploaded: first.uploaded.or(second.uploaded),
        image: first.image.or(second.image),
        publisher: first.publisher.or(second.publisher),
        section: first.section.or(second.section),
        keywords: if first.keywords.is_empty() {
            second.keywords
        } else {
            first.keywords
        },
        lang: first.lang.or(second.lang),
        description: first.description.or(second.description),
        free: first.free.or(second.free),
        body: first.body.or(second.body),
    }
}

/// All JSON values of a script, as far as it can be read.
fn documents(script: &str) -> Vec<Value> {
    let script = text::beginning(script, MAX_SCRIPT_BYTES).trim();
    let script = script
        .trim_start_matches("<!--")
        .trim_start_matches("//")
        .trim_start_matches("<![CDATA[")
        .trim();
    let read = |text: &str| -> Vec<Value> {
        serde_json::Deserializer::from_str(text)
            .into_iter::<Value>()
            .map_while(Result::ok)
            .collect()
    };
    let found = read(script);
    if found.is_empty() {
        read(&mended(script))
    } else {
        found
    }
}

/// Mends what publishers break most: raw line breaks inside strings, trailing commas,
/// unknown escapes.
fn mended(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut quoted = false;
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            '\\' if quoted => match chars.next() {
                Some(next @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => {
                    out.extend([c, next]);
                }
                Some(next) => out.push(next),
                None => {}
            },
            c if quoted && c.is_control() => out.push(' '),
            '}' | ']' if !quoted => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// All objects of the documents, outermost first.
fn objects(documents: &[Value]) -> Vec<&Map<String, Value>> {
    let mut found = Vec::new();
    let mut queue: std::collections::VecDeque<&Value> = documents.iter().collect();
    let mut seen = 0;
    while let Some(value) = queue.pop_front() {
        seen += 1;
        if seen > MAX_VALUES {
            break;
        }
        match value {
            Value::Array(values) => queue.extend(values),
            Value::Object(object) => {
                found.push(object);
                queue.extend(
                    object
                        .values()
                        .filter(|value| value.is_array() || value.is_object()),
                );
            }
            _ => {}
        }
    }
    found
}

/// 0 for what describes no article, 1 for a page, 2 for something like an article, 3 for an article.
fn rank_of(object: &Map<String, Value>) -> u8 {
    strings(object.get("@type"))
        .map(|kind| {
            let kind = kind.rsplit(['/', ':', '#']).next().unwrap_or(kind);
            match kind {
                "Article"
                | "NewsArticle"
                | "BlogPosting"
                | "ReportageNewsArticle"
                | "AnalysisNewsArticle"
                | "OpinionNewsArticle"
                | "BackgroundNewsArticle"
                | "ReviewNewsArticle"
                | "AdvertiserContentArticle"
                | "TechArticle"
                | "ScholarlyArticle"
                | "LiveBlogPosting"
                | "Report"
                | "SocialMediaPosting"
                | "DiscussionForumPosting" => 3,
                "Review" | "Recipe" | "HowTo" | "QAPage" | "CreativeWork" | "VideoObject"
                | "PodcastEpisode" | "Blog" | "MedicalWebPage" => 2,
                "WebPage" | "ItemPage" | "AboutPage" => 1,
                _ => 0,
            }
        })
        .max()
        .unwrap_or(0)
}

fn read(
    object: &Map<String, Value>,
    rank: u8,
    people: &HashMap<&str, &Map<String, Value>>,
) -> Described {
    let line = |key: &str| lines(object.get(key)).next();
    let article = rank > 1;
    Described {
        rank,
        headline: line("headline").or_else(|| line("name").filter(|_| article)),
        people: {
            let authors = people_of(object.get("author"), people);
            let creators = people_of(object.get("creator"), people);
            // Where `author` holds one name only, the others are often among the creators.
            if authors.iter().all(|name| creators.contains(name)) {
                creators
            } else {
                authors
            }
        },
        houses: names(object.get("author"), people),
        published: line("datePublished").or_else(|| line("dateCreated")),
        modified: line("dateModified"),
        uploaded: line("uploadDate"),
        image: addresses(object.get("image")).or_else(|| addresses(object.get("thumbnailUrl"))),
        publisher: names(object.get("publisher"), people).into_iter().next(),
        section: line("articleSection"),
        keywords: keywords(object.get("keywords")),
        lang: line("inLanguage"),
        description: line("description"),
        free: match object.get("isAccessibleForFree") {
            Some(Value::Bool(free)) => Some(*free),
            Some(Value::String(free)) => Some(!free.eq_ignore_ascii_case("false")),
            _ => None,
        },
        body: ["articleBody", "text"]
            .iter()
            .filter(|key| article || **key == "articleBody")
            .flat_map(|key| strings(object.get(*key)))
            .map(|body| unescape(&unescape(body)))
            .find(|body| !body.trim().is_empty()),
    }
}

/// A string, or the strings of an array.
fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let (one, many) = match value {
        Some(Value::String(text)) => (Some(text.as_str()), None),
        Some(Value::Array(values)) => (None, Some(values.iter().filter_map(Value::as_str))),
        _ => (None, None),
    };
    one.into_iter().chain(many.into_iter().flatten())
}

/// The clean lines of a string or an array of strings, as far as they have one.
fn lines(value: Option<&Value>) -> impl Iterator<Item = String> {
    strings(value).filter_map(line_of)
}

/// A value's clean line, unless it is empty, or too long to be one.
fn line_of(value: &str) -> Option<String> {
    let line = (value.len() <= MAX_VALUE_BYTES).then(|| text::clean_line(&unescape(value)))?;
    (!line.is_empty()).then_some(line)
}

fn keywords(value: Option<&Value>) -> Vec<String> {
    strings(value)
        .flat_map(|text| text.split([',', ';']))
        .filter_map(line_of)
        .take(MAX_KEYWORDS)
        .collect()
}

/// Names of whatever `value` names, organisations included.
fn names(value: Option<&Value>, known: &HashMap<&str, &Map<String, Value>>) -> Vec<String> {
    each(value)
        .filter_map(|value| match value {
            Value::String(name) => Some(name.as_str()),
            Value::Object(object) => resolve(object, known)
                .get("name")
                .and_then(|name| strings(Some(name)).next()),
            _ => None,
        })
        .filter_map(line_of)
        .take(MAX_PEOPLE)
        .collect()
}

/// Names of people: what calls itself an organisation is left out if anyone is left.
fn people_of(value: Option<&Value>, known: &HashMap<&str, &Map<String, Value>>) -> Vec<String> {
    let people: Vec<Value> = each(value)
        .filter(|value| match value {
            Value::Object(object) => !strings(resolve(object, known).get("@type"))
                .any(|kind| kind.ends_with("Organization")),
            _ => true,
        })
        .cloned()
        .collect();
    names(Some(&Value::Array(people)), known)
}

fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Some(Value::Array(values)) => (None, Some(values.iter().take(MAX_PEOPLE))),
        other => (other, None),
    };
    one.into_iter().chain(many.into_iter().flatten())
}

fn resolve<'v>(
    object: &'v Map<String, Value>,
    known: &HashMap<&str, &'v Map<String, Value>>,
) -> &'v Map<String, Value> {
    match object.get("@id").and_then(Value::as_str) {
        Some(id) if !object.contains_key("name") => known.get(id).copied().unwrap_or(object),
        _ => object,
    }
}

fn addresses(value: Option<&Value>) -> Option<String> {
    each(value)
        .find_map(|value| match value {
            Value::String(address) => Some(address.trim().to_owned()),
            Value::Object(object) => ["url", "contentUrl", "@id"]
                .iter()
                .find_map(|key| strings(object.get(*key)).next())
                .map(|address| address.trim().to_owned()),
            _ => None,
        })
        .filter(|address| !address.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn described(json: &str) -> Described {
        let html = Html::parse_document(&format!(
            "<script type='application/ld+json'>{json}</script>"
        ));
        describe(&Page::new(&html, &|_| false))
    }

    #[test]
    fn an_article_is_found_in_a_graph_and_its_author_by_reference() {
        let found = described(
            r##"{"@graph":[{"@type":"WebPage","datePublished":"2020-01-01","isAccessibleForFree":"False"},
            {"@type":["NewsArticle"],"headline":"It&#039;s","author":{"@id":"#a"},"keywords":"x, y",
             "image":[{"@type":"ImageObject","url":"/i.jpg"}]},{"@type":"Person","@id":"#a","name":"Ann Lee"}]}"##,
        );
        assert_eq!(found.headline.as_deref(), Some("It's"));
        assert_eq!(found.people, ["Ann Lee"]);
        assert_eq!(found.published.as_deref(), Some("2020-01-01"));
        assert_eq!(found.free, Some(false));
        assert_eq!(found.keywords, ["x", "y"]);
        assert_eq!(found.image.as_deref(), Some("/i.jpg"));
    }

    #[test]
    fn broken_documents_are_mended() {
        let found =
            described("{\"@type\":\"Article\",\"headline\":\"a\nb\",\"author\":[\"A\",\"B\",],}");
        assert_eq!(found.headline.as_deref(), Some("a b"));
        assert_eq!(found.people, ["A", "B"]);
        assert_eq!(described("nonsense"), Described::default());
        assert_eq!(described(&"[".repeat(10_000)), Described::default());
    }

    #[test]
    fn the_body_keeps_its_paragraphs() {
        let found =
            described(r#"{"@type":"Article","text":"","articleBody":"One.\n\nTom &amp; Ann."}"#);
        assert_eq!(found.body.as_deref(), Some("One.\n\nTom & Ann."));
    }

    #[test]
    fn organisations_are_no_people() {
        let found = described(
            r#"{"@type":"Article","author":[{"@type":"Organization","name":"Wire"},{"name":"B"}]}"#,
        );
        assert_eq!(found.people, ["B"]);
    }
}
