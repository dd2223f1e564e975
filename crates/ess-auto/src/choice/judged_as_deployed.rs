//! What judges a fold is what would be deployed, and has not seen the fold's labels.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Index, Searcher};
use ess_search::ModuleState;
use ess_train::{Judgement, QuerySet};

use super::{
    auto_module::AutoModule,
    plan::{Plan, SavedNeighbours},
    selection::Choice,
    small_trials::{SECOND, small, some, with_trials},
};
use crate::{
    config::TrainedModuleConfig,
    error::Error,
    features::{table, weights::Weights},
    input::{
        auto_queries::AutoQueries, collection::Collection, encoding as inputs,
        training_queries::TrainingQueries, variant::Variant,
    },
    validation::{
        judged::{DEPTH, ndcg},
        nested::FittedWeights,
        pair_modules::PairModules,
        setting::Trials,
        trial::{Learns, SHRINKS},
    },
};

/// The module that would be deployed had the fold not been there; `trained` is part of it where a trial trained one.
fn deployed(
    trials: &Trials<'_>,
    (weights, share): (&FittedWeights, f32),
    learned: &TrainingQueries,
    trained: Option<ModuleState>,
) -> AutoModule {
    let name = "the trial".to_owned();
    let choice = Choice {
        trial: Some(name.clone()),
        first: weights.first.clone(),
        second: weights.second.shrunk(share),
        gate: weights.gate,
        ..Choice::frozen("", trials.config)
    };
    let plan = Plan {
        scale: trials.scale,
        pool: trials.config.pool,
        feedback_weights: trials.config.feedback_weights,
        query_expansion: trials.config.query_expansion,
        lexical: trials.config.lexical,
        dense: choice.clone(),
        hybrid: Some(choice),
        stems: None,
        encodings: BTreeMap::new(),
        neighbours: SavedNeighbours::new(trials.collection, learned),
    };
    let modules = trained.into_iter().map(|state| (name.clone(), state)).collect();
    AutoModule::new(plan, modules, learned.set().encodings().clone())
}

/// What judges a fold: trained without it and without the next one.
fn trained_without(
    trials: &Trials<'_>,
    config: &TrainedModuleConfig,
    fold: usize,
) -> Result<ModuleState, Error> {
    let without = [fold, (fold + 1) % 5];
    let rows: Vec<usize> = (0..60).filter(|row| !without.contains(&(row % 5))).collect();
    let (items, learned) = (trials.collection.items(), trials.queries.set().select(&rows)?);
    Ok(trials.training_items.train(config, trials.config.seed, items, &learned)?.to_state()?)
}

fn encoded(collection: &Collection, queries: &TrainingQueries, variant: Variant) -> AutoQueries {
    let texts: Vec<&str> = queries.texts().unwrap().iter().map(String::as_str).collect();
    let mut encoded = match variant {
        Variant::Dense => AutoQueries::new(queries.set().encodings().clone()),
        Variant::Hybrid => collection.encode(queries.set().encodings(), &texts).unwrap(),
    };
    encoded.further = queries.further.clone();
    match queries.set().left_out() {
        [] => encoded,
        items => encoded.with_left_out(items.to_vec()).unwrap(),
    }
}

#[test]
fn a_held_out_query_is_judged_by_what_the_deployed_searcher_ranks() {
    let (collection, queries) = small();
    judged_as_deployed(&collection, &queries);
}

#[test]
fn a_further_encoder_is_judged_as_it_is_deployed() {
    let (collection, queries) = small();
    let of = |rows: &Embeddings, turned: f32| {
        let row = |row: &[f32]| [row[0] + turned * row[2], row[1], row[2] - turned, 1.0];
        Embeddings::from_rows(&rows.rows().map(row).collect::<Vec<_>>()).unwrap()
    };
    let (items, asked) = (of(collection.items(), 0.0), of(queries.set().encodings(), 0.5));
    let collection = collection.with_encoding(SECOND, items).unwrap();
    judged_as_deployed(&collection, &queries.with_encoding(SECOND, asked).unwrap());
}

/// The item that the frozen encoder puts first, where it is not the relevant one: its own, so to say.
fn with_own_items((collection, queries): (Collection, TrainingQueries)) -> (Collection, TrainingQueries) {
    let nearest = collection.index.search(queries.set().encodings(), 1).unwrap();
    let own = nearest.iter().zip(queries.set().judgements()).map(|(hits, judged)| {
        Some(hits[0].item).filter(|item| judged.iter().all(|judgement| judgement.item != *item))
    });
    let set = queries.set().clone().with_left_out(own.collect()).unwrap();
    let texts = queries.texts().unwrap().to_vec();
    (collection, TrainingQueries::new(set).with_texts(texts).unwrap())
}

#[test]
fn an_item_left_out_is_no_candidate_where_choices_are_judged_nor_where_they_search() {
    let (collection, queries) = with_own_items(small());
    assert!(queries.set().left_out().iter().flatten().count() > 30);
    judged_as_deployed(&collection, &queries);
    with_trials(&collection, &queries, |trials| {
        let passes = trials.passes(&[], table::used(&trials.config.features), None);
        let frozen = Weights::frozen();
        let searched = passes.search(trials.batch, &frozen, [-1.0, -1.0])?;
        for (row, own) in queries.set().left_out().iter().enumerate() {
            let ranked = searched.rank(row, &frozen, 50);
            assert!(ranked.len() >= trials.config.pool, "{}", ranked.len());
            assert!(ranked.iter().all(|hit| Some(hit.item) != *own));
        }
        Ok(())
    });
    let unknown = queries.set().clone().with_left_out(vec![Some(50); 60]).unwrap();
    let error = inputs::check(&collection, &TrainingQueries::new(unknown)).unwrap_err();
    assert!(error.to_string().contains("items left out of rankings"), "{error}");
}

/// Every fold is judged by the same values as a searcher would reach that was deployed without it, with neighbours alone and
/// with a trained module beside them.
fn judged_as_deployed(collection: &Collection, queries: &TrainingQueries) {
    with_trials(collection, queries, |trials| {
        let module = &trials.config.trained_modules[1];
        let (none, trained) = (PairModules::default(), PairModules::train(trials, Some(module))?.unwrap());
        for (variant, learns, modules) in [Variant::Dense, Variant::Hybrid].into_iter().flat_map(|variant| {
            [(variant, Learns::Neighbours, &none), (variant, Learns::Module(module), &trained)]
        }) {
            let mut differing = 0;
            for fold in 0..5 {
                differing += fold_judged_as_deployed(trials, (fold, variant), learns, modules)?;
            }
            assert!(differing > 20, "{variant:?}, {}: {differing}", learns.name());
        }
        Ok(())
    });
}

/// How many values of a fold are other than the frozen encoder's, over all shares.
fn fold_judged_as_deployed(
    trials: &Trials<'_>,
    (fold, variant): (usize, Variant),
    learns: Learns<'_>,
    modules: &PairModules,
) -> Result<usize, Error> {
    let judged = trials.judge_fold(fold, variant, learns, modules)?.unwrap();
    let rows = |held| (0..60).filter(move |row| (row % 5 == fold) == held).collect::<Vec<_>>();
    let (held, learned) = (some(trials.queries, &rows(true)), some(trials.queries, &rows(false)));
    let trained = learns.module().map(|config| trained_without(trials, config, fold)).transpose()?;
    let mut differing = 0;
    for (&share, values) in SHRINKS.iter().zip(&judged.values) {
        let module = deployed(trials, (&judged.weights, share), &learned, trained.clone());
        let searcher = module.bind(trials.collection)?;
        let hits = searcher.search(&encoded(trials.collection, &held, variant), DEPTH)?;
        let found = hits.iter().zip(held.set().judgements()).map(|(hits, judged)| ndcg(hits, judged));
        let found: Vec<f32> = found.map(|value| value as f32).collect();
        assert_eq!(found, *values, "{variant:?}, {}, fold {fold}, share {share}", learns.name());
        differing += found.iter().zip(&judged.frozen).filter(|(a, b)| a != b).count();
    }
    assert!(judged.near.iter().any(|&near| near < judged.weights.gate[1]) || fold > 0);
    Ok(differing)
}

/// Weights, gate and rankings of each fold, with neighbours and with a trained module, by embeddings and by texts too.
fn judges(collection: &Collection, queries: &TrainingQueries) -> Vec<Vec<String>> {
    with_trials(collection, queries, |trials| {
        let module = &trials.config.trained_modules[0];
        let learns = [Learns::Neighbours, Learns::Module(module)];
        let with_modules = PairModules::train(trials, Some(module))?.unwrap();
        let of_fold = |fold| -> Result<Vec<String>, Error> {
            let mut judges = Vec::new();
            for (variant, learns) in
                [Variant::Dense, Variant::Hybrid].into_iter().flat_map(|v| learns.map(|l| (v, l)))
            {
                let none = PairModules::default();
                let modules = if learns.module().is_some() { &with_modules } else { &none };
                let (fitted, searched) = trials.search_fold(fold, variant, learns, modules)?.unwrap();
                judges.push(format!("{:?} {:?} {:?}", fitted.first, fitted.second, fitted.gate));
                for share in SHRINKS {
                    let second = fitted.second.shrunk(share);
                    let rankings = (0..searched.near.len()).map(|row| searched.rank(row, &second, DEPTH));
                    judges.push(format!("{:?}", rankings.collect::<Vec<_>>()));
                }
            }
            Ok(judges)
        };
        (0..5).map(of_fold).collect()
    })
}

#[test]
fn the_labels_of_a_fold_change_nothing_that_judges_it_and_something_of_all_others() {
    let (collection, queries) = small();
    let before = judges(&collection, &queries);
    for fold in 0..5 {
        let other = |(row, judged): (usize, &Vec<Judgement>)| match judged[0] {
            Judgement { item, grade } if row % 5 == fold => {
                vec![Judgement { item: (item + 19) % 50, grade }]
            }
            same => vec![same],
        };
        let judged = queries.set().judgements().iter().enumerate().map(other).collect();
        let set = QuerySet::new(queries.set().encodings().clone(), judged).unwrap();
        let relabelled = TrainingQueries::new(set).with_texts(queries.texts().unwrap().to_vec()).unwrap();
        let after = judges(&collection, &relabelled);
        for judged in 0..5 {
            assert_eq!(before[judged] == after[judged], judged == fold, "{fold} {judged}");
        }
    }
}
