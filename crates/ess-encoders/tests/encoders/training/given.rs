//! Training queries that come with their negatives, and with a teacher's scores.

use std::path::Path;

use ess_encoders::{Error, TextTrainingConfig, Towers};
use ess_train::{Checkpoints, ListwiseKl, LossConfig, TeacherScore};

use super::{config, judged, texts, trainer};

const TRAIN: usize = 40;

fn few() -> TextTrainingConfig {
    TextTrainingConfig { max_steps: 3, evaluate_every: 3, negatives_per_query: 2, ..config() }
}

fn taught() -> TextTrainingConfig {
    TextTrainingConfig { loss: LossConfig::of(ListwiseKl { scale: 5.0, temperature: 1.0 }), ..few() }
}

/// The two items behind each query's own.
fn next_two() -> Vec<Vec<usize>> {
    (0..TRAIN).map(|query| vec![query + 1, query + 2]).collect()
}

/// A teacher that is sure of each query's own item.
fn sure() -> Vec<Vec<TeacherScore>> {
    let of_query = |query| {
        let scores = [(query, 9.0), (query + 1, 0.0), (query + 2, -1.0)];
        scores.map(|(item, score)| TeacherScore { item, score }).to_vec()
    };
    (0..TRAIN).map(of_query).collect()
}

/// What training queries come with.
#[derive(Default)]
struct Given {
    negatives: Option<Vec<Vec<usize>>>,
    teacher: Option<Vec<Vec<TeacherScore>>>,
}

impl Given {
    fn negatives(negatives: Vec<Vec<usize>>) -> Self {
        Self { negatives: Some(negatives), teacher: None }
    }

    fn teacher(teacher: Vec<Vec<TeacherScore>>) -> Self {
        Self { negatives: Some(next_two()), teacher: Some(teacher) }
    }
}

/// The losses of all steps.
fn fit(config: TextTrainingConfig, given: Given, checkpoints: Option<&Path>) -> Result<Vec<f64>, Error> {
    let (items, queries) = texts();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let mut train = judged(&queries, 0..TRAIN);
    if let Some(negatives) = given.negatives {
        train = train.with_negatives(negatives)?;
    }
    if let Some(teacher) = given.teacher {
        train = train.with_teacher(teacher)?;
    }
    let mut trainer = trainer(config);
    if let Some(folder) = checkpoints {
        trainer = trainer.with_checkpoints(Checkpoints::new(folder, 2).unwrap());
    }
    let trained = trainer.fit(&items, &train, &judged(&queries, TRAIN..56))?;
    Ok(trained.report().points.iter().map(|point| point.loss).collect())
}

fn losses(config: TextTrainingConfig, given: Given) -> Result<Vec<f64>, Error> {
    fit(config, given, None)
}

#[test]
fn negatives_that_are_given_take_the_place_of_mined_ones() {
    let mined = losses(few(), Given::default()).unwrap();
    let none = TextTrainingConfig { negatives_per_query: 0, ..few() };
    let without = losses(none, Given::default()).unwrap();
    assert_eq!(losses(few(), Given::negatives(vec![Vec::new(); TRAIN])).unwrap(), without);
    let given = losses(few(), Given::negatives(next_two())).unwrap();
    assert!(given != mined && given != without, "{given:?}, {mined:?} and {without:?}");
    // More items to tell a query's own from.
    assert!(given[0] > without[0], "{given:?} and {without:?}");
}

#[test]
fn a_teacher_s_scores_are_learnt_by_every_choice_of_towers() {
    for towers in [Towers::Shared, Towers::Two, Towers::Query] {
        let config = TextTrainingConfig { towers, max_steps: 8, evaluate_every: 4, ..taught() };
        let found = losses(config, Given::teacher(sure())).unwrap();
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        assert!(mean(&found[6..]) < mean(&found[..2]), "{towers:?}: {found:?}");
    }
    // Another teacher is another loss.
    let other = sure().into_iter().map(|scores| scores[..2].to_vec()).collect();
    assert_ne!(
        losses(taught(), Given::teacher(sure())).unwrap(),
        losses(taught(), Given::teacher(other)).unwrap()
    );
}

#[test]
fn what_is_given_wrongly_is_refused() {
    let refused = |given| losses(taught(), given).unwrap_err();
    for short in [Given::negatives(vec![vec![1]]), Given::teacher(vec![Vec::new(); 3])] {
        let error = refused(short);
        assert!(matches!(error, Error::Core(ess_core::Error::LengthMismatch { .. })), "{error}");
    }
    for (item, reason) in [(99, "no such item"), (3, "relevant")] {
        let mut negatives = next_two();
        negatives[3] = vec![item];
        let error = refused(Given::negatives(negatives));
        let typed = matches!(error, Error::Training(ess_train::Error::Negative { query: 3, .. }));
        assert!(typed && error.to_string().contains(reason), "{error}");
    }
    for (item, score) in [(99, 1.0), (4, f32::NAN)] {
        let mut teacher = sure();
        teacher[3] = vec![TeacherScore { item, score }];
        let error = refused(Given::teacher(teacher));
        let typed = matches!(error, Error::Training(ess_train::Error::TeacherScore { query: 3, .. }));
        assert!(typed, "{error}");
    }
    let missing = refused(Given::default());
    assert!(matches!(missing, Error::Training(ess_train::Error::Missing { .. })), "{missing}");
}

#[test]
fn a_checkpoint_of_other_negatives_or_of_another_teacher_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fit = |given| fit(taught(), given, Some(folder.path()));
    let other = |given| {
        let found = fit(given);
        matches!(found, Err(Error::Training(ess_train::Error::CheckpointOfAnotherRun { .. })))
    };
    let whole = fit(Given::teacher(sure())).unwrap();
    assert_eq!(fit(Given::teacher(sure())).unwrap(), whole);
    let mut negatives = next_two();
    negatives[7].pop();
    assert!(other(Given { negatives: Some(negatives), teacher: Some(sure()) }));
    let mut teacher = sure();
    teacher[7][0].score = 8.0;
    assert!(other(Given::teacher(teacher)));
}
