use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::Path;

const HOUR: Duration = Duration::from_hours(1);

/// A long text of its own: `seed` chooses the words.
fn story(seed: u32, words: u32) -> String {
    let words: Vec<String> = (0..words)
        .map(|n| format!("word{}", (n * 31 + seed * 7919) % 100_003))
        .collect();
    words.join(" ")
}

fn candidates(texts: &[Prepared], age: Duration) -> Vec<Candidate<'_>> {
    (1..)
        .zip(texts)
        .map(|(id, text)| Candidate {
            id: ArticleId(id),
            cluster: ArticleId(id),
            age,
            text,
        })
        .collect()
}

fn ground(judgement: &Judgement) -> Option<Ground> {
    judgement.evidence.map(|evidence| evidence.ground)
}

/// Each case: what is expected, then texts apart by `---`; the last is judged against the others.
#[test]
fn cases_are_judged_as_a_reader_would() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dedupe/judge");
    let mut cases = 0;
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("a case").path();
        let case = fs::read_to_string(&path).expect("a text");
        let mut parts = case.split("---\n");
        let expected = parts.next().expect("the first part").trim();
        let texts: Vec<Prepared> = parts.map(Prepared::new).collect();
        let (judged, known) = texts.split_last().expect("texts");
        let judgement = judge(judged, &candidates(known, HOUR), &Rules::default());
        let found = if judgement.cluster.is_some() {
            "expect: same"
        } else {
            "expect: different"
        };
        assert_eq!(found, expected, "{}: {judgement:?}", path.display());
        cases += 1;
    }
    assert!(cases >= 12);
}

#[test]
fn a_late_copy_is_one_only_if_it_is_nearly_the_whole_text() {
    let known = [Prepared::new(&story(1, 300))];
    let rules = Rules::default();
    let half = Prepared::new(&story(1, 150));
    let whole = Prepared::new(&format!("{} and an end", story(1, 300)));
    for (text, age, expected) in [
        (&half, 47 * HOUR, Ground::Contained),
        (&half, 49 * HOUR, Ground::Late),
        (&whole, 71 * HOUR, Ground::Alike),
    ] {
        let found = judge(text, &candidates(&known, age), &rules);
        let found = ground(&found).expect("evidence");
        // The half is all there, which is said first.
        let found = if found == Ground::All {
            Ground::Contained
        } else {
            found
        };
        assert_eq!(found, expected);
    }
}

#[test]
fn a_short_text_is_the_same_text_only_for_a_while() {
    let rules = Rules::default();
    let twin = |age| Twin {
        id: ArticleId(7),
        cluster: ArticleId(3),
        age,
    };
    let (few, short, long) = (
        Prepared::new("Watch the video"),
        Prepared::new(&story(1, 40)),
        Prepared::new(&story(1, 100)),
    );
    assert_eq!(judge_exact(&few, twin(HOUR), &rules), None);
    assert_eq!(judge_exact(&short, twin(100 * HOUR), &rules), None);
    for (text, age) in [(&short, HOUR), (&long, 10_000 * HOUR)] {
        let judgement = judge_exact(text, twin(age), &rules).expect("the same text");
        assert_eq!(judgement.cluster, Some(ArticleId(3)));
        let exact = Verdict::Duplicate {
            of: ArticleId(7),
            relation: Relation::Exact,
            score: 1.0,
        };
        assert_eq!(judgement.verdict, exact);
    }
}

#[test]
fn a_cluster_most_of_which_has_other_numbers_is_not_joined() {
    let report = |day: u32| {
        let lines: Vec<String> = (0..12)
            .map(|n| {
                format!(
                    "item{n} of the list sold at {} crowns a piece",
                    day * 100 + n
                )
            })
            .collect();
        Prepared::new(&lines.join(". "))
    };
    let texts = [report(1), report(2), report(3)];
    let mut candidates = candidates(&texts, HOUR);
    for candidate in &mut candidates {
        candidate.cluster = ArticleId(1);
    }
    let copy = judge(&report(3), &candidates, &Rules::default());
    assert_eq!(copy.cluster, None);
    assert_eq!(ground(&copy), Some(Ground::Outvoted));
}

#[test]
fn nothing_is_judged_without_candidates_or_words() {
    let rules = Rules::default();
    assert_eq!(
        judge(&Prepared::new(&story(1, 50)), &[], &rules),
        unique(None)
    );
    let few = [Prepared::new("three short words")];
    assert_eq!(
        judge(&few[0], &candidates(&few, HOUR), &rules),
        unique(None)
    );
}

proptest! {
    #[test]
    fn the_order_of_candidates_does_not_matter(
        lengths in proptest::collection::vec((0_u32..3, 20_u32..80), 1..6),
        judged in 20_u32..80,
        turn in 0_usize..6,
    ) {
        let texts: Vec<Prepared> = lengths.iter().map(|(seed, words)| Prepared::new(&story(*seed, *words))).collect();
        let mut candidates = candidates(&texts, HOUR);
        let text = Prepared::new(&story(1, judged));
        let before = judge(&text, &candidates, &Rules::default());
        let turn = turn % candidates.len();
        candidates.rotate_left(turn);
        prop_assert_eq!(judge(&text, &candidates, &Rules::default()), before);
    }

    #[test]
    fn shares_are_between_nothing_and_everything(one in "([a-z]{1,3} |[0-9.]{1,4} ){0,60}", other in "([a-z]{1,3} |[0-9.]{1,4} ){0,60}") {
        let (one, other) = (Prepared::new(&one), [Prepared::new(&other)]);
        if let Some(evidence) = judge(&one, &candidates(&other, HOUR), &Rules::default()).evidence {
            for share in [evidence.contained, evidence.contained_whole, evidence.alike, evidence.numbers] {
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}
