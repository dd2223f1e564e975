//! A feature that another crate defines, by name wherever ESS's own are.

use std::sync::{
    LazyLock, Once,
    atomic::{AtomicUsize, Ordering},
};

use ess_auto::{
    Asked, Auto, AutoConfig, AutoModule, AutoQueries, Collection, Error, Feature, TrainingQueries, Weights,
    register_feature, register_part,
};
use ess_core::{Embeddings, Ids, Searcher, TokenStates};
use ess_train::{Progress, QuerySet};

use crate::generated::{DIM, World, blurred, config, fit, right};

const ITEMS: usize = 80;

/// Whether an item is of those that are asked for, the even ones.
pub(crate) struct Asking;

impl Feature for Asking {
    fn name(&self) -> &'static str {
        "asked_for"
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, ess_core::Error> {
        let known = |item: u32| asked.collection().ids().get(item as usize).is_some();
        let value = |&item: &u32| if item.is_multiple_of(2) && known(item) { 1.0 } else { 0.0 };
        Ok(Some(items.iter().map(value).collect()))
    }
}

/// Says something of one item too few, and then nothing that is a number.
struct Wrong(&'static str, bool);

impl Feature for Wrong {
    fn name(&self) -> &'static str {
        self.0
    }

    fn values(&self, _: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, ess_core::Error> {
        Ok(Some(vec![f32::NAN; items.len() - usize::from(self.1)]))
    }
}

/// The items' other directions, of [`blurred`] over [`blurred_world`]: the ones that queries are near to.
struct Clear {
    name: &'static str,
    finds: bool,
    cautious: f32,
}

impl Feature for Clear {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cautious_weight(&self) -> f32 {
        self.cautious
    }

    fn finds(&self, asked: &Asked<'_>, depth: usize) -> Result<Option<Vec<u32>>, ess_core::Error> {
        if !self.finds {
            return Ok(None);
        }
        let rows: Vec<u32> = (0..asked.collection().len() as u32).collect();
        let values = self.values(asked, &rows)?.unwrap_or_default();
        let mut best = ess_core::TopK::new(depth);
        rows.iter().zip(values).for_each(|(&row, value)| best.push(ess_core::Hit::new(row as usize, value)));
        Ok(Some(best.into_sorted().iter().map(|hit| hit.item as u32).collect()))
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, ess_core::Error> {
        static CLEAR: LazyLock<World> = LazyLock::new(blurred_world);
        let value = |&item: &u32| {
            let direction = CLEAR.items.row(item as usize);
            direction.iter().zip(asked.query()).map(|(a, b)| a * b).sum()
        };
        Ok(Some(items.iter().map(value).collect()))
    }
}

pub(crate) fn blurred_world() -> World {
    World::new(600, 5)
}

/// Finds an item that there is not.
struct Beyond;

impl Feature for Beyond {
    fn name(&self) -> &'static str {
        "beyond"
    }

    fn finds(&self, _: &Asked<'_>, _: usize) -> Result<Option<Vec<u32>>, ess_core::Error> {
        Ok(Some(vec![99]))
    }

    fn values(&self, _: &Asked<'_>, _: &[u32]) -> Result<Option<Vec<f32>>, ess_core::Error> {
        Ok(None)
    }
}

/// Says that an earlier version saved another's feature for it.
struct Renamed;

impl Feature for Renamed {
    fn name(&self) -> &'static str {
        "renamed"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["asked_for_before", "dense"]
    }

    fn values(&self, _: &Asked<'_>, _: &[u32]) -> Result<Option<Vec<f32>>, ess_core::Error> {
        Ok(None)
    }
}

/// How many states of tokens a query has, if it has any; what it says does not help.
struct TokensSeen(&'static AtomicUsize);

impl Feature for TokensSeen {
    fn name(&self) -> &'static str {
        "tokens_seen"
    }

    fn reads_tokens(&self) -> bool {
        true
    }

    fn cautious_weight(&self) -> f32 {
        0.1
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, ess_core::Error> {
        let states = asked.token_states().map_or(0, <[f32]>::len);
        self.0.store(states, Ordering::Relaxed);
        let even = |item: &u32| if item.is_multiple_of(2) { 1.0 } else { 0.0 };
        Ok(Some(items.iter().map(even).collect()))
    }
}

static STATES_SEEN: AtomicUsize = AtomicUsize::new(0);

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        register_feature(Asking).unwrap();
        register_feature(Wrong("too_few", true)).unwrap();
        register_feature(Wrong("no_numbers", false)).unwrap();
        register_feature(Beyond).unwrap();
        register_feature(TokensSeen(&STATES_SEEN)).unwrap();
        register_feature(Clear { name: "clear", finds: true, cautious: 0.7 }).unwrap();
        register_feature(Clear { name: "clear_if_found", finds: false, cautious: 0.0 }).unwrap();
    });
}

pub(crate) fn with(feature: &str) -> AutoConfig {
    let mut config = config();
    config.features.push(feature.to_owned());
    serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap()
}

/// Queries of even items alone, so that what [`Asking`] says helps.
pub(crate) fn even(world: &World, seed: u64) -> ess_auto::TrainingQueries {
    let queries = world.queries(200, seed);
    let judged = queries.set().judgements();
    let rows: Vec<usize> = (0..judged.len()).filter(|&row| judged[row][0].item.is_multiple_of(2)).collect();
    ess_auto::TrainingQueries::new(queries.set().select(&rows).unwrap())
}

#[test]
fn a_feature_of_ones_own_is_weighed_saved_and_loaded_by_name() {
    register();
    let world = World::new(ITEMS, 1);
    let (collection, train) = (world.bare_collection(), even(&world, 2));
    let (module, report) = fit(&collection, &train, with("asked_for"));
    assert!(report.dense.second.get("asked_for") > 0.1, "{:?}", report.dense);
    assert_eq!(report.config.features.len(), 11);
    let (_, without) = fit(&collection, &train, config());
    assert_eq!(without.dense.second.get("asked_for"), 0.0);
    assert!(report.dense.chosen > without.dense.chosen + 0.02, "{:?}", without.dense);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let loaded = AutoModule::load(folder.path()).unwrap().unwrap();
    assert_eq!(loaded, module);
    let test = even(&world, 3);
    let hits = loaded.bind(&collection).unwrap().search(test.set().encodings(), 1).unwrap();
    let frozen = collection.index().search(test.set().encodings(), 1).unwrap();
    assert!(right(&hits, &test) > right(&frozen, &test));
}

#[test]
fn a_feature_finds_items_that_nothing_else_finds_and_is_trusted_far_away_as_it_says() {
    register();
    assert_eq!(Weights::cautious().get("clear"), 0.7);
    assert_eq!(Weights::cautious().get("clear_if_found"), 0.0);
    let world = blurred_world();
    let (collection, _) = blurred(&world);
    let (train, test) = (world.queries(150, 2), world.queries(150, 3));
    let found = |feature: &str| {
        let (module, report) = fit(&collection, &train, AutoConfig { pool: 10, ..with(feature) });
        assert!(report.dense.second.get(feature) > 0.0, "{:?}", report.dense);
        let right_of = |collection: &Collection| {
            let hits = module.bind(collection).unwrap().search(test.set().encodings(), 10).unwrap();
            right(&hits, &test)
        };
        // Under other ids, nothing of training is known.
        let ids = Ids::new((0..collection.len()).map(|item| format!("other {item}")).collect()).unwrap();
        let elsewhere = Collection::new(ids, collection.items().clone()).unwrap();
        [right_of(&collection), right_of(&elsewhere)]
    };
    let ([here, elsewhere], [here_if_found, elsewhere_if_found]) = (found("clear"), found("clear_if_found"));
    assert!(here > here_if_found + 20, "{here} and {here_if_found} of {}", test.set().len());
    assert!(elsewhere > elsewhere_if_found + 10, "{elsewhere} and {elsewhere_if_found}");
}

#[test]
fn a_feature_that_reads_tokens_is_given_the_queries_though_items_have_none() {
    register();
    let world = World::new(ITEMS, 1);
    let (collection, train) = (world.bare_collection(), even(&world, 2));
    let states = |queries: &ess_auto::TrainingQueries| {
        let embeddings = queries.set().encodings();
        let texts: Vec<Vec<f32>> = (0..embeddings.len()).map(|row| embeddings.row(row).repeat(2)).collect();
        TokenStates::from_texts(embeddings.clone(), DIM, &texts).unwrap()
    };
    let train = train.clone().with_tokens(states(&train)).unwrap();
    let (module, report) = fit(&collection, &train, with("tokens_seen"));
    assert!(report.dense.second.get("tokens_seen") > 0.0, "{:?}", report.dense);
    let test = even(&world, 3);
    let searcher = module.bind(&collection).unwrap();
    STATES_SEEN.store(0, Ordering::Relaxed);
    let queries = AutoQueries::new(test.set().encodings().clone()).with_tokens(states(&test)).unwrap();
    searcher.search(&queries, 1).unwrap();
    assert_eq!(STATES_SEEN.load(Ordering::Relaxed), 2 * DIM);
}

#[test]
fn what_is_no_feature_and_values_that_are_none_are_typed_errors() {
    register();
    let found = with("nobodys").check();
    assert!(
        matches!(&found, Err(Error::UnknownFeature { found, known }) if found == "nobodys" && known.contains("asked_for"))
    );
    assert!(matches!(register_feature(Asking), Err(Error::FeatureTaken { .. })));
    // The name of an earlier version is taken too.
    assert!(matches!(register_feature(Wrong("words", false)), Err(Error::FeatureTaken { .. })));
    assert!(matches!(register_feature(Wrong("Two words", false)), Err(Error::Config { .. })));
    // One that would answer for another feature in saved choices.
    let renamed = register_feature(Renamed);
    assert!(matches!(&renamed, Err(Error::FeatureTaken { name }) if name == "dense"), "{renamed:?}");
    let error = serde_json::from_str::<Weights>(r#"{"dense": 1.0, "nobodys": 2.0}"#).unwrap_err();
    assert!(error.to_string().contains("nobodys"), "{error}");

    let world = World::new(ITEMS, 1);
    let fit = |feature: &str| {
        let auto = Auto::new(with(feature)).unwrap().with_progress(Progress::Silent);
        auto.fit(&world.bare_collection(), &world.queries(60, 2), None, None)
    };
    assert!(matches!(fit("too_few"), Err(Error::Core(ess_core::Error::LengthMismatch { .. }))));
    assert!(matches!(fit("no_numbers"), Err(Error::Core(ess_core::Error::NonFinite { .. }))));
    let beyond = fit("beyond").map(|_| ());
    assert!(matches!(beyond, Err(Error::Core(ess_core::Error::RowOutOfRange { row: 99, .. }))), "{beyond:?}");
    let weight = register_feature(Clear { name: "harmful", finds: true, cautious: f32::NAN });
    assert!(matches!(weight, Err(Error::Config { name: "cautious weight of a feature", .. })));
}

/// Each row of one matrix, followed by thrice that of another.
fn beside(clear: &Embeddings, noise: &Embeddings) -> Embeddings {
    let rows = clear.rows().zip(noise.rows());
    let rows =
        rows.map(|(clear, noise)| clear.iter().copied().chain(noise.iter().map(|x| 3.0 * x)).collect());
    Embeddings::from_rows(&rows.collect::<Vec<Vec<f32>>>()).unwrap()
}

#[test]
fn a_part_of_the_vectors_is_weighed_by_its_name() {
    register_part("part_clear").unwrap();
    register_part("part_clear").unwrap();
    register_part("part_noise").unwrap();
    assert!(matches!(register_part("dense"), Err(Error::FeatureTaken { .. })));
    register();
    assert!(matches!(register_part("clear"), Err(Error::FeatureTaken { .. })), "another kind has the name");
    assert!(matches!(register_part("Part"), Err(Error::Config { .. })));

    let (world, noise) = (World::new(ITEMS, 1), World::new(ITEMS, 50).items);
    let ids = world.bare_collection().ids().clone();
    let collection = Collection::new(ids, beside(&world.items, &noise)).unwrap();
    assert!(!collection.has("part_clear"));
    let collection = collection.with_parts(&[("part_clear", DIM), ("part_noise", DIM)]).unwrap();
    assert!(collection.has("part_clear") && collection.has("part_noise"));
    let queries = |number: usize, seed: u64| {
        let set = world.queries(number, seed).set().clone();
        let rows = beside(set.encodings(), &World::new(number, seed + 100).items);
        TrainingQueries::new(QuerySet::new(rows, set.judgements().to_vec()).unwrap())
    };
    let (train, test) = (queries(200, 2), queries(200, 3));
    let mut config = with("part_clear");
    config.features.push("part_noise".to_owned());
    let (module, report) = fit(&collection, &train, config);
    let weights = &report.dense.second;
    assert!(weights.get("part_clear") > weights.get("part_noise").max(0.1), "{:?}", report.dense);
    let hits = module.bind(&collection).unwrap().search(test.set().encodings(), 1).unwrap();
    let frozen = collection.index().search(test.set().encodings(), 1).unwrap();
    assert!(right(&hits, &test) > right(&frozen, &test));

    let parts = |parts: &[(&str, usize)]| world.bare_collection().with_parts(parts);
    assert!(parts(&[("a", DIM - 1)]).is_err() && parts(&[("a", 1), ("a", DIM - 1)]).is_err());
}
