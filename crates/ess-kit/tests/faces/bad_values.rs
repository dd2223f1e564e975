//! Numbers and lists that cannot be used.

use ess_kit::{Error, core::Error as CoreError, metrics, prelude::*};

use crate::folder::{Folder, ids};

#[test]
fn settings_outside_their_range_are_refused_before_training() {
    let folder = Folder::new();
    let dataset = folder.open();
    let (train, dev) = dataset.train_and_dev(folder.qrels(&["q0\td0\t1", "q1\td1\t1"]), 0.5, 0).unwrap();
    let settings = TrainerConfig { learning_rate: f64::NAN, ..TrainerConfig::default() };
    let fitted = Training::default().with_settings(settings).fit(&dataset, &train, &dev);
    assert!(matches!(
        fitted.err(),
        Some(Error::Train(ess_kit::train::Error::Config { name: "learning_rate", .. }))
    ));
}

#[test]
fn hits_that_make_no_run_are_refused() {
    let folder = Folder::new();
    let queries = folder.open().judge_file(folder.qrels(&["q0\td0\t1", "q1\td1\t1"])).unwrap();
    let items = ids('d', 3);
    let hits = |item, similarity| vec![vec![Hit { item, similarity }], Vec::new()];
    assert!(queries.run("mine", &items, hits(2, 0.5)).is_ok());
    let beyond = queries.run("mine", &items, hits(3, 0.5));
    assert!(matches!(beyond, Err(Error::Core(CoreError::RowOutOfRange { row: 3, len: 3, .. }))));
    let too_few = queries.run("mine", &items, vec![Vec::new()]);
    assert!(matches!(too_few, Err(Error::Core(CoreError::LengthMismatch { expected: 2, found: 1, .. }))));
    let nan = queries.run("mine", &items, hits(0, f32::NAN));
    assert!(matches!(nan, Err(Error::Metrics(metrics::Error::NonFiniteScore { .. }))));
}

#[test]
fn a_module_of_another_dimension_is_refused() {
    let folder = Folder::new();
    let dataset = folder.open();
    let queries = dataset.judge_file(folder.qrels(&["q0\td0\t1"])).unwrap();
    let run = dataset.search("wide", &Identity::new(3), &dataset.index().unwrap(), &queries);
    assert!(matches!(run, Err(Error::Core(CoreError::DimensionMismatch { expected: 3, found: 2, .. }))));
}

#[test]
fn the_item_of_a_querys_own_id_is_left_out_where_it_is_asked_for() {
    let folder = Folder::new();
    std::fs::copy(folder.path("corpus.safetensors"), folder.path("queries.safetensors")).unwrap();
    let qrels = folder.qrels(&["d0\td1\t1"]);
    let found = |ignore: bool| {
        let dataset = folder.open().ignore_identical_ids(ignore);
        let queries = dataset.judge_file(&qrels).unwrap();
        let run = dataset.search("frozen", &Identity::new(2), &dataset.index().unwrap(), &queries).unwrap();
        run.ranking("d0")[0].0.to_owned()
    };
    assert_eq!(found(false), "d0");
    assert!(["d1", "d39"].contains(&found(true).as_str()));
}
