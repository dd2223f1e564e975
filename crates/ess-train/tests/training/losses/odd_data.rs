//! Any number of threads, and data that are odd.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;
use ess_train::{Items, Judgement, Progress, QuerySet, Stop, TeacherScore, Trainer, TrainerConfig};

use crate::losses::{
    case::{Case, loss},
    every_loss::LOSSES,
};

#[test]
fn the_number_of_threads_changes_no_bit() {
    let case = Case::new(150, 700, 24, 5);
    for json in LOSSES {
        let loss = loss(json);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let value = pool.install(|| case.evaluate(&loss, true));
            let all = [Some(value.gradient), value.item_gradient].into_iter().flatten();
            (value.loss, all.map(|tensor| embeddings_from_tensor(tensor).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(on(1), on(3), "{json}");
    }
}

/// A loss among eight equal items, of which four are in the batch, where its definition says it at a glance.
fn among_equal_items(json: &str) -> Option<f64> {
    match json {
        _ if json.starts_with(r#"{"kind": "pairwise_logistic""#) => Some(2_f64.ln()),
        _ if json.starts_with(r#"{"kind": "triplet""#) => Some(1.5),
        r#"{"kind": "softmax", "scale": 3.0}"#
        | r#"{"kind": "softmax", "scale": 3.0, "gain": "exponential"}"# => Some(8_f64.ln()),
        r#"{"kind": "softmax", "scale": 3.0, "candidates": "in_batch"}"# => Some(4_f64.ln()),
        _ => None,
    }
}

#[test]
fn among_equal_items_no_similarity_however_large_changes_a_loss_or_moves_anything() {
    let mut case = Case::new(3, 8, 1, 1);
    for json in LOSSES {
        let mut expected = among_equal_items(json);
        // Logits up to 3·10⁸.
        for (item, query) in [(1.0, 1.0), (1e4, 1e4), (-1e4, 1e4), (0.0, 0.0)] {
            case.items = Embeddings::from_vec(vec![item; 8], 1).unwrap();
            case.queries = Embeddings::from_vec(vec![query; 3], 1).unwrap();
            let value = case.evaluate(&loss(json), true);
            let name = format!("{json}, items of {item}, queries of {query}");
            assert!(value.loss.is_finite(), "{name}: {}", value.loss);
            let of_queries = embeddings_from_tensor(value.gradient).unwrap();
            let of_items = value.item_gradient.map(|gradient| embeddings_from_tensor(gradient).unwrap());
            // What draws queries to the frozen ones looks at more than items.
            if json.contains("recovery") {
                continue;
            }
            let expected = *expected.get_or_insert(value.loss);
            assert!((value.loss - expected).abs() < 1e-5 * (1.0 + expected), "{name}: {}", value.loss);
            let still = |slope: f32, other: f32| slope.abs() <= 1e-4 * (1.0 + other.abs());
            assert!(of_queries.as_slice().iter().all(|&slope| still(slope, item)), "{name}: {of_queries:?}");
            // Items may part, but not move as a whole.
            let sum: f32 = of_items.map_or(0.0, |of_items| of_items.as_slice().iter().sum());
            assert!(still(sum, query), "{name}: {sum}");
        }
    }
}

/// There is nothing to choose from, and the module starts as the identity.
#[test]
fn a_single_item_leaves_a_single_query_nothing_to_lose() {
    let one = |n| Embeddings::from_vec(vec![1.0; n], 1).unwrap();
    let items = one(1);
    let items = Items::new(&items, &Device::flex());
    let score = TeacherScore { item: 0, score: 3.0 };
    let queries = QuerySet::new(one(1), vec![vec![Judgement { item: 0, grade: i32::MAX }]])
        .unwrap()
        .with_teacher(vec![vec![score]])
        .unwrap();
    for json in LOSSES {
        let trainer = Trainer::new(TrainerConfig { loss: loss(json), ..TrainerConfig::default() }).unwrap();
        let config = ess_search::LinearConfig::new(1, 1);
        let module =
            <ess_search::Linear as ess_search::TrainableModule>::init(&config, items.device()).unwrap();
        let trainer = trainer.with_progress(Progress::Silent);
        let (_, curve) = trainer.train(module, &items, &queries, &Stop::After(2)).unwrap();
        assert!(curve.points.iter().all(|point| point.loss.abs() < 1e-5), "{json}: {curve:?}");
    }
}
