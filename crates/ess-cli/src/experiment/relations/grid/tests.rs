//! Candidates of models that take different settings.

use super::*;

fn sizes(grid: &GridArguments, model: &str) -> Vec<[usize; 2]> {
    let plans = grid.plans(&[model]).unwrap().of_models;
    let mut sizes: Vec<_> =
        plans[0].candidates.iter().map(|training| [training.model.dim, training.model.partitions]).collect();
    sizes.dedup();
    sizes
}

#[test]
fn every_combination_is_a_candidate_and_flags_replace_lists() {
    let Plans { common, of_models: all } = GridArguments::default().plans(&["complex", "meim"]).unwrap();
    assert!(all.iter().all(|plan| plan.candidates.len() == N3.len() * LEARNING_RATES.len()));
    assert_eq!(all[0].candidates[1].learning_rate, LEARNING_RATES[1]);
    assert_eq!(common, RelationTraining::default());
    let grid =
        GridArguments { n3: vec![0.0, 0.5], learning_rate: vec![0.1], epochs: Some(3), ..Default::default() };
    let plans = grid.plans(&["cp"]).unwrap().of_models;
    let found: Vec<_> =
        plans[0].candidates.iter().map(|of| (&*of.model.name, of.n3, of.learning_rate, of.epochs)).collect();
    assert_eq!(found, [("cp", 0.0, 0.1, 3), ("cp", 0.5, 0.1, 3)]);
}

#[test]
fn partitions_are_tried_of_models_that_have_some() {
    assert_eq!(sizes(&GridArguments::default(), "mei"), [[200, PARTITIONS]]);
    assert_eq!(sizes(&GridArguments::default(), "complex"), [[200, 1]]);
    let grid = GridArguments { dim: vec![8, 16], partitions: vec![2, 4], ..Default::default() };
    assert_eq!(sizes(&grid, "meim"), [[8, 2], [8, 4], [16, 2], [16, 4]]);
    assert_eq!(sizes(&grid, "rotate"), [[8, 1], [16, 1]]);
}

#[test]
fn settings_of_a_file_are_those_of_all_models_that_take_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let grid = || GridArguments { settings: Some(path.clone()), ..Default::default() };
    write(
        r#"{"model": {"name": "mei", "dim": 12, "partitions": 3, "orthogonality": 0.1}, "batch_size": 64}"#,
    );
    let plans = grid().plans(&["dist_mult", "meim"]).unwrap().of_models;
    let model = |at: usize| plans[at].candidates[0].model.clone();
    assert_eq!((model(0).dim, model(0).partitions, model(0).orthogonality), (12, 1, 0.0));
    assert_eq!((model(1).dim, model(1).partitions, model(1).orthogonality), (12, 3, 0.1));
    assert_eq!(plans[0].candidates[0].batch_size, 64);
    for (text, word) in [
        (r#"{"batch": 3}"#, "batch"),
        (r#"{"epochs": 0}"#, "epochs"),
        (r#"{"model": {"name": "mei", "orthogonality": -1}}"#, "orthogonality"),
    ] {
        write(text);
        let error = format!("{:#}", grid().plans(&["complex"]).err().unwrap());
        assert!(error.contains("settings.json") && error.contains(word), "{error}");
    }
}

#[test]
fn what_a_model_cannot_be_trained_with_is_refused() {
    let refused = |grid: GridArguments, model: &str| format!("{:#}", grid.plans(&[model]).err().unwrap());
    let grid = || GridArguments::default();
    let error = refused(GridArguments { dim: vec![7], ..grid() }, "complex");
    assert!(error.contains("candidate of complex") && error.contains("even"), "{error}");
    let error = refused(GridArguments { dim: vec![8], partitions: vec![3], ..grid() }, "mei");
    assert!(error.contains("multiple of the partitions"), "{error}");
    let error = refused(GridArguments { dim: vec![2000], partitions: vec![2], ..grid() }, "mei");
    assert!(error.contains("at most 512") && error.contains("found 2"), "{error}");
    let error = refused(GridArguments { n3: vec![f32::NAN], ..grid() }, "cp");
    assert!(error.contains("n3 must be"), "{error}");
    let error = refused(GridArguments { learning_rate: vec![0.1, 0.2, 0.1], ..grid() }, "cp");
    assert!(error.contains("--learning-rate: 0.1 is given twice"), "{error}");
    let error = refused(GridArguments { partitions: vec![0], ..grid() }, "cp");
    assert!(error.contains("--partitions: expected 1 to 65536"), "{error}");
}

/// A grid with a file of these settings, which is there as long as the folder.
fn with_file(text: &str, grid: GridArguments) -> (tempfile::TempDir, GridArguments) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.json");
    std::fs::write(&path, text).unwrap();
    (folder, GridArguments { settings: Some(path), ..grid })
}

#[test]
fn settings_by_model_go_before_flags_and_leave_the_rest_to_them() {
    let text = r#"{
        "complex": {"n3": 0.5},
        "meim": {"model": {"dim": 12, "orthogonality": 0.1}, "learning_rate": [0.1, 0.2], "epochs": 9, "batch_norm": true},
        "mei": {"model": {"dim": 8, "partitions": [2, 4]}}
    }"#;
    let flags =
        GridArguments { n3: vec![0.0, 0.3], dim: vec![40], epochs: Some(3), ..GridArguments::default() };
    let (_folder, grid) = with_file(text, flags);
    let Plans { common, of_models } = grid.plans(&["complex", "meim", "cp", "mei"]).unwrap();
    let tried = |at: usize| -> Vec<(f32, f32, usize, usize)> {
        let of = |t: &RelationTraining| (t.n3, t.learning_rate, t.model.dim, t.model.partitions);
        of_models[at].candidates.iter().map(of).collect()
    };
    assert_eq!(tried(0), LEARNING_RATES.map(|rate| (0.5, rate, 40, 1)));
    let meim = [(0.0, 0.1), (0.0, 0.2), (0.3, 0.1), (0.3, 0.2)];
    assert_eq!(tried(1), meim.map(|(n3, rate)| (n3, rate, 12, PARTITIONS)));
    assert_eq!(tried(2).len(), 2 * LEARNING_RATES.len());
    assert_eq!((tried(3)[0].3, tried(3).last().unwrap().3, tried(3).len()), (2, 4, 4 * LEARNING_RATES.len()));
    let first = |at: usize| &of_models[at].candidates[0];
    assert_eq!((common.epochs, first(0).epochs, first(1).epochs, first(2).epochs), (3, 3, 9, 3));
    assert!(first(1).batch_norm && first(1).model.orthogonality == 0.1 && !first(0).batch_norm);
}

#[test]
fn what_a_model_does_not_take_is_refused_where_the_file_says_it_of_that_model() {
    for (text, words) in [
        (
            r#"{"complex": {"model": {"partitions": 3}}}"#,
            ["candidate of complex", "partitions must be left out"],
        ),
        (r#"{"complex": {"model": {"orthogonality": 0.1}}}"#, ["candidate of complex", "orthogonality"]),
        (r#"{"rotate": {"batch_norm": true}}"#, ["candidate of rotate", "batch_norm"]),
        (r#"{"cp": {"learning_rate": -1}}"#, ["candidate of cp", "learning_rate"]),
    ] {
        // Nobody asks for these models.
        let (_folder, grid) = with_file(text, GridArguments::default());
        let error = format!("{:#}", grid.plans(&["dist_mult"]).err().unwrap());
        assert!(error.contains("models.json") && words.iter().all(|word| error.contains(word)), "{error}");
    }
}

/// The files that the pages name.
#[test]
fn files_of_settings_in_the_documents_can_be_trained_with() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/results/relations");
    let mut by_model = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let model = match SettingsFile::read(&path).unwrap() {
            SettingsFile::ForAll(training) => training.model.name,
            SettingsFile::ByModel(models) => {
                by_model += 1;
                models.into_keys().last().unwrap()
            }
        };
        let grid = GridArguments { settings: Some(path), ..GridArguments::default() };
        grid.plans(&[&model]).unwrap();
    }
    assert_eq!(by_model, 1);
}
