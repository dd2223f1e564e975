//! What settings a loss refuses, what it needs, and how it is given negatives.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_train::{
    Items, Judgement, LossConfig, Needs, Progress, QuerySet, Softmax, Stop, Trainer, TrainerConfig,
};

use crate::losses::{
    case::{loss, noise},
    every_loss::LOSSES,
};

#[test]
fn settings_outside_their_range_are_refused() {
    let bad = [
        r#"{"kind": "softmax", "scale": 0.0}"#,
        r#"{"kind": "softmax", "candidates": {"top": 0}}"#,
        r#"{"kind": "pairwise_logistic", "scale": -1.0}"#,
        r#"{"kind": "triplet", "margin": 0.0}"#,
        r#"{"kind": "lambda", "cutoff": 0}"#,
        r#"{"kind": "approx_ndcg", "scale": 0.0}"#,
        r#"{"kind": "margin_mse", "scale": 0.0}"#,
        r#"{"kind": "listwise_kl", "temperature": 0.0}"#,
        r#"{"kind": "sum", "terms": []}"#,
        r#"{"kind": "sum", "terms": [{"weight": 0.0, "loss": {"kind": "softmax"}}]}"#,
        r#"{"kind": "sum", "terms": [{"weight": 1.0, "loss": {"kind": "triplet", "margin": -1.0}}]}"#,
    ];
    for json in bad {
        assert!(matches!(loss(json).build().map(|_| ()), Err(ess_train::Error::Config { .. })), "{json}");
    }
    for scale in [f32::INFINITY, f32::NAN] {
        let endless = LossConfig::of(Softmax { scale, ..Softmax::default() });
        assert!(matches!(endless.build().map(|_| ()), Err(ess_train::Error::Config { .. })), "{scale}");
    }
    let unknown = r#"{"kind": "lambda", "scales": 1.0}"#;
    assert!(serde_json::from_str::<LossConfig>(unknown).is_err());
    for json in LOSSES {
        let written = serde_json::to_string(&loss(json)).unwrap();
        assert_eq!(loss(&written), loss(json));
    }
}

#[test]
fn a_loss_says_what_it_needs_and_its_absence_is_an_error() {
    let needs = |json| loss(json).build().unwrap().needs();
    assert_eq!(needs(r#"{"kind": "softmax"}"#), Needs::default());
    assert!(needs(r#"{"kind": "triplet", "candidates": "negatives"}"#).negatives);
    assert!(needs(r#"{"kind": "margin_mse"}"#).teacher);
    let items = noise(9, 3, 1);
    let items = Items::new(&items, &Device::flex());
    let run = |json: &str, query_dim| {
        let queries =
            QuerySet::new(noise(2, query_dim, 3), vec![vec![Judgement { item: 4, grade: 1 }]; 2]).unwrap();
        let trainer = Trainer::new(TrainerConfig { loss: loss(json), ..TrainerConfig::default() }).unwrap();
        let config = ess_search::LinearConfig::new(query_dim, 3);
        let module =
            <ess_search::Linear as ess_search::TrainableModule>::init(&config, items.device()).unwrap();
        trainer.with_progress(Progress::Silent).train(module, &items, &queries, &Stop::After(1)).map(|_| ())
    };
    for json in [r#"{"kind": "margin_mse"}"#, r#"{"kind": "listwise_kl"}"#] {
        assert!(matches!(run(json, 3), Err(ess_train::Error::Missing { .. })), "{json}");
    }
    assert!(matches!(run(r#"{"kind": "recovery"}"#, 4), Err(ess_train::Error::Missing { .. })));
    run(r#"{"kind": "recovery"}"#, 3).unwrap();
}

#[test]
fn negatives_are_mined_again_as_training_goes_on() {
    let embeddings = noise(200, 8, 1).normalized();
    let items = Items::new(&embeddings, &Device::flex());
    let relevant = |n: usize| (0..n).map(|item| vec![Judgement { item, grade: 1 }]).collect();
    // Queries that are their relevant item with its dimensions turned round: what a matrix can learn.
    let turned: Vec<Vec<f32>> =
        embeddings.rows().take(40).map(|row| row.iter().rev().copied().collect()).collect();
    let queries = QuerySet::new(Embeddings::from_rows(&turned).unwrap(), relevant(40)).unwrap();
    let config = TrainerConfig {
        loss: loss(r#"{"kind": "softmax", "candidates": "negatives"}"#),
        negatives: Some(
            serde_json::from_str(r#"{"per_query": 4, "depth": 20, "refresh_every": 5}"#).unwrap(),
        ),
        learning_rate: 0.1,
        weight_decay: 0.0,
        ..TrainerConfig::default()
    };
    let trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    let module = || {
        let config = ess_search::LinearConfig::new(8, 8);
        <ess_search::Linear as ess_search::TrainableModule>::init(&config, items.device()).unwrap()
    };
    let (_, curve) = trainer.train(module(), &items, &queries, &Stop::After(12)).unwrap();
    let steps: Vec<usize> = curve.mining.iter().map(|report| report.step).collect();
    assert_eq!(steps, [1, 6, 11]);
    assert!(curve.mining.iter().all(|report| report.taken == 160 && report.queries_short == 0));
    // Training brings relevant items among the most similar.
    assert!(curve.mining[2].relevant > curve.mining[0].relevant);
}
