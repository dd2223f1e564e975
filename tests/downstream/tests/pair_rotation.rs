//! A searching module from outside the workspace is trained, averaged, saved and loaded as those of ESS are.

use ess_downstream::{PairRotation, PairRotationConfig, RotatedTask};
use ess_kit::{
    prelude::*,
    search::{Error, HostTensor, ModuleState},
    train::EnsembleRecipe,
};

const DIM: usize = 16;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn task() -> Result<RotatedTask, ess_kit::train::Error> {
    RotatedTask::generate(1000, DIM, 0.2, 7)
}

fn fit(recipe: &dyn Recipe, task: &RotatedTask) -> Result<Fitted, ess_kit::train::Error> {
    let config = TrainerConfig {
        learning_rate: 0.02,
        weight_decay: 0.0,
        max_steps: 120,
        measure: "mrr@10".parse()?,
        ..TrainerConfig::default()
    };
    let trainer = Trainer::new(config)?.with_progress(Progress::Silent);
    trainer.fit(recipe, &Items::new(&task.items, &Device::flex()), &task.train, &task.dev)
}

fn rotation_recipe() -> ModuleRecipe<PairRotation> {
    ModuleRecipe::new(PairRotationConfig { dim: DIM })
}

fn untrained() -> Result<OnDevice<PairRotation>, Error> {
    let device = Device::flex();
    Ok(OnDevice::new(PairRotation::init(&PairRotationConfig { dim: DIM }, &device)?, &device))
}

/// A rotation of the kind with these angles, by way of its state, as a saved one would come.
fn turned(angles: &[f32]) -> Result<Box<dyn PersistentModule>, Error> {
    let mut state = untrained()?.to_state()?;
    let tensor = HostTensor::new("angles", vec![angles.len()], angles.to_vec())?;
    state.tensors.insert("angles".to_owned(), tensor);
    Registry::default().with::<PairRotation>().build(&state, &Device::flex())
}

#[test]
fn training_finds_the_hidden_angles_and_searches_items_it_never_saw() -> TestResult {
    let task = task()?;
    let fitted = fit(&rotation_recipe(), &task)?;
    assert_eq!(fitted.report.guard.returned, Returned::Trained, "{}", fitted.report.guard.reason);
    assert_eq!(fitted.report.parameters, DIM / 2);
    let state = fitted.module.to_state()?;
    let learned = state.tensors["angles"].values();
    // Training stops when the ranking is as good as it gets, which is before the angles are exact.
    let off: f32 =
        learned.iter().zip(&task.angles).map(|(a, b)| (a - b).abs()).sum::<f32>() / learned.len() as f32;
    assert!(off < 0.1, "hidden angles {:?}, learned {learned:?}", task.angles);
    let items = Items::new(&task.items, &Device::flex());
    let test = DevSet::new(&task.test, &items, "mrr@10".parse()?)?;
    let (frozen, trained) = (test.mean(&Identity::new(DIM))?, test.mean(&fitted.module)?);
    assert!(frozen < 0.4 && trained > 0.8, "mrr@10: frozen {frozen}, trained {trained}");
    Ok(())
}

#[test]
fn it_starts_as_the_identity_and_turns_as_the_definition_says() -> TestResult {
    let queries = task()?.test.encodings().clone();
    assert_eq!(untrained()?.apply(&queries)?, queries);

    let angles: Vec<f32> = (0..DIM / 2).map(|i| i as f32 * 0.7 - 2.0).collect();
    let found = turned(&angles)?.apply(&queries)?;
    for (query, found) in queries.rows().zip(found.rows()) {
        for (i, angle) in angles.iter().enumerate() {
            let (x, y) = (query[2 * i], query[2 * i + 1]);
            let expected = [x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos()];
            assert!(
                (found[2 * i] - expected[0]).abs() < 1e-6 && (found[2 * i + 1] - expected[1]).abs() < 1e-6
            );
        }
    }
    Ok(())
}

#[test]
fn it_passes_the_conformance_suite_alone_and_in_an_ensemble() -> TestResult {
    let angles: Vec<f32> = (0..DIM / 2).map(|i| (i as f32).sin()).collect();
    let rotation = turned(&angles)?;
    ess_kit::testing::search_module::conforms(&rotation, 1e-5);
    let linear = Linear::init(&LinearConfig::new(DIM, DIM), &Device::flex())?;
    let linear = OnDevice::new(linear, &Device::flex());
    let ensemble = Ensemble::new(vec![rotation, Box::new(linear)], Averaging::AfterNormalization)?;
    ess_kit::testing::search_module::conforms(&ensemble, 1e-5);
    Ok(())
}

#[test]
fn a_trained_ensemble_with_a_linear_module_comes_back_from_its_folder() -> TestResult {
    let task = task()?;
    let recipe = EnsembleRecipe::new(Averaging::AfterNormalization)
        .with(rotation_recipe())
        .with(ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM)));
    let fitted = fit(&recipe, &task)?;
    assert_eq!(fitted.report.guard.returned, Returned::Trained, "{}", fitted.report.guard.reason);
    assert_eq!(fitted.report.curves.len(), 2);

    let folder = tempfile::tempdir()?;
    fitted.module.to_state()?.save(folder.path())?;
    let loaded = Registry::default().with::<PairRotation>().load(folder.path(), &Device::flex())?;
    assert_eq!(loaded.to_state()?, fitted.module.to_state()?);
    let queries = task.test.encodings();
    let mapped: Embeddings = loaded.apply(queries)?;
    assert_eq!(mapped, fitted.module.apply(queries)?);
    assert_ne!(&mapped, queries);
    Ok(())
}

#[test]
fn a_registry_that_was_not_told_of_the_kind_names_what_it_knows() -> TestResult {
    let folder = tempfile::tempdir()?;
    untrained()?.to_state()?.save(folder.path())?;
    let found = Registry::default().load(folder.path(), &Device::flex()).err().ok_or("loaded")?;
    let message = found.to_string();
    assert!(matches!(found, Error::UnknownKind { .. }), "{message}");
    assert!(message.contains("pair_rotation") && message.contains("linear"), "{message}");
    Ok(())
}

#[test]
fn saved_angles_that_do_not_fit_the_config_are_refused() -> TestResult {
    let registry = Registry::default().with::<PairRotation>();
    let build = |state: &ModuleState| registry.build(state, &Device::flex()).err();
    assert!(matches!(turned(&[0.5; DIM]).err(), Some(Error::TensorShape { name, .. }) if name == "angles"));

    let mut state = untrained()?.to_state()?;
    state.description.config = serde_json::json!({"dim": DIM + 1});
    assert!(matches!(build(&state), Some(Error::Config { name: "dim", .. })));
    state.description.config = serde_json::json!({"dim": DIM, "angels": 8});
    assert!(matches!(build(&state), Some(Error::ConfigSyntax { .. })));
    Ok(())
}
