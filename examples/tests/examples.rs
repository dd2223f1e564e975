//! Every example runs, and finds what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Cargo builds examples into a folder beside that of the test executables.
fn path_of(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// What an example prints.
#[track_caller]
fn said(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(path_of(name)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The first number after a word.
#[track_caller]
fn number_after(said: &str, word: &str) -> f64 {
    let rest = said.split_once(word).unwrap_or_else(|| panic!("no {word:?} in\n{said}")).1;
    let number = rest.split_whitespace().next().unwrap().trim_end_matches(',');
    number.parse().unwrap_or_else(|error| panic!("{number:?} after {word:?}: {error}"))
}

#[test]
fn embeddings_are_searched() {
    let said = said("01_search_embeddings", &[]);
    assert_eq!(said.lines().count(), 8, "{said}");
    assert!(said.contains("29638116") && said.contains("14717500"), "{said}");
}

#[test]
fn a_module_is_trained_and_measured() {
    let said = said("02_train_a_module", &[]);
    assert!(number_after(&said, "\nndcg@10 ") > 0.79, "{said}");
    assert!(number_after(&said, "known items:") > number_after(&said, "new items:"), "{said}");
}

#[test]
fn runs_are_measured_against_each_other() {
    let said = said("03_measure_runs", &[]);
    let row = said.lines().find(|line| line.starts_with("ndcg@10")).unwrap();
    let figures: Vec<f64> = row.split_whitespace().skip(1).take(3).map(|x| x.parse().unwrap()).collect();
    assert!((figures[0] - 0.6451).abs() < 1e-3 && figures[2] < -0.05, "{said}");
}

#[test]
fn a_module_and_a_loss_of_ones_own_are_trained() {
    assert!(number_after(&said("05_own_module", &[]), "nDCG@10") > 0.70);
    let said = said("06_own_loss", &[]);
    let [plain, pulled] =
        ["softmax          nDCG@10", "softmax + pull   nDCG@10"].map(|name| number_after(&said, name));
    assert!(plain > 0.79 && pulled > 0.70 && plain != pulled, "{said}");
}

#[test]
fn a_graph_finds_nearly_what_is_exact() {
    let said = said("07_approximate_index", &[]);
    assert!(number_after(&said, "recall@10") >= 0.99, "{said}");
    assert!((number_after(&said, "nDCG@10") - number_after(&said, "exactly")).abs() < 0.01, "{said}");
}

#[test]
fn modules_are_chosen_for_each_query() {
    let said = said("11_many_modules", &[]);
    let [frozen, first, second, routed] = ["\nfrozen ", "\nfirst ", "second ", "\nrouted "].map(|name| {
        let part = if name == "second " { said.split_once("\nfirst ").unwrap().1 } else { &said };
        number_after(part, name)
    });
    assert!((frozen - 0.6451).abs() < 1e-3, "{said}");
    assert!(first > frozen && second > frozen && routed > frozen, "{said}");
    assert!(said.contains("better than the frozen encoder"), "{said}");
}

#[test]
fn a_link_is_calibrated() {
    let said = said("10_calibrate", &[]);
    assert!(number_after(&said, "Platt: Brier 0.0") >= 0.0, "{said}");
    assert!(number_after(&said, "calibration error") < 0.05, "{said}");
}

#[cfg(feature = "auto")]
#[test]
fn words_help_and_a_choice_is_made() {
    let hybrid = said("08_hybrid_search", &[]);
    assert!(number_after(&hybrid, "hybrid with weight 0.") > 0.0, "{hybrid}");
    let (dense, hybrid) = hybrid.rsplit_once(", hybrid").unwrap();
    let dense = number_after(dense, "test: dense");
    let hybrid: f64 = hybrid.split_whitespace().last().unwrap().parse().unwrap();
    assert!(dense < 0.66 && hybrid > 0.70, "{dense} {hybrid}");
    let chosen = said("09_automatic_choice", &["20"]);
    assert!(number_after(&chosen, "\nnDCG@10") >= 0.64, "{chosen}");
}

#[cfg(feature = "relations")]
#[test]
fn relations_are_searching_modules() {
    let said = said("12_knowledge_graph", &[]);
    assert!(number_after(&said, "test MRR") > 0.85, "{said}");
    assert!(number_after(&said, "ComplEx's entities") > 0.5, "{said}");
    let treated = said.lines().find(|line| line.starts_with("antibiotic treats:")).unwrap();
    assert!(treated.contains("disease_or_syndrome"), "{said}");
}

#[cfg(feature = "encoders")]
#[test]
fn texts_are_encoded() {
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/ess-encoders/tests/golden/tiny/bert");
    assert!(said("04_encode_texts", &[tiny]).starts_with("200 abstracts, "));
    let missing = Command::new(path_of("04_encode_texts")).output().unwrap();
    assert!(!missing.status.success() && String::from_utf8_lossy(&missing.stderr).contains("folder"));
    // With a real model, what is found is about the query.
    let Some(model) = std::env::var_os("ESS_MINILM_DIR") else { return };
    let found = said("04_encode_texts", &[model.to_str().unwrap()]);
    assert!(
        found.starts_with("200 abstracts, 384 dimensions") && found.to_lowercase().contains("stem cell"),
        "{found}"
    );
}

#[test]
fn the_quickstart_explains_its_arguments_and_refuses_others() {
    let help = said("quickstart", &["--help"]);
    for flag in ["--seed", "--device", "--out", "--json", "--quiet"] {
        assert!(help.contains(flag), "{flag}:\n{help}");
    }
    for wrong in [&["--seed", "first"][..], &["surplus"], &["--device", "gpu"], &["--no-such-flag"]] {
        let output = Command::new(path_of("quickstart")).args(wrong).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(wrong[0]), "{wrong:?}: {said}");
    }
}

#[test]
fn the_quickstart_ends_quietly_when_nobody_reads_on() {
    let mut command = Command::new(path_of("quickstart"));
    let mut program = command.arg("--quiet").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(program.stdout.take());
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(141) && said.is_empty(), "{:?}: {said}", output.status);
}
