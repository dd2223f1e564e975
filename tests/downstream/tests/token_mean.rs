//! A searching module over token states from outside the workspace is called by name, and measured by a measure of its own.

use std::{path::Path, process::ExitCode};

use ess_downstream::{RotatedTask, TokenMean, TokenMeanConfig, register};
use ess_kit::{data::write_token_store, prelude::*, search::Error};

const DIM: usize = 8;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The queries, each token of which says which item is wanted.
fn states(queries: &QuerySet, items: &Embeddings) -> Result<TokenStates, ess_kit::core::Error> {
    let judged = queries.judgements().iter().enumerate();
    let tokens: Vec<_> = judged.map(|(row, judged)| items.row(judged[0].item).repeat(1 + row % 2)).collect();
    TokenStates::from_texts(queries.encodings().clone(), items.dim(), &tokens)
}

/// Writes queries with token states, items and judgements as `ess` reads them.
fn write_data(folder: &Path, task: &RotatedTask) -> TestResult {
    let named = |prefix: char, count| Ids::new((0..count).map(|i| format!("{prefix}{i}")).collect());
    let (states, provenance) = (states(&task.train, &task.items)?, Provenance::default());
    let (queries, items) = (folder.join("queries.safetensors"), folder.join("corpus.safetensors"));
    write_token_store(queries, &named('q', states.rows())?, &states, Dtype::F32, &provenance)?;
    write_store(items, &named('d', task.items.len())?, &task.items, Dtype::F32, &provenance)?;
    let judged = task.train.judgements().iter().enumerate();
    let lines: String = judged.map(|(q, judged)| format!("q{q}\td{}\t1\n", judged[0].item)).collect();
    Ok(std::fs::write(folder.join("qrels.tsv"), format!("query-id\tcorpus-id\tscore\n{lines}"))?)
}

/// What the measure says of the frozen encoder, by its definition.
fn first_two(task: &RotatedTask) -> Result<f64, ess_kit::core::Error> {
    let hits = FlatIndex::new(task.items.clone())?.search(task.train.encodings(), 2)?;
    let values = hits.iter().zip(task.train.judgements()).map(|(hits, judged)| {
        let rank = hits.iter().position(|hit| hit.item == judged[0].item);
        rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
    });
    Ok(values.sum::<f64>() / hits.len() as f64)
}

#[test]
fn the_commands_train_it_and_measure_it_by_name() -> TestResult {
    register()?;
    let folder = tempfile::tempdir()?;
    let task = RotatedTask::generate(300, DIM, 0.1, 0)?;
    write_data(folder.path(), &task)?;
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let [data, qrels, module, report] = ["", "qrels.tsv", "token_mean", "evaluation.json"].map(path);
    let ess = |arguments: &[&str]| {
        let arguments = [&["ess"], arguments, &["--quiet"]].concat();
        assert_eq!(ess_cli::run_from(arguments.iter().copied()), ExitCode::SUCCESS, "{arguments:?}");
    };
    let how = ["--module", "token_mean", "--learning-rate", "0.05", "--weight-decay", "0", "--out", &module];
    ess(&[&["train", "--embeddings", &data, "--train", &qrels][..], &how].concat());
    let measured = ["--module", &module, "--measure", "first_two", "ndcg@10", "--json", &report];
    ess(&[&["evaluate", "--embeddings", &data, "--qrels", &qrels][..], &measured].concat());

    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report)?)?;
    let mean = |system: &str| report["systems"][system]["first_two"]["mean"].as_f64();
    let (frozen, trained) = mean("frozen").zip(mean("token_mean")).ok_or_else(|| report.to_string())?;
    assert!((frozen - first_two(&task)?).abs() < 1e-9, "{frozen}");
    assert!(trained > frozen + 0.1, "frozen {frozen}, trained {trained}");
    assert!(RecipeConfig::token_kinds().contains(&TokenMean::KIND));
    Ok(())
}

#[test]
fn it_keeps_what_every_searching_module_promises() -> TestResult {
    let task = RotatedTask::generate(50, DIM, 0.1, 0)?;
    let (states, device) = (states(&task.train, &task.items)?, Device::flex());
    let made =
        |dim| Ok::<_, Error>(OnDevice::new(TokenMean::init(&TokenMeanConfig { dim }, &device)?, &device));
    ess_kit::testing::search_module::conforms_on(&made(DIM)?, &states, 1e-5);
    assert_eq!(&made(DIM)?.apply(&states)?, states.embeddings());
    assert!(made(DIM + 1)?.apply(&states).is_err());
    assert!(matches!(made(0), Err(Error::Config { name: "dim", .. })));
    Ok(())
}
