//! A feature that another crate defines, by name wherever ESS's own are.

use std::sync::Once;

use ess_auto::{Asked, Auto, AutoConfig, AutoModule, Error, Feature, Weights, register_feature};
use ess_core::Searcher;
use ess_train::Progress;

use crate::generated::{World, config, fit, right};

const ITEMS: usize = 80;

/// Whether an item is of those that are asked for, the even ones.
struct Asking;

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

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        register_feature(Asking).unwrap();
        register_feature(Wrong("too_few", true)).unwrap();
        register_feature(Wrong("no_numbers", false)).unwrap();
    });
}

fn with(feature: &str) -> AutoConfig {
    let mut config = config();
    config.features.push(feature.to_owned());
    serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap()
}

/// Queries of even items alone, so that what [`Asking`] says helps.
fn even(world: &World, seed: u64) -> ess_auto::TrainingQueries {
    let queries = world.queries(120, seed);
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
fn what_is_no_feature_and_values_that_are_none_are_typed_errors() {
    register();
    let found = with("nobodys").check();
    assert!(matches!(&found, Err(Error::Config { name: "features", found, .. }) if found == "nobodys"));
    assert!(matches!(register_feature(Asking), Err(Error::FeatureTaken { .. })));
    // The name of an earlier version is taken too.
    assert!(matches!(register_feature(Wrong("words", false)), Err(Error::FeatureTaken { .. })));
    assert!(matches!(register_feature(Wrong("Two words", false)), Err(Error::Config { .. })));
    let error = serde_json::from_str::<Weights>(r#"{"dense": 1.0, "nobodys": 2.0}"#).unwrap_err();
    assert!(error.to_string().contains("nobodys"), "{error}");

    let world = World::new(ITEMS, 1);
    let fit = |feature: &str| {
        let auto = Auto::new(with(feature)).unwrap().with_progress(Progress::Silent);
        auto.fit(&world.bare_collection(), &world.queries(60, 2), None, None)
    };
    assert!(matches!(fit("too_few"), Err(Error::Core(ess_core::Error::LengthMismatch { .. }))));
    assert!(matches!(fit("no_numbers"), Err(Error::Core(ess_core::Error::NonFinite { .. }))));
}
