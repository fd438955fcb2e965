use super::*;

const HOUR: i64 = 3_600_000;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_millis(hour * HOUR)
}

/// A sketch of 32 hashes, `shared` of them the same for every article.
fn sketch(article: u32, shared: u32) -> Vec<u32> {
    (0..32)
        .map(|n| {
            if n < shared {
                n
            } else {
                article * 32 + n + 1000
            }
        })
        .collect()
}

fn ids(found: &[Neighbour]) -> Vec<i64> {
    found.iter().map(|near| near.id.0).collect()
}

fn insert(window: &mut Window, id: i64, hour: i64, sketch: &[u32]) {
    window.insert(ArticleId(id), ArticleId(id), at(hour), sketch);
}

#[test]
fn candidates_share_enough_and_come_in_the_order_of_what_they_share() {
    let mut window = Window::new(Limits::default());
    for (id, shared) in [(1, 1), (2, 2), (3, 9), (4, 9)] {
        insert(
            &mut window,
            id,
            0,
            &sketch(u32::try_from(id).unwrap(), shared),
        );
    }
    assert_eq!(ids(&window.candidates(&sketch(99, 32), at(1))), [4, 3, 2]);
    assert_eq!(ids(&window.candidates(&[], at(1))), [0_i64; 0]);
    assert_eq!(window.len(), 4);
}

#[test]
fn articles_out_of_reach_are_no_candidates_in_either_direction() {
    let mut window = Window::new(Limits::default());
    insert(&mut window, 1, 0, &sketch(1, 9));
    insert(&mut window, 2, 200, &sketch(2, 9));
    assert_eq!(ids(&window.candidates(&sketch(99, 9), at(72))), [1]);
    assert_eq!(ids(&window.candidates(&sketch(99, 9), at(100))), [0_i64; 0]);
    assert_eq!(ids(&window.candidates(&sketch(99, 9), at(128))), [2]);
}

#[test]
fn what_is_removed_or_replaced_is_not_found_as_it_was() {
    let mut window = Window::new(Limits::default());
    insert(&mut window, 1, 0, &sketch(1, 9));
    insert(&mut window, 2, 0, &sketch(2, 9));
    window.insert(ArticleId(2), ArticleId(1), at(1), &sketch(3, 5));
    let found = window.candidates(&sketch(99, 9), at(1));
    assert_eq!(ids(&found), [1, 2]);
    assert_eq!((found[1].cluster, found[1].at), (ArticleId(1), at(1)));
    window.remove(ArticleId(1));
    window.remove(ArticleId(1));
    assert_eq!(ids(&window.candidates(&sketch(99, 9), at(1))), [2]);
    assert_eq!(window.len(), 1);
    insert(&mut window, 2, 1, &[]);
    assert!(window.is_empty());
}

#[test]
fn blocks_are_forgotten_when_all_of_them_is_out_of_reach() {
    let mut window = Window::new(Limits::default());
    let full = i64::try_from(BLOCK_MIN).unwrap();
    for id in 0..full + 10 {
        let hour = if id < full { 0 } else { 100 };
        insert(
            &mut window,
            id,
            hour,
            &sketch(u32::try_from(id).unwrap(), 0),
        );
    }
    // One of the first block has come again.
    insert(&mut window, 5, 100, &sketch(5, 0));
    window.expire(at(72));
    assert_eq!(window.len(), BLOCK_MIN + 10);
    window.expire(at(73));
    assert_eq!(window.len(), 11);
    assert_eq!(ids(&window.candidates(&sketch(5, 0), at(100))), [5]);
    window.expire(at(200));
    assert!(window.is_empty());
}

#[test]
fn no_more_articles_are_kept_than_the_limit_and_one_block() {
    let mut window = Window::new(Limits {
        articles: 2 * BLOCK_MIN,
        ..Limits::default()
    });
    for id in 0..i64::try_from(6 * BLOCK_MIN).unwrap() {
        insert(&mut window, id, 0, &[u32::try_from(id).unwrap(), 1]);
    }
    assert!(window.len() <= 4 * BLOCK_MIN, "{}", window.len());
}

#[test]
fn a_phrase_on_every_page_makes_only_the_newest_pages_candidates() {
    let mut window = Window::new(Limits::default());
    for id in 0..20_000 {
        insert(&mut window, id, 0, &sketch(7, 32));
    }
    let found = window.candidates(&sketch(7, 32), at(0));
    assert_eq!(
        ids(&found),
        (0..20_000).rev().take(32).collect::<Vec<i64>>()
    );
}

#[test]
fn an_article_of_a_full_block_takes_less_than_600_bytes() {
    let mut window = Window::new(Limits::default());
    for id in 0..2 * i64::try_from(BLOCK_MIN).unwrap() {
        insert(&mut window, id, 0, &sketch(u32::try_from(id).unwrap(), 0));
    }
    let bytes = window.bytes() / window.len();
    assert!(bytes < 600, "{bytes}");
}
