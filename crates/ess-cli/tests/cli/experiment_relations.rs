//! `ess experiment relations`: models on UMLS, their settings chosen on valid triples.

use std::{fs, path::Path};

use crate::place::Place;
use crate::program::{Outcome, read_json, run};

impl Place {
    /// Runs it on these graphs.
    fn relations(&self, graphs: &[&str], more: &[&str]) -> Outcome {
        let out = self.text("page");
        let graphs = graphs.iter().flat_map(|graph| ["--graph", graph]);
        let small = ["--dim", "8", "--epochs", "2", "--seeds", "2", "--out", &out];
        run("experiment relations", graphs.chain(small).chain(more.iter().copied()))
    }

    /// A folder with these three files.
    fn graph(&self, name: &str, files: [(&str, &str); 3]) -> String {
        let folder = self.path(name);
        fs::create_dir(&folder).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
        format!("{name}={}", folder.display())
    }
}

fn umls() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/umls");
    format!("UMLS={}", folder.display())
}

#[test]
fn models_are_chosen_on_valid_triples_and_a_second_run_takes_what_is_kept() {
    let (place, umls) = (Place::new(), umls());
    let grid =
        ["--model", "dist_mult", "--model", "complex", "--n3", "0,0.01", "--learning-rate", "0.02,0.0001"];
    let page = place.relations(&[&umls], &grid).succeeded().stdout;
    for words in [
        "On UMLS ",
        "135 entities, 46 relations; 5216 training, 652 valid and 661 test triples",
        "difference to complex",
        "| 1 | dist_mult | ",
        "| 2 | complex | ",
        "rate .02, 8 components |",
        "8 trainings chose the settings",
        "correction over all 1 of this page",
        "| UMLS | 0.0 % | ",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert_eq!(fs::read_to_string(place.path("page/relations.md")).unwrap(), page);
    assert!(fs::read_to_string(place.path("page/relations_umls.svg")).unwrap().contains("2 complex"));

    let results = fs::read_to_string(place.path("page/results.json")).unwrap();
    let found = read_json(&place.path("page/results.json"));
    for model in found["graphs"][0]["models"].as_array().unwrap() {
        let candidates = model["candidates"].as_array().unwrap();
        let valid = |at: usize| candidates[at]["found"]["valid_mrr"].as_f64().unwrap();
        let highest = (0..candidates.len()).map(valid).fold(0.0, f64::max);
        assert_eq!((candidates.len(), model["chosen_valid_mrr"].as_f64()), (4, Some(highest)));
        let tested = model["tested"].as_array().unwrap();
        assert_eq!(tested.len(), 2);
        // The first seed trains once more what was chosen.
        assert_eq!(tested[0]["found"]["valid_mrr"], model["chosen_valid_mrr"]);
        assert_ne!(tested[0]["found"]["ranks"], tested[1]["found"]["ranks"]);
        assert_eq!(tested[0]["found"]["ranks"].as_array().unwrap().len(), 661);
    }

    assert_eq!(place.relations(&[&umls], &grid).succeeded().stdout, page);
    assert_eq!(fs::read_to_string(place.path("page/results.json")).unwrap(), results);
    // What is kept is taken as it is: another candidate is then the best.
    let cell = place.path("page/cells/UMLS.complex 8 in 1 n3 0.01 rate 0.0001 valid.0.json");
    let mut marked = read_json(&cell);
    marked["found"]["valid_mrr"] = 0.75.into();
    fs::write(&cell, marked.to_string()).unwrap();
    let page = place.relations(&[&umls], &grid).succeeded().stdout;
    assert!(page.contains("| N3 .01, rate .0001, 8 components | .7500 |"), "{page}");
    // Other settings are measured anew.
    marked["settings"]["epochs"] = 3.into();
    fs::write(&cell, marked.to_string()).unwrap();
    assert!(!place.relations(&[&umls], &grid).succeeded().stdout.contains(".7500"));
}

#[test]
fn graphs_and_settings_that_cannot_be_measured_are_said_before_any_work() {
    let (place, umls) = (Place::new(), umls());
    let good = "a\tr\tb\nb\tr\tc\n";
    let none_valid = place.graph("quiet", [("train.txt", good), ("valid.txt", ""), ("test.txt", good)]);
    let torn = place.graph("torn", [("train.txt", good), ("valid.txt", good), ("test.txt", "a r b\n")]);
    let no_train = place.graph("empty", [("a.txt", ""), ("valid.txt", good), ("test.txt", good)]);
    let refused = |graphs: &[&str], more: &[&str], words: &[&str]| {
        place.relations(graphs, more).failed_with(words);
        assert!(!place.path("page").exists(), "{words:?}");
    };
    refused(&[&no_train], &[], &["found a folder without train.txt"]);
    refused(&[&umls, &none_valid], &[], &["quiet", "valid.txt", "at least one triple, found none"]);
    refused(&[&torn], &[], &["test.txt, line 1"]);
    refused(&[&umls, &umls], &[], &["two graphs are called \"UMLS\""]);
    refused(&["data/umls"], &[], &["expected NAME=DIR"]);
    refused(&[&umls], &["--model", "transe"], &["transe", "dist_mult", "meim"]);
    refused(&[&umls], &["--model", "cp", "--model", "cp"], &["\"cp\" is given twice"]);
    refused(&[&umls], &["--model", "cp", "--against", "complex"], &["measured (cp)", "\"complex\""]);
    refused(&[&umls], &["--n3", ""], &["--n3"]);
    refused(&[&umls], &["--n3", "-1"], &["n3 must be", "found -1"]);
    refused(&[&umls], &["--model", "mei", "--partitions", "3"], &["multiple of the partitions"]);
    let settings = |text: &str| {
        fs::write(place.path("models.json"), text).unwrap();
        place.text("models.json")
    };
    let file = settings(r#"{"mei": {}, "complx": {"n3": 0}}"#);
    refused(&[&umls], &["--settings", &file], &["models.json", "\"complx\"", "dist_mult, complex"]);
    let file = settings(r#"{"mei": {"epoch": 3}}"#);
    refused(&[&umls], &["--model", "cp", "--settings", &file], &["settings of mei", "`epoch`", "`epochs`"]);
    let file = settings(r#"{"mei": {"model": {"partitions": 3}}}"#);
    refused(
        &[&umls],
        &["--model", "cp", "--settings", &file],
        &["models.json", "multiple of the partitions"],
    );
}

#[test]
fn models_are_trained_with_settings_of_their_own_which_their_rows_say() {
    let (place, umls) = (Place::new(), umls());
    let text = r#"{
        "complex": {"n3": 0, "learning_rate": [0.01, 0.02]},
        "meim": {"model": {"partitions": 2}, "n3": 0, "learning_rate": 0.01, "batch_norm": true, "head_dropout": 0.1}
    }"#;
    fs::write(place.path("models.json"), text).unwrap();
    let file = place.text("models.json");
    let page = place.relations(&[&umls], &["--model", "complex", "--model", "meim", "--settings", &file]);
    let page = page.succeeded().stdout;
    for words in [
        "the same for all models, but for what a row says besides: at most 2 epochs",
        "A model with one candidate is trained with the seeds alone.",
        " components | ",
        "| N3 0, rate .01, 8 components in 2 partitions, batch_norm, head_dropout .1 | ",
        "2 trainings chose the settings",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
}

#[test]
fn a_model_whose_training_diverges_with_every_candidate_is_named() {
    let place = Place::new();
    let good = "a\tr\tb\nb\tr\tc\n";
    let graph = place.graph("small", [("train.txt", good), ("valid.txt", good), ("test.txt", good)]);
    let wild = ["--model", "complex", "--n3", "0", "--learning-rate", "1e30"];
    place.relations(&[&graph], &wild).failed_with(&["small", "complex diverged", "--learning-rate"]);
    let wild = ["--model", "complex", "--n3", "0", "--learning-rate", "1e30,1e29"];
    place.relations(&[&graph], &wild).failed_with(&["small", "complex diverged with every candidate"]);
    // One candidate is enough.
    let tame = ["--model", "complex", "--n3", "0", "--learning-rate", "1e30,0.01"];
    let page = place.relations(&[&graph], &tame).succeeded().stdout;
    assert!(page.contains("rate .01") && page.contains("1 of them diverged"), "{page}");
    assert!(page.contains("On small complex reaches a test MRR of"), "{page}");
}

/// A kept cell is made to say that training diverged with the second seed: what a machine with other instructions may find.
#[test]
fn a_later_seed_that_diverges_is_left_out_of_its_row_and_said() {
    let (place, umls) = (Place::new(), umls());
    let grid = ["--model", "dist_mult", "--model", "complex", "--n3", "0.01", "--learning-rate", "0.02"];
    let whole = place.relations(&[&umls], &grid).succeeded();
    assert!(!whole.stdout.contains("seeds)") && !whole.stdout.contains("diverged"), "{}", whole.stdout);
    let diverge = |model: &str, seed: u64| {
        let cell = place.path(&format!("page/cells/UMLS.{model} test.{seed}.json"));
        let mut marked = read_json(&cell);
        let error = "training diverged in epoch 2: the loss is infinite";
        marked["found"] = serde_json::json!({"error": error, "epoch": 2, "cpu_seconds": 0.5});
        fs::write(&cell, marked.to_string()).unwrap();
    };
    assert!(whole.stdout.contains("each model has one candidate"), "{}", whole.stdout);
    assert!(!place.path("page/cells/UMLS.dist_mult 8 in 1 n3 0.01 rate 0.02 valid.0.json").exists());
    diverge("dist_mult", 1);
    let again = place.relations(&[&umls], &grid).succeeded();
    assert!(again.stdout.contains("| 1 | dist_mult (1 of 2 seeds) | "), "{}", again.stdout);
    assert!(
        again.stdout.contains("With seed 1 of dist_mult, training diverged in epoch 2"),
        "{}",
        again.stdout
    );
    assert!(
        again.stderr.contains("UMLS: dist_mult, seed 1: training diverged in epoch 2"),
        "{}",
        again.stderr
    );
    let found = read_json(&place.path("page/results.json"));
    let model = &found["graphs"][0]["models"][0];
    // With one candidate nothing was trained to choose it.
    assert_eq!(
        (model["candidates"].as_array().unwrap().len(), model["chosen"]["n3"].as_f64()),
        (0, Some(0.01))
    );
    assert_eq!(model["chosen_valid_mrr"], model["tested"][0]["found"]["valid_mrr"]);
    assert_eq!(model["tested"].as_array().unwrap().len(), 1);
    assert_eq!(model["diverged"][0]["seed"], 1);
    assert_eq!(model["diverged"][0]["found"]["error"], "training diverged in epoch 2: the loss is infinite");

    // The model that it is compared with fails: its row is there, and no comparison.
    diverge("complex", 0);
    diverge("complex", 1);
    let page = place.relations(&[&umls], &grid).succeeded().stdout;
    assert!(page.contains("| 2 | complex (failed) | – | N3 .01"), "{page}");
    assert!(
        page.contains("On UMLS training of complex failed, so that nothing is compared with it"),
        "{page}"
    );
    diverge("dist_mult", 0);
    place.relations(&[&umls], &grid).failed_with(&["training of dist_mult diverged with every seed"]);
}
