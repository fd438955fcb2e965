//! The recipes that need nothing but SQLite; `.ci/recipes` runs all of them, with the tools they are for.

use std::path::Path;

use crate::support::{Bench, open_read_only};

/// The `sql` blocks of a recipe, and whether each has to find something.
fn blocks(recipe: &str) -> Vec<(bool, String)> {
    let mut blocks = Vec::new();
    let mut rest = recipe;
    while let Some((_, after)) = rest.split_once("```sql") {
        let (info, after) = after.split_once('\n').expect("a block has lines");
        let (sql, after) = after.split_once("```").expect("a block ends");
        blocks.push((info.trim().is_empty(), sql.to_owned()));
        rest = after;
    }
    blocks
}

#[test]
fn every_query_of_the_recipes_finds_something_in_the_demo() {
    let bench = Bench::new("");
    bench.run(&["demo", "feedmill.db"]).expect(0);
    let conn = open_read_only(&bench.db());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes");
    let mut run = 0;
    for file in std::fs::read_dir(folder).expect("recipes") {
        let path = file.expect("a file").path();
        let recipe = std::fs::read_to_string(&path).expect("text");
        for (has_to_find, sql) in blocks(&recipe) {
            let mut select = conn
                .prepare(&sql)
                .unwrap_or_else(|error| panic!("{}: {error}:\n{sql}", path.display()));
            let found = select
                .exists([])
                .unwrap_or_else(|error| panic!("{}: {error}:\n{sql}", path.display()));
            assert!(
                found || !has_to_find,
                "{}: nothing is found by\n{sql}",
                path.display()
            );
            run += 1;
        }
    }
    assert!(run >= 14, "{run} queries");
}
