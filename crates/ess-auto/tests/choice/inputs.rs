//! Input that does not fit, and input that says nothing.

use ess_auto::{AutoConfig, AutoQueries, Collection, Error, FurtherQueries, ItemScores, TrainingQueries};
use ess_core::{Embeddings, Ids, Searcher};
use ess_lexical::SparseVectors;
use ess_train::{Judgement, Progress, QuerySet};

use crate::generated::{DIM, World, config, fit};

#[test]
fn words_are_found_to_help_and_the_frozen_encoder_is_kept_where_nothing_does() {
    let world = World::new(80, 1);
    let (_, report) = fit(&world.collection(), &world.queries(60, 2), config());
    let hybrid = report.hybrid.unwrap();
    assert_eq!(hybrid.trial.as_deref(), Some("weights alone"));
    assert!(hybrid.chosen > hybrid.frozen + 0.1 && hybrid.interval[0] > 0.0, "{hybrid:?}");

    // Words that belong to other items: nothing to learn, and nothing is.
    let mut lying = World::new(80, 1);
    lying.texts.reverse();
    let (_, report) = fit(&lying.collection(), &world.queries(60, 2), config());
    let hybrid = report.hybrid.unwrap();
    assert!(hybrid.second.get("lexical") < 0.05, "{hybrid:?}");
}

#[test]
fn without_texts_the_choice_is_dense_alone_and_says_so() {
    let world = World::new(40, 5);
    let (module, report) = fit(&world.bare_collection(), &world.queries(30, 6), config());
    assert!(report.hybrid.is_none() && module.hybrid().is_none());
    let collection = world.collection();
    let query = collection.encode(&world.items.select(&[0]).unwrap(), &["name"]).unwrap();
    let error = module.bind(&collection).unwrap().search(&query, 1).unwrap_err();
    assert!(error.to_string().contains("no texts"), "{error}");
}

#[test]
fn a_budget_that_is_too_small_and_too_few_queries_leave_the_frozen_encoder() {
    let world = World::new(40, 5);
    let tiny = AutoConfig { budget_seconds: 1e-9, ..AutoConfig::default() };
    let (module, report) = fit(&world.collection(), &world.queries(30, 6), tiny);
    assert!(report.trials.is_empty() && report.skipped.len() == 8, "{:?}", report.skipped);
    assert!(report.dense.trial.is_none() && report.dense.reason.contains("budget"));
    let collection = world.collection();
    let searcher = module.bind(&collection).unwrap();
    let hits = searcher.search(&world.items, 40).unwrap();
    assert_eq!(hits[3][0].item, 3);

    let (_, report) = fit(&world.collection(), &world.queries(4, 6), AutoConfig::default());
    assert!(report.hybrid.unwrap().reason.contains("fewer than 20"));
}

#[test]
fn what_does_not_fit_is_a_typed_error() {
    let world = World::new(20, 7);
    let collection = world.collection();
    let auto = ess_auto::Auto::new(config()).unwrap().with_progress(Progress::Silent);
    let queries = |dim: usize, item: usize| {
        let rows = Embeddings::from_rows(&vec![vec![1.0; dim]; 12]).unwrap();
        TrainingQueries::new(QuerySet::new(rows, vec![vec![Judgement { item, grade: 1 }]; 12]).unwrap())
    };
    let found = auto.fit(&collection, &queries(3, 0), None, None);
    assert!(matches!(found, Err(Error::DifferentSpaces { queries: 3, items: DIM })));
    let found = auto.fit(&collection, &queries(DIM, 20), None, None);
    assert!(matches!(found, Err(Error::Core(ess_core::Error::RowOutOfRange { row: 20, len: 20, .. }))));
    assert!(queries(DIM, 0).with_texts(vec![String::new()]).is_err());
    let ids = Ids::new(vec!["one".into()]).unwrap();
    assert!(Collection::new(ids, world.items.clone()).is_err());
    assert!(world.bare_collection().with_texts(&["one"], config().lexical).is_err());

    let (module, _) = auto.fit(&collection, &world.queries(20, 8), None, None).unwrap();
    let searcher = module.bind(&collection).unwrap();
    assert!(matches!(searcher.search(&world.items, 0), Err(ess_core::Error::KOutOfRange { .. })));
    let all = searcher.search(&world.items, usize::MAX).unwrap();
    assert_eq!(all, searcher.search(&world.items, 20).unwrap());
    assert!(all.iter().all(|hits| hits.len() == 20));
    let narrow = Embeddings::from_rows(&[[1.0]]).unwrap();
    assert!(matches!(searcher.search(&narrow, 1), Err(ess_core::Error::DimensionMismatch { .. })));
}

#[test]
fn what_is_said_of_queries_is_taken_by_its_kind_or_as_any() {
    let rows = || Embeddings::from_rows(&[[1.0, 0.5], [0.0, 1.0]]).unwrap();
    let sparse = || SparseVectors::new(9, &[vec![(3, 1.0)], vec![]]).unwrap();
    let scores = || vec![vec![(7, 0.9), (2, 0.4)], vec![]];
    let any = [
        FurtherQueries::Dense(rows()),
        FurtherQueries::Sparse(sparse()),
        FurtherQueries::Scores(ItemScores::new(scores()).unwrap()),
    ];
    let [dense, learned, scored] = any.each_ref().map(|said| {
        let queries = AutoQueries::new(rows());
        queries.with_further("other", said.clone()).unwrap()
    });
    assert_eq!(dense, AutoQueries::new(rows()).with_encoding("other", rows()).unwrap());
    assert_eq!(learned, AutoQueries::new(rows()).with_sparse_encoding("other", sparse()).unwrap());
    assert_eq!(scored, AutoQueries::new(rows()).with_scores("other", scores()).unwrap());
    // Of training queries too, and of as many queries as there are.
    let set = QuerySet::new(rows(), vec![vec![Judgement { item: 0, grade: 1 }]; 2]).unwrap();
    let one = FurtherQueries::Dense(Embeddings::from_rows(&[[1.0]]).unwrap());
    for said in any {
        assert!(TrainingQueries::new(set.clone()).with_further("other", said).is_ok());
    }
    assert!(TrainingQueries::new(set).with_further("other", one.clone()).is_err());
    assert!(AutoQueries::new(rows()).with_further("other", one).is_err());
}
