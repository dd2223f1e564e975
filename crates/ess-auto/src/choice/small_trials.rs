//! A small collection with judged queries, and its trials, for tests.

use burn::tensor::Device;
use ess_core::{Embeddings, Ids};
use ess_train::{Judgement, QuerySet};

use crate::{
    config::AutoConfig,
    error::Error,
    features::{neighbours::NeighbourMemory, scale::Scale, table},
    input::{collection::Collection, encoding as inputs, further_queries, training_queries::TrainingQueries},
    validation::{
        budget::{Budget, in_own_threads},
        setting::{Part, Trials},
        training::TrainingItems,
    },
};

/// A further encoder that settings name, of which [`small`] has nothing.
pub(super) const SECOND: &str = "judged_second";

/// Items on a circle whose texts name them, and queries a little beside theirs, some far from all others.
pub(super) fn small() -> (Collection, TrainingQueries) {
    let point = |angle: f32| [angle.cos(), angle.sin(), 0.3 * (5.0 * angle).sin()];
    let items: Vec<_> = (0..50).map(|item| point(item as f32 * 0.12)).collect();
    let ids = Ids::new((0..50).map(|item| format!("d{item}")).collect()).unwrap();
    let texts: Vec<String> = (0..50).map(|item| format!("name{} of many", item % 40)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let collection = Collection::new(ids, Embeddings::from_rows(&items).unwrap()).unwrap();
    let collection = collection.with_texts(&texts, AutoConfig::default().lexical).unwrap();
    let asked = |query: usize| (query * 7) % 25;
    let queries: Vec<_> = (0..60)
        .map(|query| {
            let [x, y, z] = point(asked(query) as f32 * 0.12 + 0.2 + 0.01 * (query % 9) as f32);
            if query % 6 == 0 { [x, y, z - 0.4 - 0.05 * query as f32] } else { [x, y, z] }
        })
        .collect();
    let judged = (0..60).map(|query| vec![Judgement { item: asked(query), grade: 1 }]).collect();
    let set = QuerySet::new(Embeddings::from_rows(&queries).unwrap(), judged).unwrap();
    let texts = (0..60).map(|query| format!("name{} please", asked(query))).collect();
    (collection, TrainingQueries::new(set).with_texts(texts).unwrap())
}

/// Some of the queries.
pub(super) fn some(queries: &TrainingQueries, rows: &[usize]) -> TrainingQueries {
    let texts = rows.iter().map(|&row| queries.texts().unwrap()[row].clone()).collect();
    let mut some = TrainingQueries::new(queries.set().select(rows).unwrap()).with_texts(texts).unwrap();
    some.further = further_queries::select(&queries.further, rows).unwrap();
    some
}

/// Does something with the trials of 60 queries, the `n`th of which is in fold `n % 5`.
pub(super) fn with_trials<T: Send>(
    collection: &Collection,
    queries: &TrainingQueries,
    work: impl FnOnce(&Trials<'_>) -> Result<T, Error> + Send,
) -> T {
    table::register_encoding(SECOND).unwrap();
    let mut config = AutoConfig { pool: 10, ..AutoConfig::default() };
    config.features.push(SECOND.to_owned());
    let batch = inputs::batch(collection, queries).unwrap();
    let fold_of: Vec<usize> = (0..60).map(|query| query % 5).collect();
    in_own_threads(|| {
        let budget = Budget::new(1e6, 0.0);
        let mut trials = Trials {
            neighbours: NeighbourMemory::of_all(queries, &batch).with_folds(&fold_of),
            parts: Vec::new(),
            too_dear: Vec::new(),
            collection,
            queries,
            batch: &batch,
            fold_of: &fold_of,
            training_items: &TrainingItems::new(collection.len(), 0, &Device::flex()),
            config: &config,
            scale: Scale::of(&batch.dense, collection),
            budget: &budget,
            tick: &|| Ok(()),
        };
        let finder = trials.passes(&[], table::used(&config.features), None);
        trials.parts = Part::all(queries, &batch, &fold_of, 5, &finder)?;
        work(&trials)
    })
    .unwrap()
}
