//! Candidates of models that take different settings.

use super::*;

fn sizes(grid: &GridArguments, model: &str) -> Vec<[usize; 2]> {
    let plans = grid.plans(&[model]).unwrap();
    let mut sizes: Vec<_> =
        plans[0].candidates.iter().map(|training| [training.model.dim, training.model.partitions]).collect();
    sizes.dedup();
    sizes
}

#[test]
fn every_combination_is_a_candidate_and_flags_replace_lists() {
    let all = GridArguments::default().plans(&["complex", "meim"]).unwrap();
    assert!(all.iter().all(|plan| plan.candidates.len() == N3.len() * LEARNING_RATES.len()));
    assert_eq!(all[0].candidates[1].learning_rate, LEARNING_RATES[1]);
    assert_eq!(all[0].common().unwrap().epochs, RelationTraining::default().epochs);
    let grid =
        GridArguments { n3: vec![0.0, 0.5], learning_rate: vec![0.1], epochs: Some(3), ..Default::default() };
    let plans = grid.plans(&["cp"]).unwrap();
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
    let plans = grid().plans(&["dist_mult", "meim"]).unwrap();
    let model = |at: usize| plans[at].common().unwrap().model.clone();
    assert_eq!((model(0).dim, model(0).partitions, model(0).orthogonality), (12, 1, 0.0));
    assert_eq!((model(1).dim, model(1).partitions, model(1).orthogonality), (12, 3, 0.1));
    assert_eq!(plans[0].common().unwrap().batch_size, 64);
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
