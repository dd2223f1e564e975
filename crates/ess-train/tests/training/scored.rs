//! Training of modules whose queries are rows of a scoring.

use burn::tensor::Device;
use ess_core::{Embeddings, TokenStates};
use ess_search::{Hypencoder, HypencoderConfig, Linear, LinearConfig, PolyEncoder, PolyEncoderConfig};
use ess_train::{
    Candidates, Error, Fitted, ItemSideConfig, Items, Judgement, LossConfig, ModuleRecipe, Progress,
    QuerySet, Recipe, Recovery, SidesConfig, SimilaritySample, Softmax, Trainer, TrainerConfig,
    TrainingOrder,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIM: usize = 4;

fn noise(seed: u64, rows: usize) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..rows * DIM).map(|_| random.random_range(-1.0..1.0)).collect();
    Embeddings::from_vec(values, DIM).unwrap().normalized()
}

fn trainer(loss: LossConfig) -> Trainer {
    let config = TrainerConfig {
        loss,
        learning_rate: 0.02,
        weight_decay: 0.0,
        max_steps: 120,
        evaluate_every: 10,
        patience: 100,
        ..TrainerConfig::default()
    };
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
}

/// Query `i` asks for the items that are far out along axis `i % DIM`, on either side.
fn both_sides(items: &Embeddings, seed: u64, queries: usize) -> QuerySet {
    let near = |query: usize| -> Vec<f32> {
        let noise = noise(seed + query as u64, 1);
        (0..DIM).map(|at| 0.2 * noise.row(0)[at] + if at == query % DIM { 1.0 } else { 0.0 }).collect()
    };
    let rows: Vec<f32> = (0..queries).flat_map(near).collect();
    let relevant = |query: usize| {
        let far = items.rows().enumerate().filter(|(_, item)| item[query % DIM].abs() > 0.8);
        far.map(|(item, _)| Judgement { item, grade: 1 }).collect()
    };
    QuerySet::new(Embeddings::from_vec(rows, DIM).unwrap().normalized(), (0..queries).map(relevant).collect())
        .unwrap()
}

fn hypencoder() -> ModuleRecipe<Hypencoder> {
    let config = HypencoderConfig { hidden: 8, rank: 4, ..HypencoderConfig::new(DIM, DIM) };
    ModuleRecipe::new(config)
}

fn fit(recipe: &dyn Recipe, items: &Items<'_>, loss: LossConfig) -> Fitted {
    let (train, dev) = (both_sides(items.embeddings(), 100, 40), both_sides(items.embeddings(), 300, 20));
    trainer(loss).fit(recipe, items, &train, &dev).unwrap()
}

/// What no inner product can say: both ends of an axis.
#[test]
fn a_network_over_the_item_learns_what_no_vector_can() {
    let embeddings = noise(1, 60);
    let items = Items::new(&embeddings, &Device::flex());
    let linear =
        fit(&ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM)), &items, LossConfig::default());
    let network = fit(&hypencoder(), &items, LossConfig::default());
    let (linear, network) = (linear.report.guard.trained, network.report.guard.trained);
    assert!(network > linear + 0.15, "{network} beside {linear}");
}

#[test]
fn candidates_of_every_kind_train_it_and_it_is_calibrated() {
    let embeddings = noise(1, 60);
    let items = Items::new(&embeddings, &Device::flex());
    for candidates in [Candidates::InBatch, Candidates::Negatives, Candidates::Top(20)] {
        let loss = LossConfig::of(Softmax { candidates, scale: 5.0, ..Softmax::default() });
        let fitted = fit(&hypencoder(), &items, loss);
        let curve = &fitted.report.curves[0].points;
        assert!(curve[curve.len() - 1].loss < curve[0].loss, "{candidates:?}: {curve:?}");
        let queries = both_sides(&embeddings, 300, 20);
        let sample = SimilaritySample::of_hits(&*fitted.trained, &queries, &items, 10).unwrap();
        assert_eq!(sample.len(), 200);
    }
}

/// Each query has two tokens, which say which two items it asks for; its sentence embedding says nothing.
#[test]
fn a_poly_encoder_learns_from_token_states() {
    let embeddings = noise(1, 30);
    let items = Items::new(&embeddings, &Device::flex());
    let set = |first: usize, count: usize| {
        let asked = |query: usize| [(query * 7) % 30, (query * 11 + 3) % 30];
        let states: Vec<Vec<f32>> = (first..first + count)
            .map(|query| asked(query).iter().flat_map(|&item| embeddings.row(item).to_vec()).collect())
            .collect();
        let sentences = Embeddings::from_vec(vec![0.5; count * DIM], DIM).unwrap();
        let mut relevant: Vec<Vec<Judgement>> = (first..first + count)
            .map(|query| asked(query).map(|item| Judgement { item, grade: 1 }).to_vec())
            .collect();
        relevant.iter_mut().for_each(|judged| judged.dedup_by_key(|judged| judged.item));
        QuerySet::new(TokenStates::from_texts(sentences, DIM, &states).unwrap(), relevant).unwrap()
    };
    let config = PolyEncoderConfig { codes: 6, ..PolyEncoderConfig::new(DIM, DIM) };
    let (train, dev) = (set(0, 40), set(40, 20));
    let recipe = ModuleRecipe::<PolyEncoder>::new(config);
    let fitted = trainer(LossConfig::default()).fit(&recipe, &items, &train, &dev).unwrap();
    let guard = &fitted.report.guard;
    assert!(guard.trained > guard.identity.unwrap() + 0.2, "{guard:?}");
}

#[test]
fn what_knows_only_inner_products_refuses_a_scoring() {
    let embeddings = noise(1, 60);
    let items = Items::new(&embeddings, &Device::flex());
    let queries = both_sides(&embeddings, 100, 8);
    let recovery = trainer(LossConfig::of(Recovery::default()));
    let refused = recovery.fit(&hypencoder(), &items, &queries, &queries).err();
    assert!(matches!(refused, Some(Error::LossOfScored { loss: "recovery" })), "{refused:?}");
    let sides = SidesConfig { order: TrainingOrder::Both, items: ItemSideConfig::Shared {} };
    let trainer = trainer(LossConfig::default());
    let refused = trainer.fit_sides(&sides, &hypencoder(), &items, &queries, &queries).err();
    assert!(matches!(refused, Some(Error::Scored { .. })), "{refused:?}");
}
