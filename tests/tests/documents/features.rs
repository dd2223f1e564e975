//! What is said of features: on docs.rs, in the tables of READMEs, and of those that the facade passes on.

use std::{collections::BTreeSet, fs};

use super::manifest::{Crate, between};

/// Features that build only beside software of the system.
const OF_THE_SYSTEM: [&str; 1] = ["openblas-system"];

/// What `ess-index` turns on for itself, and what the training loops of the workspace share.
const NOT_OF_THE_FACADE: [&str; 2] = ["ess-files/sections", "ess-linalg/kernels"];

/// The features that docs.rs builds a crate with.
fn shown(of: &Crate) -> BTreeSet<&str> {
    let (features, docs_rs) = (of.features(), of.section("package.metadata.docs.rs"));
    let mut next = match docs_rs.get("all-features") {
        Some(&"true") => features.keys().copied().collect(),
        _ => docs_rs.get("features").map(|list| between(list, '"')).unwrap_or_default(),
    };
    next.push("default");
    let mut shown = BTreeSet::new();
    while let Some(feature) = next.pop() {
        if let Some(more) = features.get(feature)
            && shown.insert(feature)
        {
            next.extend(more);
        }
    }
    shown
}

/// The names in the first column of a README's table of features.
fn table(readme: &str) -> BTreeSet<&str> {
    let rows = readme.lines().skip_while(|line| !line.starts_with("| feature |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| between(cell, '`')).collect()
}

#[test]
fn docs_rs_shows_every_feature_and_what_belongs_to_it() {
    for of in Crate::all() {
        assert!(!of.section("package.metadata.docs.rs").is_empty(), "{}", of.name);
        let shown = shown(&of);
        for feature in of.own_features() {
            let (found, expected) = (shown.contains(feature), !OF_THE_SYSTEM.contains(&feature));
            assert_eq!(found, expected, "{}: whether docs.rs builds it with {feature}", of.name);
        }
        if !of.own_features().is_empty() {
            let library = fs::read_to_string(of.folder.join("src/lib.rs")).unwrap();
            assert!(library.contains("cfg_attr(docsrs, feature(doc_cfg))"), "{}", of.name);
        }
    }
}

#[test]
fn a_readme_has_a_table_of_all_features() {
    for of in Crate::all() {
        let readme = fs::read_to_string(of.folder.join("README.md")).unwrap();
        assert_eq!(table(&readme), of.own_features(), "{}: README.md, and Cargo.toml", of.name);
    }
}

#[test]
fn the_facade_passes_on_every_feature_of_the_crates_below_it() {
    let facade = Crate::named("ess-kit");
    let by_features = facade.features().into_values().flatten().map(|on| on.replace('?', ""));
    let mut passed: BTreeSet<String> = by_features.collect();
    passed.extend(NOT_OF_THE_FACADE.map(str::to_owned));
    let dependencies = facade.section("dependencies");
    let below: Vec<_> = dependencies.into_iter().filter(|(key, _)| key.starts_with("ess-")).collect();
    assert!(below.len() > 10, "only {} crates were found below it", below.len());
    for (key, value) in below {
        let of = Crate::named(key.trim_end_matches(".workspace"));
        let with_it = between(value, '"');
        for feature in of.own_features().into_iter().filter(|feature| !with_it.contains(feature)) {
            let feature = format!("{}/{feature}", of.name);
            assert!(passed.contains(&feature), "no feature of ess-kit turns on {feature}");
        }
    }
}
