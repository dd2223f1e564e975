//! The page of figures that are made up.

use ess_relations::{InverseLeakage, ModelConfig};
use serde_json::Value;

use crate::experiment::{folder_of::FolderOf, kept::Kept};

use super::{
    super::{
        candidate::Candidate,
        outcome::Diverged,
        results::{OfGraph, OfModel},
        tested::Tested,
    },
    *,
};

fn training(model: &str) -> RelationTraining {
    let model = ModelConfig { name: model.to_owned(), ..ModelConfig::default() };
    RelationTraining { model, n3: 0.01, ..RelationTraining::default() }
}

fn kept<T>(what: &str, seed: u64, found: T) -> Kept<T, FolderOf> {
    let data = vec![FolderOf { name: "toy".to_owned(), folder: "toy".into() }];
    Kept { data, what: what.to_owned(), seed, files: String::new(), settings: Value::Null, found }
}

/// A model that ranks head and tail of each triple so with each seed.
fn model(name: &str, seeds: &[Vec<f64>]) -> OfModel {
    let tested = seeds.iter().zip(0_u64..).map(|(ranks, seed)| {
        let found = Tested {
            valid_mrr: 0.5,
            best_epoch: 10 + seed as usize,
            parameters: 77,
            cpu_seconds: 2.0,
            ranks: ranks.iter().map(|&rank| [rank, rank]).collect(),
        };
        kept(&format!("{name} test"), seed, found)
    });
    OfModel {
        model: name.to_owned(),
        candidates: vec![],
        chosen: Some(training(name)),
        chosen_valid_mrr: Some(0.5),
        tested: tested.collect(),
        diverged: vec![],
    }
}

/// The model, whose training diverged with these seeds too.
fn with_diverged(mut of: OfModel, seeds: &[u64]) -> OfModel {
    let found = Diverged { error: "training diverged in epoch 3".to_owned(), epoch: 3, cpu_seconds: 1.0 };
    of.diverged =
        seeds.iter().map(|&seed| kept(&format!("{} test", of.model), seed, found.clone())).collect();
    of
}

/// A model whose training diverged with its only candidate.
fn without_choice(name: &str) -> OfModel {
    let found = Candidate { valid_mrr: None, best_epoch: 0, epochs: 1, cpu_seconds: 1.0 };
    let candidates = vec![kept(&format!("{name} valid"), 0, found)];
    OfModel { candidates, chosen: None, chosen_valid_mrr: None, ..model(name, &[]) }
}

fn results(models: Vec<OfModel>) -> Results {
    let leakage =
        InverseLeakage { copies: 0.25, inverse: 0.0, duplicate: 0.0, joined: 1.0, inverse_pairs: vec![] };
    let triples = [30, 3, 20];
    let graph = OfGraph { name: "toy".to_owned(), entities: 9, relations: 2, triples, leakage, models };
    Results { seed: 0, against: "complex".to_owned(), graphs: vec![graph] }
}

fn page(results: &Results) -> String {
    let rows = Rows::of(results).unwrap();
    Report { rows: &rows, results, common: &training("complex"), seeds: 2 }.markdown()
}

#[test]
fn differences_are_paired_over_seeds_and_bold_where_significant_alone() {
    // A rank of 2 and one of 1 with the two seeds: .75 in the mean, with a deviation of .5 / √2.
    let complex = model("complex", &[ranks(2.0, 2.0), ranks(1.0, 1.0)]);
    let worse = model("cp", &[ranks(10.0, 4.0), ranks(10.0, 4.0)]);
    let same = model("mei", &[ranks(1.0, 2.0), ranks(1.0, 2.0)]);
    let results = results(vec![worse, complex, same]);
    let page = page(&results);
    let line = |start: &str| line(&page, start);
    let cp = line("| 1 | cp |");
    assert!(cp.contains("| **-.575 [") && cp.contains("| .1750 ["), "{cp}");
    let complex = line("| 2 | complex | 77 | N3 .01, rate .003, 200 components | .5000 | .7500 [");
    assert!(complex.contains("| ± .3536 | .500 | 1.000 | 1.000 | – | 10, 11 | 2.0 |"), "{complex}");
    let mei = line("| 3 | mei |");
    assert!(mei.contains("| +.000 [") && !mei.contains("**"), "{mei}");
    assert!(page.contains("correction over all 2 of this page"), "{page}");
    assert!(
        line("On toy complex reaches the highest test MRR, .7500")
            .ends_with(". Significantly above complex: none; significantly below: cp.")
    );
    assert!(page.contains("| toy | 25.0 % | 0.0 % | 0.0 % | 100.0 % |"), "{page}");
}

#[test]
fn a_higher_mrr_of_another_model_is_said_first() {
    let ranks = |rank: f64| vec![vec![rank; 20]];
    let results = results(vec![model("complex", &ranks(2.0)), model("rotate", &ranks(1.0))]);
    let page = page(&results);
    let first = page.lines().nth(2).unwrap();
    assert!(
        first.starts_with("On toy rotate reaches the highest test MRR, 1.0000, and complex .5000. "),
        "{first}"
    );
}

fn line(page: &str, start: &str) -> String {
    let line = page.lines().find(|line| line.starts_with(start));
    line.unwrap_or_else(|| panic!("no line starts with {start}:\n{page}")).to_owned()
}

fn ranks(even: f64, odd: f64) -> Vec<f64> {
    (0..20).map(|at| if at % 2 == 0 { even } else { odd }).collect()
}

#[test]
fn a_seed_that_diverged_leaves_the_row_to_the_others_and_is_said() {
    let complex = model("complex", &[ranks(2.0, 2.0), ranks(1.0, 1.0)]);
    let cp = with_diverged(model("cp", &[ranks(10.0, 4.0)]), &[7]);
    let page = page(&results(vec![cp, complex]));
    let cp = line(&page, "| 1 | cp (1 of 2 seeds) | 77 |");
    assert!(cp.contains("| .1750 [") && cp.contains("| – | .000 |") && cp.contains("| **-.575 ["), "{cp}");
    assert!(page.contains("\nWith seed 7 of cp, training diverged in epoch 3.\n"), "{page}");
    assert!(page.contains("of the seeds that it ended with"), "{page}");
    assert!(line(&page, "On toy complex").ends_with("significantly below: cp (1 of 2 seeds)."), "{page}");
    assert!(!page.contains("could not be made"), "{page}");
}

#[test]
fn a_failed_model_is_shown_and_its_difference_still_counts_in_the_correction() {
    let complex = || model("complex", &[ranks(2.0, 2.0)]);
    let cp = || model("cp", &[ranks(10.0, 4.0)]);
    let failed = || with_diverged(model("mei", &[]), &[0, 1]);
    let results = results(vec![cp(), complex(), failed(), without_choice("rotate")]);
    let page = page(&results);
    assert!(
        line(&page, "| 3 | mei (failed) | – | N3 .01").ends_with("| .5000 | – | – | – | – | – | – | – | – |")
    );
    assert_eq!(
        line(&page, "| 4 | rotate (failed) |"),
        format!("| 4 | rotate (failed) |{}", " – |".repeat(11))
    );
    assert!(page.contains("correction over all 3 of this page. 2 of them could not be made"), "{page}");
    assert!(page.contains("training of mei diverged with every seed of the chosen settings"), "{page}");
    assert!(
        page.contains("training of rotate diverged with every candidate, with the first in epoch 1"),
        "{page}"
    );
    // One that is there is corrected for three, as it would be without failures.
    let rows = Rows::of(&results).unwrap();
    let p = rows.blocks[0].row("cp").unwrap().compared().unwrap().p;
    assert_eq!((rows.together.len(), rows.missing()), (3, 2));
    assert!((rows.together.corrected(p).unwrap() - 3.0 * p).abs() < 1e-12);
}

#[test]
fn nothing_is_compared_with_a_model_that_failed() {
    let complex = with_diverged(model("complex", &[]), &[0, 1]);
    let results = results(vec![complex, model("cp", &[ranks(1.0, 2.0)])]);
    let page = page(&results);
    let first = line(&page, "On toy training of complex failed");
    assert!(
        first.ends_with("nothing is compared with it; cp reaches the highest test MRR, .7500."),
        "{first}"
    );
    assert!(line(&page, "| 2 | cp | 77 |").contains("| – | 10 | 2.0 |"), "{page}");
    assert!(page.contains("correction over all 1 of this page. One of them could not be made"), "{page}");
}

#[test]
fn an_experiment_of_which_nothing_was_measured_fails_with_what_diverged() {
    let none = results(vec![without_choice("complex"), with_diverged(model("cp", &[]), &[0])]);
    let error = none.check().unwrap_err().to_string();
    assert!(error.contains("toy: training of complex diverged with every candidate"), "{error}");
    assert!(error.contains("toy: training of cp diverged with every seed"), "{error}");
    results(vec![without_choice("complex"), model("cp", &[ranks(1.0, 2.0)])]).check().unwrap();
    let page = page(&none);
    assert!(page.contains("On toy training of no model ended.") && !page.contains(".svg"), "{page}");
}
