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

#[test]
fn items_all_equal_and_similarities_far_apart_stay_finite() {
    let mut case = Case::new(3, 8, 1, 1);
    for (item, query) in [(1.0, 1.0), (1e4, 1e4), (-1e4, 1e4), (0.0, 0.0)] {
        case.items = Embeddings::from_vec(vec![item; 8], 1).unwrap();
        case.queries = Embeddings::from_vec(vec![query; 3], 1).unwrap();
        for json in LOSSES {
            let value = case.evaluate(&loss(json), true);
            assert!(value.loss.is_finite(), "{json}: {}", value.loss);
            embeddings_from_tensor(value.gradient).unwrap();
            value.item_gradient.map(|gradient| embeddings_from_tensor(gradient).unwrap());
        }
    }
}

#[test]
fn a_single_item_and_a_single_query_train() {
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
        assert!(curve.points.iter().all(|point| point.loss.is_finite()), "{json}");
    }
}
