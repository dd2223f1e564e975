//! The page of figures that are made up.

use ess_relations::{InverseLeakage, ModelConfig};
use serde_json::Value;

use crate::experiment::{folder_of::FolderOf, kept::Kept};

use super::{
    super::{
        results::{OfGraph, OfModel},
        tested::Tested,
    },
    *,
};

fn training(model: &str) -> RelationTraining {
    let model = ModelConfig { name: model.to_owned(), ..ModelConfig::default() };
    RelationTraining { model, n3: 0.01, ..RelationTraining::default() }
}

/// A model that ranks head and tail of each triple so with each seed.
fn model(name: &str, seeds: &[Vec<f64>]) -> OfModel {
    let tested = seeds.iter().enumerate().map(|(seed, ranks)| Kept {
        data: vec![FolderOf { name: "toy".to_owned(), folder: "toy".into() }],
        what: format!("{name} test"),
        seed: seed as u64,
        files: String::new(),
        settings: Value::Null,
        found: Tested {
            valid_mrr: 0.5,
            best_epoch: 10 + seed,
            parameters: 77,
            cpu_seconds: 2.0,
            ranks: ranks.iter().map(|&rank| [rank, rank]).collect(),
        },
    });
    let (chosen, tested) = (training(name), tested.collect());
    OfModel { model: name.to_owned(), candidates: vec![], chosen, chosen_valid_mrr: 0.5, tested }
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
    let ranks = |even: f64, odd: f64| -> Vec<f64> {
        (0..20).map(|at| if at % 2 == 0 { even } else { odd }).collect()
    };
    // A rank of 2 and one of 1 with the two seeds: .75 in the mean, with a deviation of .5 / √2.
    let complex = model("complex", &[ranks(2.0, 2.0), ranks(1.0, 1.0)]);
    let worse = model("cp", &[ranks(10.0, 4.0), ranks(10.0, 4.0)]);
    let same = model("mei", &[ranks(1.0, 2.0), ranks(1.0, 2.0)]);
    let results = results(vec![worse, complex, same]);
    let page = page(&results);
    let line = |start: &str| page.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
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
