//! Crates that an older compiler builds: CONTRIBUTING.md lists them, and the workflow runs it.

use std::{collections::BTreeMap, fs};

use super::{
    manifest::{Crate, between},
    root,
};

/// The crates that name a compiler of their own, by that.
fn named() -> BTreeMap<String, Vec<String>> {
    let mut named = BTreeMap::<_, Vec<_>>::new();
    for of in Crate::all() {
        if let Some(version) = of.section("package").get("rust-version") {
            named.entry(version.replace('"', "")).or_default().push(of.name);
        }
    }
    named.values_mut().for_each(|names| names.sort());
    named
}

/// Words that are crates of the workspace, in order.
fn crates<'t>(words: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut names: Vec<_> =
        words.into_iter().filter(|word| word.starts_with("ess-")).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_table_names_every_crate_that_an_older_compiler_builds() {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    for (version, expected) in named() {
        let row = page.lines().find(|line| line.starts_with(&format!("| {version} |")));
        let row = row.unwrap_or_else(|| panic!("CONTRIBUTING.md has no row for Rust {version}"));
        assert_eq!(crates(between(row, '`')), expected, "Rust {version}, in CONTRIBUTING.md");
    }
}

#[test]
fn the_workflow_builds_every_crate_that_an_older_compiler_builds() {
    let workflow = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
    for (version, expected) in named() {
        let mut job = workflow.lines().skip_while(|line| line.trim() != format!("- rust: {version}.0"));
        let built = job.nth(1).unwrap_or_else(|| panic!("the workflow does not run Rust {version}"));
        assert_eq!(crates(built.split_whitespace()), expected, "Rust {version}, in the workflow");
    }
}
