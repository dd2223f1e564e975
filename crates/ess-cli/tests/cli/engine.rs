//! `engine`, and `ess` as a program that has an engine of its own.

pub(crate) mod shelf;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use ess_data::EmbeddingStore;
use ess_engines::register_engine;

use self::shelf::{Held, Shelf, ShelfConfig};
use crate::{
    program::{Outcome, outcome, run},
    small_data::{ITEMS, SmallData},
};

/// The variable with the command line of [`the_program`], as JSON.
const ARGUMENTS: &str = "ESS_TEST_ARGUMENTS";

/// Runs `ess` as a program that has the engine `shelf`.
pub(crate) fn with_shelf(arguments: &[&str]) -> Outcome {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--ignored", "--exact", "--nocapture", "engine::the_program"]);
    program.env(ARGUMENTS, serde_json::to_string(arguments).unwrap()).env_remove("RUST_BACKTRACE");
    outcome(&mut program)
}

#[test]
#[ignore = "the other tests run it, as a process"]
fn the_program() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let arguments: Vec<String> = serde_json::from_str(&arguments).unwrap();
    register_engine::<Shelf>().unwrap();
    let status = ess_cli::run_from(["ess".to_owned()].into_iter().chain(arguments));
    std::process::exit(i32::from(status != ExitCode::SUCCESS));
}

/// Settings of a shelf in a folder; one that is as it should be.
pub(crate) fn shelf(folder: &Path, dim: usize) -> ShelfConfig {
    ShelfConfig { file: folder.join("shelf.json"), dim, dies_after: None, lost_from: None }
}

/// Writes settings; `shelf=FILE`.
pub(crate) fn named(config: &ShelfConfig) -> String {
    let path: PathBuf = config.file.with_extension("settings.json");
    let mut settings = serde_json::to_value(config).unwrap();
    settings["requests"] = serde_json::json!({ "retries": 0 });
    std::fs::write(&path, settings.to_string()).unwrap();
    format!("shelf={}", path.display())
}

/// The ids of a run, line by line, without similarities and the run's name.
fn ranking(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split(' ').take(4).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn what_is_uploaded_is_found_as_in_an_index() {
    let data = SmallData::new(4, 4);
    let (folder, items, queries) =
        (data.text(""), data.text("corpus.safetensors"), data.text("queries.safetensors"));
    let config = shelf(&data.path(""), 4);
    let engine = named(&config);
    let search = |run: &str| {
        let own = ["engine", "search", "--engine", &engine, "--items", &items, "--queries", &queries];
        with_shelf(&[&own[..], &["-k", "7", "--write-run", run]].concat())
    };
    search(&data.text("early.run")).failed_with(&[
        "corpus.safetensors",
        "40 items",
        "found 0",
        "ess engine upload",
    ]);
    let json = data.text("uploaded.json");
    let upload =
        ["engine", "upload", "--embeddings", &folder, "--engine", &engine, "--part", "16", "--json", &json];
    with_shelf(&upload).succeeded();
    let uploaded = crate::program::read_json(Path::new(&json));
    assert_eq!((&uploaded["items"], &uploaded["sent"]), (&ITEMS.into(), &ITEMS.into()), "{uploaded}");
    let held = Held::read(&config.file);
    assert_eq!(held.stored, [(0, 16), (16, 16), (32, 8)]);
    assert!(held.are(&EmbeddingStore::open(&items).unwrap().to_embeddings().unwrap()));
    with_shelf(&upload).succeeded();
    assert_eq!(Held::read(&config.file).stored.len(), 3);

    let (index, expected, found) = (data.text("index"), data.path("index.run"), data.path("engine.run"));
    run("index build", ["--items", &items, "--out", &index]).succeeded();
    let own = ["--index", &index, "--queries", &queries, "-k", "7"];
    run("index search", [&own[..], &["--write-run", expected.to_str().unwrap()]].concat()).succeeded();
    search(found.to_str().unwrap()).succeeded();
    assert_eq!(ranking(&found), ranking(&expected));
    run("evaluate", ["--run", found.to_str().unwrap(), "--qrels", &data.text("qrels.tsv")]).succeeded();
}

#[test]
fn what_an_engine_cannot_take_is_refused() {
    let (data, other) = (SmallData::new(4, 4), SmallData::new(4, 4));
    let config = shelf(&data.path(""), 4);
    let upload = |data: &SmallData, config: &ShelfConfig| {
        with_shelf(&["engine", "upload", "--embeddings", &data.text(""), "--engine", &named(config)])
    };
    let wide = ShelfConfig { dim: 5, ..config.clone() };
    upload(&data, &wide).failed_with(&["expected items of 5 dimensions, found 4"]);
    assert!(Held::read(&config.file).stored.is_empty());
    upload(&data, &config).succeeded();
    upload(&data, &wide).failed_with(&["expected dimension 5, found 4"]);
    // Of another folder, which did not upload them.
    upload(&other, &config).failed_with(&["a collection without items", "found 40 items"]);
    assert_eq!(Held::read(&config.file).stored, [(0, ITEMS)]);
    let journal = data.path("corpus.uploads.json");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("\"end\": 40", "\"end\": 39", 1)).unwrap();
    upload(&data, &config).failed_with(&["corpus.uploads.json"]);
}

#[test]
fn an_engine_that_the_program_does_not_have_is_named() {
    let data = SmallData::new(4, 4);
    let settings = data.text("settings.json");
    std::fs::write(&settings, "{}").unwrap();
    let upload = |engine: &str| {
        let engine = format!("{engine}={settings}");
        run("engine upload", ["--embeddings", &data.text(""), "--engine", &engine])
    };
    upload("elsewhere").failed_with(&["settings.json", "expected an engine of this program", "elsewhere"]);
    #[cfg(not(feature = "pgvector"))]
    upload("pgvector").failed_with(&["settings.json", "--features encoders,pgvector"]);
    with_shelf(&[
        "engine",
        "upload",
        "--embeddings",
        &data.text(""),
        "--engine",
        &format!("shelf={settings}"),
    ])
    .failed_with(&["the settings of the engine shelf", "file"]);
}
