//! Which crates a crate is made of: ARCHITECTURE.md has it, and the manifests decide.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::{manifest::Crate, root};

/// The names of crates of the workspace in a text.
fn crates(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '-');
    words.filter(|word| word.starts_with("ess-")).map(str::to_owned).collect()
}

/// Crates of the workspace that a crate always depends on, and those that a feature adds.
fn of_manifest(of: &Crate) -> [BTreeSet<String>; 2] {
    let dependencies = of.section("dependencies");
    let (by_feature, always): (Vec<_>, Vec<_>) =
        dependencies.into_iter().partition(|(_, value)| value.contains("optional = true"));
    [always, by_feature].map(|some| some.into_iter().flat_map(|(key, _)| crates(key)).collect())
}

/// The same as the page has it, for each crate with a line of its own.
fn of_page(block: &str) -> BTreeMap<String, [BTreeSet<String>; 2]> {
    let mut found = BTreeMap::new();
    for line in block.lines() {
        let (names, below) = line.split_once('→').unwrap_or((line, ""));
        let (always, by_feature) = below.split_once("; by feature").unwrap_or((below, ""));
        let below = [always, by_feature].map(crates);
        found.extend(crates(names).into_iter().map(|name| (name, below.clone())));
    }
    found
}

#[test]
fn the_shape_of_the_architecture_is_that_of_the_manifests() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let block = page.split("```").nth(1).unwrap();
    let found = of_page(block);
    let all = Crate::all();
    for of in &all {
        let name = of.name.as_str();
        let [always, by_feature] = of_manifest(of);
        let Some([said, said_by_feature]) = found.get(name) else { panic!("ARCHITECTURE.md lacks {name}") };
        match name {
            // It has all of them.
            "ess-cli" => continue,
            "ess-kit" => {
                let others = all.iter().map(|of| of.name.clone()).filter(|other| {
                    !always.contains(other) && !["ess-kit", "ess-cli", "ess-tiles"].contains(&other.as_str())
                });
                assert_eq!(by_feature, others.collect(), "features of ess-kit: all others");
            }
            _ => assert_eq!(*said_by_feature, by_feature, "{name}, by features"),
        }
        assert_eq!(*said, always, "{name}");
    }
    assert!(found.len() > 15, "only {} crates were found", found.len());
}

#[test]
fn lines_of_a_shape_are_read_with_features_apart() {
    let found = of_page("text\ness-a (none)   ess-b\ness-c  → ess-a, ess-b; by features ess-d\n");
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(found["ess-a"], [names(&[]), names(&[])]);
    assert_eq!(found["ess-c"], [names(&["ess-a", "ess-b"]), names(&["ess-d"])]);
}
