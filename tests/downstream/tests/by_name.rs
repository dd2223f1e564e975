//! A module, a loss, a measure and a feature that ESS does not have, called by name wherever its own are.

use std::{path::Path, process::ExitCode, sync::Once};

use ess_downstream::{PairRotation, Pull, RotatedTask, register};
use ess_kit::{
    auto::{Auto, AutoConfig, Collection, TrainingQueries},
    metrics::NamedMeasure,
    prelude::*,
    train::{LossKind, WeightedSum},
};
use serde::{Deserialize, Serialize};

const DIM: usize = 8;

/// What a file of settings has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    module: RecipeConfig,
    trainer: TrainerConfig,
}

/// Once a process, as a program does it.
fn register_once() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| register().expect("names of their own"));
}

fn settings() -> Settings {
    register_once();
    serde_json::from_str(include_str!("../recipes/rotation.json")).expect("settings")
}

#[test]
fn one_file_of_settings_trains_all_three() {
    let Settings { module, trainer } = settings();
    let task = RotatedTask::generate(300, DIM, 0.1, 0).unwrap();
    let items = Items::new(&task.items, &Device::flex());
    let trainer = Trainer::new(trainer).unwrap().with_progress(Progress::Silent);
    let recipe = module.build(DIM, DIM, 0).unwrap();
    let fitted = trainer.fit(&*recipe, &items, &task.train, &task.dev).unwrap();
    let guard = &fitted.report.guard;
    assert_eq!(
        (guard.returned, guard.measure.as_str()),
        (Returned::Trained, "first_two@10"),
        "{}",
        guard.reason
    );
    assert!(guard.trained > 0.9, "{}", guard.reason);

    // Saved, and loaded by a registry that was told nothing.
    let folder = tempfile::tempdir().unwrap();
    fitted.module.to_state().unwrap().save(folder.path()).unwrap();
    let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
    let test = task.test.encodings();
    assert_eq!(loaded.apply(test).unwrap(), fitted.module.apply(test).unwrap());

    // Without dev queries too, as automatic choice trains it.
    recipe.train_without_dev(&trainer, &items, &task.train).unwrap();
}

#[test]
fn settings_are_written_and_read_and_checked_as_others_are() {
    let before = settings();
    let json = serde_json::to_string(&before).unwrap();
    let after: Settings = serde_json::from_str(&json).unwrap();
    assert_eq!((after.module, &after.trainer), (before.module, &before.trainer));
    let sum = after.trainer.loss.settings::<WeightedSum>().unwrap().clone();
    assert_eq!(sum.terms[1].loss.settings::<Pull>(), Some(&Pull { strength: 2.0 }));

    assert!(RecipeConfig::kinds().contains(&PairRotation::KIND) && LossConfig::kinds().contains(&Pull::KIND));
    assert_eq!(RecipeConfig::named("pair_rotation").unwrap().kind(), "pair_rotation");
    assert_eq!("first_two".parse::<NamedMeasure>().unwrap().to_string(), "first_two");
    for odd in [r#"{"kind": "pair_rotation", "dmi": 4}"#, r#"{"kind": "pair_rotations"}"#] {
        assert!(serde_json::from_str::<RecipeConfig>(odd).is_err(), "{odd}");
    }
    let uneven: RecipeConfig = serde_json::from_str(r#"{"kind": "pair_rotation", "dim": 3}"#).unwrap();
    assert!(uneven.build(3, 3, 0).is_err());
    let negative: LossConfig = serde_json::from_str(r#"{"kind": "pull", "strength": -1.0}"#).unwrap();
    assert!(negative.build().is_err());
}

#[test]
fn automatic_choice_trains_it_and_takes_it() {
    register_once();
    let task = RotatedTask::generate(200, DIM, 0.1, 0).unwrap();
    let config: AutoConfig = serde_json::from_str(
        r#"{
            "features": ["dense", "trained_module"],
            "trained_modules": [{
                "name": "rotation",
                "module": {"kind": "pair_rotation"},
                "trainer": {"learning_rate": 0.05, "weight_decay": 0.0, "max_steps": 60}
            }]
        }"#,
    )
    .unwrap();
    let ids = Ids::new((0..task.items.len()).map(|item| format!("d{item}")).collect()).unwrap();
    let collection = Collection::new(ids, task.items.clone()).unwrap();
    let train = TrainingQueries::new(task.train.clone());
    let auto = Auto::new(config).unwrap().with_progress(Progress::Silent);
    let (module, report) = auto.fit(&collection, &train, None, None).unwrap();
    assert_eq!(report.dense.trial.as_deref(), Some("rotation"), "{}", report.dense.reason);

    // Saved and loaded; and better on queries for items that no training query asked for.
    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let loaded = ess_kit::auto::AutoModule::load(folder.path()).unwrap().expect("the folder has a choice");
    let first = |module: &ess_kit::auto::AutoModule| -> Vec<usize> {
        let searcher = module.bind(&collection).unwrap();
        let hits = searcher.search(task.test.encodings(), 1).unwrap();
        hits.iter().map(|hits| hits[0].item).collect()
    };
    let relevant: Vec<usize> = task.test.judgements().iter().map(|judged| judged[0].item).collect();
    let right =
        |found: &[usize]| found.iter().zip(&relevant).filter(|(found, wanted)| found == wanted).count();
    let frozen = FlatIndex::new(task.items.clone()).unwrap().search(task.test.encodings(), 1).unwrap();
    let frozen: Vec<usize> = frozen.iter().map(|hits| hits[0].item).collect();
    let (chosen, frozen) = (right(&first(&loaded)), right(&frozen));
    assert!(chosen > frozen, "{chosen} and {frozen} of {} first hits are right", relevant.len());
    assert_eq!(first(&loaded), first(&module));
}

/// Writes queries, items and judgements as `ess` reads them.
fn write_data(folder: &Path, task: &RotatedTask) -> Result<(), Box<dyn std::error::Error>> {
    let named = |prefix: char, count| Ids::new((0..count).map(|i| format!("{prefix}{i}")).collect());
    let (queries, provenance) = (task.train.encodings(), Provenance::default());
    let (items, dtype) = (&task.items, Dtype::F32);
    write_store(
        folder.join("queries.safetensors"),
        &named('q', queries.len())?,
        queries,
        dtype,
        &provenance,
    )?;
    write_store(folder.join("corpus.safetensors"), &named('d', items.len())?, items, dtype, &provenance)?;
    let judged = task.train.judgements().iter().enumerate();
    let lines: String = judged.map(|(q, judged)| format!("q{q}\td{}\t1\n", judged[0].item)).collect();
    std::fs::write(folder.join("qrels.tsv"), format!("query-id\tcorpus-id\tscore\n{lines}"))?;
    Ok(())
}

/// Writes a text for each query and item, none of which says anything.
fn write_texts(folder: &Path, task: &RotatedTask) -> std::io::Result<()> {
    for (file, prefix, count) in
        [("queries.jsonl", 'q', task.train.encodings().len()), ("corpus.jsonl", 'd', task.items.len())]
    {
        let lines =
            (0..count).map(|i| format!("{{\"_id\": \"{prefix}{i}\", \"text\": \"text of {prefix}{i}\"}}\n"));
        std::fs::write(folder.join(file), lines.collect::<String>())?;
    }
    Ok(())
}

#[test]
fn the_commands_of_automatic_choice_weigh_its_feature() {
    register_once();
    let folder = tempfile::tempdir().unwrap();
    let task = RotatedTask::generate(150, DIM, 0.1, 0).unwrap();
    write_data(folder.path(), &task).unwrap();
    write_texts(folder.path(), &task).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, qrels, config) = (path(""), path("qrels.tsv"), path("auto.json"));
    std::fs::write(&config, r#"{"features": ["dense", "pair_norms"], "pool": 10, "trained_modules": []}"#)
        .unwrap();
    let ess = |arguments: &[&str]| {
        let arguments = [&["ess"], arguments, &["--quiet"]].concat();
        assert_eq!(ess_cli::run_from(arguments.iter().copied()), ExitCode::SUCCESS, "{arguments:?}");
    };
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
    };
    let (choice, report) = (path("choice"), path("evaluation.json"));
    let train = ["--module", "auto", "--config", &config, "--embeddings", &data, "--train", &qrels];
    ess(&[&["train"], &train[..], &["--out", &choice]].concat());
    let weights = &json("choice/training.json")["dense"]["second"];
    assert!(weights["pair_norms"].as_f64().is_some_and(|weight| weight > 0.0), "{weights}");
    ess(&["evaluate", "--embeddings", &data, "--qrels", &qrels, "--module", &choice, "--json", &report]);

    // The settings that the choice was made with, by its folder.
    let (set, out, table) =
        (format!("rotated={data},{data},{qrels},,{qrels}"), path("auto.md"), path("auto-table.json"));
    let compare = ["compare", "auto", "--config", &choice, "--data", &set, "--out", &out, "--json", &table];
    ess(&compare);
    let found = json("auto-table.json").to_string();
    assert!(found.contains("pair_norms"), "{found}");
}

#[test]
fn the_commands_of_ess_know_it() {
    register_once();
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), &RotatedTask::generate(150, DIM, 0.1, 0).unwrap()).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, qrels) = (path(""), path("qrels.tsv"));
    let ess = |command: &[&str], flags: &[&str]| {
        let arguments = [&["ess"], command, flags, &["--quiet"]].concat();
        assert_eq!(ess_cli::run_from(arguments.iter().copied()), ExitCode::SUCCESS, "{arguments:?}");
    };
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
    };

    let (module, report) = (path("module"), path("evaluation.json"));
    let training = ["--embeddings", &data, "--train", &qrels, "--module", "pair_rotation", "--loss", "pull"];
    let how = ["--learning-rate", "0.05", "--weight-decay", "0", "--out", &module];
    ess(&["train"], &[&training[..], &how].concat());
    assert_eq!(json("module/training.json")["module"], "pair_rotation");
    ess(&["evaluate"], &["--embeddings", &data, "--qrels", &qrels, "--module", &module, "--json", &report]);
    let [items, queries, index, link, dense] =
        ["corpus.safetensors", "queries.safetensors", "items.index", "link.json", "dense"].map(path);
    ess(&["calibrate"], &["--embeddings", &data, "--qrels", &qrels, "--module", &module, "--out", &link]);
    ess(&["export"], &["--module", &module, "--dense", &dense]);
    ess(&["index", "build"], &["--items", &items, "--out", &index]);
    ess(&["index", "search"], &["--index", &index, "--queries", &queries, "--module", &module]);
    let tune = ["--index", &index, "--queries", &queries, "--items", &items, "--module", &module];
    ess(&["index", "tune"], &tune);

    let (set, out, table) =
        (format!("rotated={data},{qrels},,{qrels}"), path("table.md"), path("table.json"));
    let compare = ["--data", &set, "--system", "pair_rotation", "--out", &out, "--json", &table];
    ess(&["compare", "modules"], &compare);
    let rotation = &json("table.json")["cells"][1];
    assert_eq!(rotation["system"]["recipe"]["recipe"]["kind"], "pair_rotation");
    assert!(rotation["outcome"]["measured"]["value"].as_f64().unwrap() > 0.0, "{rotation}");
    assert!(std::fs::read_to_string(&out).unwrap().contains("| pair_rotation |"));

    // The same in a measure of its own, to which a third rank is as good as none.
    ess(&["compare", "modules"], &[&compare[..], &["--measure", "first_two@10"]].concat());
    let (page, table) = (std::fs::read_to_string(&out).unwrap(), json("table.json"));
    assert!(page.contains("\nfirst_two@10 on test queries") && !page.contains("nDCG"), "{page}");
    assert_eq!(table["measure"], "first_two@10");
    let [frozen, rotation] = [0, 1].map(|cell| &table["cells"][cell]["outcome"]["measured"]);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    for measured in [frozen, rotation] {
        let by_query = measured["by_query"].as_array().unwrap();
        assert!(by_query.iter().all(|value| [0.0, 0.5, 1.0].contains(&number(value))), "{measured}");
    }
    let difference = number(&rotation["value"]) - number(&frozen["value"]);
    assert!((number(&rotation["difference"]) - difference).abs() < 1e-9, "{rotation}");
    assert_eq!(rotation["report"]["guard"]["measure"], "first_two@10");
}
