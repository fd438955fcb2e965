use super::*;
use proptest::prelude::*;

/// Pairs of addresses with whether they are the same article.
const ADDRESSES: &str = include_str!("../../../tests/fixtures/dedupe/addresses.txt");

#[test]
fn addresses_of_one_article_share_a_key_and_those_of_two_do_not() {
    let mut cases = 0;
    for line in ADDRESSES
        .lines()
        .filter(|line| line.starts_with(['=', '!']))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [sign, rule, one, other] = words[..] else {
            panic!("four words: {line}");
        };
        let (left, right) = (url_key(one), url_key(other));
        assert!(
            left.is_some() && right.is_some(),
            "{rule}: a key each: {line}"
        );
        assert_eq!(
            left == right,
            sign == "=",
            "{rule}: {one} is {left:?}, {other} is {right:?}"
        );
        for key in [left, right].into_iter().flatten() {
            assert_eq!(url_key(&format!("https://{key}")), Some(key), "{line}");
        }
        cases += 1;
    }
    assert!(cases > 50);
}

#[test]
fn only_http_addresses_of_bounded_length_have_a_key() {
    for url in [
        "",
        "paper.example/a",
        "/a",
        "ftp://paper.example/a",
        "mailto:a@paper.example",
        "https://",
        "javascript:1",
    ] {
        assert_eq!(url_key(url), None, "{url}");
        assert_eq!(site(url), None, "{url}");
    }
    let long = format!("https://paper.example/{}", "a".repeat(MAX_URL_BYTES));
    assert_eq!(url_key(&long), None);
    assert_eq!(unwrap(&long), long);
}

#[test]
fn a_site_is_the_host_without_www() {
    for (url, expected) in [
        ("https://WWW.Paper.Example./a", "paper.example"),
        ("https://m.paper.example/a", "m.paper.example"),
        ("https://www.com/a", "www.com"),
        ("http://[::1]:80/a", "[::1]"),
        ("https://größe.example/", "xn--gre-6ka8i.example"),
    ] {
        assert_eq!(site(url).as_deref(), Some(expected), "{url}");
    }
}

#[test]
fn wrappers_are_taken_off_up_to_three_levels_and_deeper_ones_left_alone() {
    let mut url = "https://paper.example/a".to_owned();
    for level in 1..=5 {
        let escaped = url
            .replace('%', "%25")
            .replace(':', "%3A")
            .replace('/', "%2F")
            .replace('?', "%3F");
        url = format!("https://out.reddit.com/x?url={escaped}");
        let inner = unwrap(&url);
        if level <= 3 {
            assert_eq!(inner, "https://paper.example/a", "{level}");
        } else {
            assert_eq!(inner, url, "{level}");
        }
    }
    assert_eq!(
        unwrap("https://out.reddit.com/x?url=ftp%3A%2F%2Fa.example"),
        "https://out.reddit.com/x?url=ftp%3A%2F%2Fa.example"
    );
    assert_eq!(unwrap("no address"), "no address");
}

#[test]
fn long_chains_of_entities_and_parameters_cost_no_more_than_they_hold() {
    let entities = format!("https://paper.example/?{}", "&amp;amp;a=1".repeat(600));
    assert_eq!(url_key(&entities).as_deref(), Some("paper.example?a=1"));
    let parameters: Vec<String> = (0..1500).map(|n| format!("{n}=")).collect();
    assert!(url_key(&format!("https://paper.example/?{}", parameters.join("&"))).is_some());
}

prop_compose! {
    fn address()(
        host in "(www\\.|m\\.|amp\\.|en\\.m\\.)?(paper|m|amp|web\\.archive|google|out\\.reddit|t)\\.(example|com|co\\.uk|dev|org)",
        path in "(/(a|b|amp|print|feed|atom|index\\.html|x\\.amp|%41|%2f|é|e\u{301}|;jsessionid=1|\\(S\\(1\\)\\)|url|web|c|s|https:)){0,6}/?",
        query in "(\\?((utm_a|id|ref|url|q|amp;x|amp|%61|a\\+b|)=?(1|rss|https://paper.example/b\\?c=1|%C3%A9|)&?){0,4})?",
        fragment in "(#(!?/[a-zé%]{0,4}|top))?",
        port in "(:80|:443|:8080)?",
    ) -> String {
        format!("https://{host}{port}{path}{query}{fragment}")
    }
}

proptest! {
    #[test]
    fn a_key_is_the_key_of_itself(url in address()) {
        let key = url_key(&url).expect("it is an address");
        let again = url_key(&format!("https://{key}"));
        prop_assert_eq!(again, Some(key));
    }

    #[test]
    fn a_key_never_loses_the_host(url in address()) {
        let key = url_key(&url).expect("it is an address");
        let inner = parse(&unwrap(&url)).expect("it is an address");
        let host = inner.host_str().expect("it has one");
        let domain = registrable(host).unwrap_or(host);
        let kept = key.split(['/', '?', '#', ':']).next().expect("the first part");
        prop_assert!(kept == domain || kept.ends_with(&format!(".{domain}")), "{key} of {url}");
    }

    #[test]
    fn any_text_has_a_key_or_none(text in "\\PC{0,200}", url in "https?://\\PC{0,80}") {
        for text in [text, url] {
            let _ = (unwrap(&text), site(&text));
            if let Some(key) = url_key(&text) {
                prop_assert!(!key.is_empty() && key.is_ascii());
            }
        }
    }
}
