//! What training must do and refuse.

use std::sync::{Arc, Mutex};

use burn::tensor::{Device, Tensor};
use ess_core::{Embeddings, SearchModule};
use ess_search::{
    Averaging, GatedSelection, GatedSelectionConfig, Linear, LinearConfig, Mlp, MlpConfig, TrainableModule,
};
use ess_train::{
    DevSet, EnsembleRecipe, Error, FitReport, Items, Judgement, Loss, LossBatch, LossConfig, LossValue,
    ModuleRecipe, NegativesConfig, Progress, QuerySet, Returned, Stop, Trainer, TrainerConfig, Triplet,
    WeightedEnsembleRecipe,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIM: usize = 8;

fn noise(n: usize, d: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * d).map(|_| random.random_range(-1.0..1.0)).collect();
    Embeddings::from_vec(values, d).unwrap().normalized()
}

/// Queries that are their relevant item with its dimensions in another order: what a matrix can learn.
fn permuted(items: &Embeddings, rows: std::ops::Range<usize>, query_dim: usize) -> QuerySet {
    let query = |row: usize| (0..query_dim).map(|i| items.row(row)[(i * 3 + 1) % DIM]).collect::<Vec<f32>>();
    let queries: Vec<Vec<f32>> = rows.clone().map(query).collect();
    let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
    QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
}

fn trainer(config: TrainerConfig) -> Trainer {
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
}

fn eager() -> TrainerConfig {
    TrainerConfig { learning_rate: 0.03, weight_decay: 0.0, max_steps: 200, ..TrainerConfig::default() }
}

#[test]
fn a_matrix_that_exists_is_learned_in_every_dimension_and_by_every_recipe() {
    let embeddings = noise(300, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    for query_dim in [DIM, DIM + 2] {
        let (train, dev) =
            (permuted(&embeddings, 0..200, query_dim), permuted(&embeddings, 200..300, query_dim));
        let linear = || ModuleRecipe::<Linear>::new(LinearConfig::new(query_dim, DIM));
        let mlp = ModuleRecipe::<Mlp>::new(MlpConfig::new(query_dim, DIM));
        let ensemble =
            EnsembleRecipe::new(Averaging::AfterNormalization).bagged(true).with(linear()).with(linear());
        let recipes: [(&str, &dyn ess_train::Recipe, usize); 3] =
            [("linear", &linear(), 1), ("mlp", &mlp, 1), ("ensemble", &ensemble, 2)];
        for (name, recipe, runs) in recipes {
            let fitted = trainer(eager()).fit(recipe, &items, &train, &dev).unwrap();
            let guard = &fitted.report.guard;
            assert_eq!(guard.returned, Returned::Trained, "{name}: {}", guard.reason);
            assert!(guard.trained > 0.9, "{name} reaches {} on dev", guard.trained);
            assert_eq!(guard.identity.is_some(), query_dim == DIM);
            assert_eq!((fitted.report.curves.len(), fitted.module.query_dim()), (runs, query_dim));
            let mapped = |module: &dyn ess_search::PersistentModule| module.apply(dev.encodings()).unwrap();
            assert_eq!(mapped(&*fitted.module), mapped(&*fitted.trained), "{name}");
        }
    }
}

#[test]
fn the_identity_is_returned_when_there_is_nothing_to_learn() {
    let embeddings = noise(200, DIM, 2);
    let items = Items::new(&embeddings, &Device::flex());
    let random = |n: usize, seed: u64| {
        let relevant = (0..n).map(|i| vec![Judgement { item: i * 7 % 200, grade: 1 }]).collect();
        QuerySet::new(noise(n, DIM, seed), relevant).unwrap()
    };
    let (train, dev) = (random(100, 3), random(60, 4));
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let fitted =
        trainer(TrainerConfig { refit: true, ..eager() }).fit(&recipe, &items, &train, &dev).unwrap();
    assert_eq!(fitted.report.guard.returned, Returned::Identity, "{}", fitted.report.guard.reason);
    assert!(fitted.report.refit.is_empty());
    assert_eq!(fitted.module.apply(dev.encodings()).unwrap(), *dev.encodings());
    assert_ne!(fitted.trained.apply(dev.encodings()).unwrap(), *dev.encodings());
}

#[test]
fn a_refit_takes_more_steps_for_more_queries() {
    let embeddings = noise(300, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..200, DIM), permuted(&embeddings, 200..300, DIM));
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let report =
        trainer(TrainerConfig { refit: true, ..eager() }).fit(&recipe, &items, &train, &dev).unwrap().report;
    let (kept, refit) = (report.curves[0].kept_step, &report.refit[0]);
    assert_eq!(refit.kept_step, (kept as f64 * 1.5).round() as usize);
    assert_eq!(refit.points.len(), refit.kept_step);
    assert!(refit.points.iter().all(|point| point.dev.is_none()));
    assert!(refit.points[refit.points.len() - 1].loss < refit.points[0].loss);
}

#[test]
fn a_seed_gives_the_same_module_bit_for_bit_on_any_number_of_threads() {
    let embeddings = noise(300, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..200, DIM);
    // Small batches, so that their order matters.
    let config = |seed| TrainerConfig { batch_size: 32, seed, ..eager() };
    let run = |seed, threads: usize| {
        let module = Mlp::init(&MlpConfig { seed: 5, ..MlpConfig::new(DIM, DIM) }, items.device()).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (module, _) =
            pool.install(|| trainer(config(seed)).train(module, &items, &train, &Stop::After(20))).unwrap();
        module.apply(train.encodings()).unwrap()
    };
    let once = run(9, 1);
    assert_eq!(run(9, 1), once);
    assert_eq!(run(9, 3), once);
    assert_ne!(run(10, 1), once);
}

#[test]
fn training_stops_when_dev_no_longer_rises() {
    let embeddings = noise(200, DIM, 2);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..100, DIM);
    let dev =
        QuerySet::new(noise(30, DIM, 8), (0..30).map(|item| vec![Judgement { item, grade: 1 }]).collect())
            .unwrap();
    let config = TrainerConfig { patience: 2, evaluate_every: 1, max_steps: 500, ..eager() };
    let dev = DevSet::new(&dev, &items, config.measure).unwrap();
    let module = Linear::init(&LinearConfig::new(DIM, DIM), items.device()).unwrap();
    let (_, curve) = trainer(config).train(module, &items, &train, &Stop::OnDev(&dev)).unwrap();
    assert!(curve.points.len() < 500);
    assert!((1..=curve.points.len()).contains(&curve.kept_step));
}

#[test]
fn what_does_not_fit_is_refused() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..20, DIM);
    let run = |query_dim, item_dim, queries: &QuerySet| {
        let module = Linear::init(&LinearConfig::new(query_dim, item_dim), items.device()).unwrap();
        trainer(eager()).train(module, &items, queries, &Stop::After(1)).map(|_| ())
    };
    let mismatch = |found| matches!(found, Err(Error::Core(ess_core::Error::DimensionMismatch { .. })));
    assert!(mismatch(run(DIM + 1, DIM, &train)));
    assert!(mismatch(run(DIM, DIM + 1, &train)));
    let relevant = vec![vec![Judgement { item: 50, grade: 1 }]];
    let beyond = QuerySet::new(noise(1, DIM, 1), relevant).unwrap();
    assert!(matches!(run(DIM, DIM, &beyond), Err(Error::UnknownItem { item: 50, items: 50, .. })));
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let found = trainer(eager()).fit(&recipe, &items, &train, &beyond).map(|_| ());
    assert!(matches!(found, Err(Error::UnknownItem { query: 0, item: 50, items: 50 })));
    let none = EnsembleRecipe::new(Averaging::default());
    let found = trainer(eager()).fit(&none, &items, &train, &train).map(|_| ());
    assert!(matches!(found, Err(Error::Search(ess_search::Error::Core(ess_core::Error::Empty { .. })))));
}

#[test]
fn a_loss_that_runs_away_is_reported_and_not_returned() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..20, DIM);
    let module = Linear::init(&LinearConfig::new(DIM, DIM), items.device()).unwrap();
    let config = TrainerConfig { learning_rate: 1e38, warmup_steps: 0, clip_norm: None, ..eager() };
    let found = trainer(config).train(module, &items, &train, &Stop::After(9)).map(|_| ());
    assert!(matches!(found, Err(Error::Diverged { step: 2.., .. })), "{found:?}");
}

/// Pulls every mapped query to zero: half its squared length.
struct Shrink;

impl Loss for Shrink {
    fn evaluate(&self, queries: Tensor<2>, _: &LossBatch<'_>, _: &Items<'_>) -> Result<LossValue, Error> {
        let n = queries.dims()[0] as f64;
        let squares = ess_search::embeddings_from_tensor(queries.clone())?;
        let loss = squares.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / (2.0 * n);
        Ok(LossValue::new(loss, queries / n))
    }
}

#[test]
fn a_loss_of_ones_own_is_minimised() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..20, DIM);
    let module = Linear::init(&LinearConfig::new(DIM, DIM), items.device()).unwrap();
    let trainer = trainer(eager()).with_loss(std::sync::Arc::new(Shrink));
    let (module, curve) = trainer.train(module, &items, &train, &Stop::After(100)).unwrap();
    assert!(curve.points[99].loss < 0.05 * curve.points[0].loss);
    assert!(module.apply(train.encodings()).unwrap().as_slice().iter().all(|x| x.abs() < 0.2));
}

#[test]
fn a_report_names_the_loss_that_was_minimised() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..20, DIM), permuted(&embeddings, 20..30, DIM));
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let reported = |trainer: Trainer| {
        let report = trainer.fit(&recipe, &items, &train, &dev).unwrap().report;
        // A report survives its file.
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<FitReport>(&json).unwrap().config, report.config);
        report.config.loss
    };
    let few = || trainer(TrainerConfig { max_steps: 2, ..eager() });
    assert_eq!(reported(few()), LossConfig::default());
    // One of ours with its settings.
    let ours = Triplet { margin: 0.7, ..Triplet::default() };
    assert_eq!(reported(few().with_loss(Arc::new(ours.clone()))), LossConfig::of(ours));
    // One of the caller's own by its name, and with what it says of itself.
    assert_eq!(reported(few().with_loss(Arc::new(Shrink))), LossConfig::given("Shrink"));
    let said = LossConfig::given_with("lengths", serde_json::json!({"power": 2}));
    assert_eq!(reported(few().with_loss(Arc::new(Described(said.clone())))), said);
    // It cannot be made from its name.
    let again = TrainerConfig { loss: said, ..eager() };
    assert!(matches!(Trainer::new(again).err(), Some(Error::GivenLoss { name }) if name == "lengths"));
}

/// As `Shrink`, but it says what it is.
struct Described(LossConfig);

impl Loss for Described {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        Shrink.evaluate(queries, batch, items)
    }

    fn config(&self) -> LossConfig {
        self.0.clone()
    }
}

/// Writes down which rows, items and weights the queries of each batch have.
#[derive(Default)]
struct Rows(Mutex<Vec<(usize, usize, f32)>>);

impl Loss for Rows {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        let of_query =
            |query| (batch.row_of(query), batch.judgements()[query][0].item, batch.weight_of(query));
        self.0.lock().unwrap().extend((0..batch.len()).map(of_query));
        Shrink.evaluate(queries, batch, items)
    }
}

#[test]
fn a_loss_finds_what_it_knows_of_each_query_by_its_row_in_the_training_set() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    // Query `i` has item `i`, so that a row tells which query it is.
    let (train, dev) = (permuted(&embeddings, 0..20, DIM), permuted(&embeddings, 20..30, DIM));
    let linear = || ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let bagged = EnsembleRecipe::new(Averaging::default()).bagged(true).with(linear()).with(linear());
    let weighted = WeightedEnsembleRecipe::new(Averaging::default()).with("one", linear());
    let recipes: [(&dyn ess_train::Recipe, usize); 3] = [(&linear(), 20), (&bagged, 20), (&weighted, 20)];
    for (recipe, queries) in recipes {
        for batch_size in [1024, 7] {
            let loss = Arc::new(Rows::default());
            let config = TrainerConfig { batch_size, max_steps: 6, ..eager() };
            trainer(config).with_loss(loss.clone()).fit(recipe, &items, &train, &dev).unwrap();
            let seen = loss.0.lock().unwrap();
            assert!(seen.iter().all(|&(row, item, weight)| row == item && row < queries && weight == 1.0));
            assert!(seen.iter().any(|&(row, ..)| row > 10));
        }
    }
    // Numbers of the caller's own, and weights, which have a mean of 1.
    let own = train.with_rows((100..120).collect()).unwrap();
    let own = own.with_weights((0..20).map(|row| if row < 10 { 4.0 } else { 0.0 }).collect()).unwrap();
    let loss = Arc::new(Rows::default());
    let config = TrainerConfig { batch_size: 7, max_steps: 6, ..eager() };
    trainer(config).with_loss(loss.clone()).fit(&linear(), &items, &own, &dev).unwrap();
    let seen = loss.0.lock().unwrap();
    assert!(
        seen.iter()
            .all(|&(row, item, weight)| row == item + 100 && weight == if item < 10 { 2.0 } else { 0.0 })
    );
}

#[test]
fn training_on_weights_is_training_on_copies() {
    let embeddings = noise(60, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..4, DIM);
    let learned = |queries: &QuerySet| {
        let module = Linear::init(&LinearConfig::new(DIM, DIM), items.device()).unwrap();
        let (module, curve) = trainer(eager()).train(module, &items, queries, &Stop::After(30)).unwrap();
        (module.apply(&embeddings).unwrap(), curve.points[29].loss)
    };
    let weighed = train.clone().with_weights(vec![1.0, 0.0, 3.0, 2.0]).unwrap();
    let (by_weights, loss) = learned(&weighed);
    let (by_copies, expected) = learned(&train.select(&[0, 2, 2, 2, 3, 3]).unwrap());
    assert!((loss - expected).abs() < 1e-4 * expected, "{loss} {expected}");
    let close = by_weights.as_slice().iter().zip(by_copies.as_slice()).all(|(a, b)| (a - b).abs() < 1e-3);
    assert!(close && by_weights != learned(&train).0);
}

#[test]
fn what_a_module_adds_to_the_loss_is_minimised_as_well() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..20, DIM);
    let open = |price| {
        let config = GatedSelectionConfig { price, ..GatedSelectionConfig::new(DIM, DIM) };
        let module = GatedSelection::init(&config, items.device()).unwrap();
        let (module, _) = trainer(eager()).train(module, &items, &train, &Stop::After(20)).unwrap();
        module.module().gates(train.encodings(), items.device()).unwrap().as_slice()[..DIM]
            .iter()
            .sum::<f32>()
    };
    assert!(open(100.0) < 0.5 * open(0.0), "{} of {}", open(100.0), open(0.0));
}

#[test]
fn patience_counts_measurements_without_a_new_best() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..20, DIM), permuted(&embeddings, 20..30, DIM));
    for patience in [1, 2, 4] {
        // Nothing changes, so the first measurement stays the best. It is judged with the second, and so on.
        let config = TrainerConfig { learning_rate: 1e-12, evaluate_every: 1, patience, ..eager() };
        let dev = DevSet::new(&dev, &items, config.measure).unwrap();
        let module = Linear::init(&LinearConfig::new(DIM, DIM), items.device()).unwrap();
        let (_, curve) = trainer(config).train(module, &items, &train, &Stop::OnDev(&dev)).unwrap();
        assert_eq!((curve.points.len(), curve.kept_step), (patience + 3, 1));
    }
}

#[test]
fn given_negatives_are_used_unless_the_settings_say_how_to_mine() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..20, DIM);
    let given = train.clone().with_negatives(vec![vec![40, 41]; 20]).unwrap();
    let minings = |queries: &QuerySet, negatives| {
        let loss = serde_json::from_str(r#"{"kind": "softmax", "candidates": "negatives"}"#).unwrap();
        let module = Linear::init(&LinearConfig::new(DIM, DIM), items.device()).unwrap();
        let trainer = trainer(TrainerConfig { loss, negatives, ..eager() });
        trainer.train(module, &items, queries, &Stop::After(2)).unwrap().1.mining.len()
    };
    assert_eq!((minings(&given, None), minings(&given, Some(NegativesConfig::default()))), (0, 1));
    assert_eq!(minings(&train, None), 1);
}

#[test]
fn degenerate_data_is_survived() {
    // One query, one dimension, items that are all equal.
    let embeddings = Embeddings::from_rows(&[[1.0], [1.0], [1.0]]).unwrap();
    let items = Items::new(&embeddings, &Device::flex());
    let relevant = vec![vec![Judgement { item: 1, grade: 3 }, Judgement { item: 2, grade: 0 }]];
    let one = QuerySet::new(Embeddings::from_rows(&[[1.0]]).unwrap(), relevant).unwrap();
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(1, 1));
    let fitted = trainer(eager()).fit(&recipe, &items, &one, &one).unwrap();
    assert_eq!(fitted.report.guard.returned, Returned::Identity);
}
