//! Going on after the run was ended.

use ess_auto::{Auto, Error, TrainingQueries};
use ess_train::{Progress, QuerySet, TeacherScore};

use crate::generated::{World, config};

#[test]
fn a_run_goes_on_from_its_journal_and_other_inputs_begin_anew() {
    let world = World::new(60, 1);
    let (collection, train) = (world.collection(), world.queries(40, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    let fit = |train| auto.fit(&collection, train, None, Some(&journal)).unwrap();
    let (module, report) = fit(&train);
    let written = std::fs::read(&journal).unwrap();
    let (again, resumed) = fit(&train);
    assert_eq!(again, module);
    assert_eq!(resumed.trials, report.trials);
    assert_eq!(std::fs::read(&journal).unwrap(), written);

    // One of an earlier version is begun anew.
    std::fs::write(
        &journal,
        r#"{"format": "ess-auto-journal", "version": 3, "inputs": "", "spent": 1.0, "trials": []}"#,
    )
    .unwrap();
    assert_eq!(fit(&train).0, module);

    let (other, _) = fit(&world.queries(40, 3));
    assert_ne!(other, module);

    // The same words in other items, and titles, are other inputs too.
    let mut swapped = World::new(60, 1);
    swapped.texts.swap(0, 1);
    let titles: Vec<&str> = world.texts.iter().map(String::as_str).collect();
    for collection in [swapped.collection(), world.collection().with_titles(&titles).unwrap()] {
        let before = std::fs::read(&journal).unwrap();
        auto.fit(&collection, &train, None, Some(&journal)).unwrap();
        let inputs = |bytes: &[u8]| {
            serde_json::from_slice::<serde_json::Value>(bytes).unwrap()["inputs"].as_str().unwrap().to_owned()
        };
        assert_ne!(inputs(&before), inputs(&std::fs::read(&journal).unwrap()));
    }
}

#[test]
fn weights_scores_and_negatives_are_inputs_too() {
    let world = World::new(30, 1);
    let (collection, train) = (world.bare_collection(), world.queries(20, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    let inputs = |set: &QuerySet| {
        auto.fit(&collection, &TrainingQueries::new(set.clone()), None, Some(&journal)).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&journal).unwrap()).unwrap();
        written["inputs"].as_str().unwrap().to_owned()
    };
    let plain = train.set();
    let weights = |first: f32| (0..20).map(|query| if query == 0 { first } else { 1.0 }).collect();
    let score = |score| vec![vec![TeacherScore { item: 0, score }]; 20];
    let first_of = |set: &QuerySet| set.judgements()[0][0].item;
    let negative = |item| vec![vec![item]].into_iter().chain(vec![vec![]; 19]).collect();
    let not = (0..30).find(|&item| item != first_of(plain)).unwrap();
    let mut found: Vec<String> = [
        plain.clone(),
        plain.clone().with_weights(weights(2.0)).unwrap(),
        plain.clone().with_weights(weights(3.0)).unwrap(),
        plain.clone().with_teacher(score(0.5)).unwrap(),
        plain.clone().with_teacher(score(0.6)).unwrap(),
        plain.clone().with_negatives(negative(not)).unwrap(),
    ]
    .iter()
    .map(inputs)
    .collect();
    assert_eq!(inputs(plain), found[0]);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 6);
}

#[test]
fn no_changed_byte_of_a_journal_is_gone_on_from() {
    let world = World::new(30, 1);
    let (collection, train) = (world.bare_collection(), world.queries(20, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    auto.fit(&collection, &train, None, Some(&journal)).unwrap();
    let whole = std::fs::read(&journal).unwrap();
    // The last byte is a line's end.
    for at in 0..whole.len() - 1 {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&journal, &damaged).unwrap();
        let found = auto.fit(&collection, &train, None, Some(&journal));
        assert!(matches!(&found, Err(Error::Format { path, .. }) if *path == journal), "byte {at}");
    }
    for cut in [0, 1, whole.len() / 2, whole.len() - 3] {
        std::fs::write(&journal, &whole[..cut]).unwrap();
        let found = auto.fit(&collection, &train, None, Some(&journal));
        assert!(matches!(found, Err(Error::Format { .. })), "cut at {cut}");
    }
}

#[test]
fn what_a_run_that_was_ended_has_spent_counts() {
    let world = World::new(60, 1);
    let (collection, train) = (world.collection(), world.queries(80, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    auto.fit(&collection, &train, None, Some(&journal)).unwrap();
    // As if it had been killed in its second trial, with all of the budget spent.
    let mut contents: serde_json::Value = serde_json::from_slice(&std::fs::read(&journal).unwrap()).unwrap();
    assert!(contents["spent"].as_f64().unwrap() > 0.0);
    contents["spent"] = 1e4.into();
    contents["trials"].as_array_mut().unwrap().truncate(1);
    contents.as_object_mut().unwrap().remove("checksum");
    std::fs::write(&journal, ess_files::seal_json(&contents.to_string())).unwrap();

    let (module, report) = auto.fit(&collection, &train, None, Some(&journal)).unwrap();
    assert!(report.cpu_seconds >= 1e4);
    let names = |names: &[String]| names.join(", ");
    assert_eq!(
        names(&report.trials.iter().map(|trial| trial.name.clone()).collect::<Vec<_>>()),
        "weights alone"
    );
    assert_eq!(
        names(&report.skipped.iter().map(|trial| trial.name.clone()).collect::<Vec<_>>()),
        "no trained module"
    );
    // What was found before is chosen from.
    assert_eq!(module.hybrid().unwrap().trial.as_deref(), Some("weights alone"));
}

/// A gain of millions would be chosen, and would not be read from the saved plan as it was written.
#[test]
fn a_journal_with_a_measure_that_nothing_reaches_is_refused() {
    let world = World::new(30, 1);
    let (collection, train) = (world.collection(), world.queries(20, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    auto.fit(&collection, &train, None, Some(&journal)).unwrap();
    let mut contents: serde_json::Value = serde_json::from_slice(&std::fs::read(&journal).unwrap()).unwrap();
    contents.as_object_mut().unwrap().remove("checksum");
    for value in [1.001, 2_147_483_647_000.0, -0.001] {
        let mut altered = contents.clone();
        let changed = change_first(&mut altered, "frozen", value);
        assert!(changed, "nothing of the frozen encoder in {altered}");
        std::fs::write(&journal, ess_files::seal_json(&altered.to_string())).unwrap();
        let found = auto.fit(&collection, &train, None, Some(&journal));
        let Err(Error::Format { path, found: said, .. }) = &found else { panic!("{value} was taken") };
        assert!(*path == journal && said.contains("an nDCG of"), "{said}");
    }
}

/// Puts another value in the place of the first of the first list with this name.
fn change_first(contents: &mut serde_json::Value, name: &str, value: f64) -> bool {
    match contents {
        serde_json::Value::Object(fields) => match fields.get_mut(name).and_then(|list| list.get_mut(0)) {
            Some(first) => {
                *first = value.into();
                true
            }
            None => fields.values_mut().any(|field| change_first(field, name, value)),
        },
        serde_json::Value::Array(list) => list.iter_mut().any(|item| change_first(item, name, value)),
        _ => false,
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let world = World::new(60, 1);
    let (collection, train) = (world.collection(), world.queries(40, 2));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| crate::generated::fit(&collection, &train, config()).0)
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_journal_that_another_has_is_refused_at_once_and_left_alone() {
    let world = World::new(30, 1);
    let (collection, train) = (world.bare_collection(), world.queries(20, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    let fit = || auto.fit(&collection, &train, None, Some(&journal)).map(|(module, _)| module);
    // As a choice has it, from before its first trial to its end.
    let other = ess_files::FileLock::acquire(&journal).unwrap();
    assert!(matches!(fit(), Err(Error::Files(ess_files::Error::Busy { path })) if path == journal));
    assert!(!journal.exists());
    drop(other);
    let module = fit().unwrap();
    let written = std::fs::read(&journal).unwrap();
    let other = ess_files::FileLock::acquire(&journal).unwrap();
    assert!(matches!(fit(), Err(Error::Files(ess_files::Error::Busy { .. }))));
    assert_eq!(std::fs::read(&journal).unwrap(), written);
    drop(other);
    assert_eq!(fit().unwrap(), module);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
