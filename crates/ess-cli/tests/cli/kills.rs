//! Programs that are killed as they write: what belongs together is all of the old or all of the new.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, EmbeddingStore, write_ids, write_npy};
use ess_search::{Attachments, ModuleState};
use rand::{RngExt, SeedableRng};

use crate::{
    program::{command, read_json, run},
    small_data::SmallData,
};

const KILLS: usize = 24;

/// A process that does not outlive the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a folder shows to whoever lists it, less the locks.
fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.ends_with(".lock")).collect()
}

/// Starts a program and waits until something new is in the folder.
fn started_to_write(name: &str, arguments: &[String], folder: &Path) -> Running {
    let mut shown = names(folder);
    let mut command = command(name);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = Running(command.spawn().unwrap());
    let started = Instant::now();
    while program.0.try_wait().unwrap().is_none() && started.elapsed() < Duration::from_secs(60) {
        let now = names(folder);
        if !now.is_subset(&shown) {
            break;
        }
        shown = now;
    }
    program
}

/// Runs a program again and again, with these arguments in turn, and kills it at some moment between its first file and its
/// end; calls `look` after each.
fn killed_as_it_writes(name: &str, arguments: [&[String]; 2], folder: &Path, mut look: impl FnMut()) {
    let mut whole = started_to_write(name, arguments[0], folder);
    let started = Instant::now();
    assert!(whole.0.wait().unwrap().success());
    let writing = started.elapsed();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    for kill in 0..KILLS {
        let program = started_to_write(name, arguments[(kill + 1) % 2], folder);
        std::thread::sleep(writing.mul_f64(random.random_range(0.0..1.2)));
        drop(program);
        look();
    }
}

/// The kind of module that the settings of its run ask for, in a folder that is whole.
fn agreed(module: &Path) -> String {
    let state = ModuleState::load(module).unwrap();
    let attached = Attachments::load(module).unwrap();
    let kind = &attached.get("config.json").unwrap()["module"]["kind"];
    assert_eq!(kind, state.description.kind.as_str());
    for file in ["config.json", "training.json"] {
        if module.join(file).exists() {
            let shown = read_json(&module.join(file));
            let shown = if file == "config.json" { &shown["module"]["kind"] } else { &shown["module"] };
            assert_eq!(shown, kind, "{file} is of another module");
        }
    }
    state.description.kind
}

#[test]
fn module_and_settings_agree_whenever_training_is_killed() {
    // Without an identity, what was trained is what is saved.
    let data = SmallData::new(6, 4);
    let module = data.path("module");
    let arguments = |kind: &str| {
        let own = ["--embeddings", &data.text(""), "--train", &data.text("qrels.tsv"), "--quiet"];
        let more = ["--out", &data.text("module"), "--max-steps", "1", "--module", kind];
        own.into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut found = vec!["linear".to_owned()];
    killed_as_it_writes("train", [&arguments("linear"), &arguments("low_rank")], &module, || {
        found.push(agreed(&module));
    });
    let replaced = found.windows(2).filter(|pair| pair[0] != pair[1]).count();
    println!("{KILLS} kills of train, {replaced} after the new module was there");
    assert!(replaced > 0, "all kills came before the end");
    data.train(&["--module", "low_rank"]).succeeded();
    assert_eq!(agreed(&module), "low_rank");
    let left = names(&module);
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_changed_byte_of_the_settings_is_refused_and_a_missing_copy_is_not_missed() {
    let data = SmallData::new(4, 4);
    data.train(&["--module", "token_attention", "--feedback", "5"]).succeeded();
    let (module, settings) = (data.text("module"), data.path("module/config.json"));
    let whole = std::fs::read_to_string(&settings).unwrap();
    for (from, to) in [("\"feedback\": 5", "\"feedback\": 7"), ("feedback", "fedback"), ("{", "[")] {
        std::fs::write(&settings, whole.replacen(from, to, 1)).unwrap();
        data.evaluate(&["--module", &module]).failed_with(&["config.json", "expected", "module.json"]);
    }
    std::fs::remove_file(&settings).unwrap();
    data.evaluate(&["--module", &module]).succeeded();
    let manifest = data.path("module/module.json");
    let first = read_json(&manifest);
    data.train(&["--config", &module]).succeeded();
    assert_eq!(read_json(&manifest), first);
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), whole);
}

#[test]
fn the_settings_of_folders_of_earlier_versions_are_those_beside_the_module() {
    let data = SmallData::new(4, 4);
    data.train(&["--module", "token_attention", "--feedback", "5"]).succeeded();
    let (module, path) = (data.text("module"), data.path("module/module.json"));
    let mut manifest = read_json(&path);
    let members = manifest.as_object_mut().unwrap();
    members.retain(|name, _| name != "attachments" && name != "checksum");
    members.insert("version".to_owned(), 1.into());
    std::fs::write(&path, manifest.to_string()).unwrap();
    data.evaluate(&["--module", &module]).succeeded();
    // The settings are what says so: without them token states would be read, and there are none.
    std::fs::remove_file(data.path("module/config.json")).unwrap();
    data.evaluate(&["--module", &module]).failed_with(&["no token states"]);
}

#[test]
fn a_report_of_an_import_is_of_the_store_that_is_there_whenever_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for rows in [1_usize, 2] {
        let ids = Ids::new((0..rows).map(|row| format!("d{row}")).collect()).unwrap();
        write_ids(at(&format!("{rows}.ids")), &ids).unwrap();
        let matrix = Embeddings::from_vec(vec![0.5; rows * 8], 8).unwrap();
        write_npy(at(&format!("{rows}.npy")), &matrix, Dtype::F32).unwrap();
    }
    let arguments = |rows: usize| {
        let (npy, ids) = (at(&format!("{rows}.npy")), at(&format!("{rows}.ids")));
        let (out, json) = (at("out.safetensors"), at("report.json"));
        ["--npy", &npy, "--ids", &ids, "--out", &out, "--json", &json, "--quiet"].map(str::to_owned)
    };
    let report = || folder.path().join("report.json");
    // Of this many rows, by the store and by the report, if there is one.
    let agreed = || {
        let rows = EmbeddingStore::open(at("out.safetensors")).unwrap().len();
        if report().exists() {
            assert_eq!(read_json(&report())["rows"], rows, "the report is of another store");
        }
        rows
    };
    let (mut without_report, mut found) = (0, vec![1]);
    killed_as_it_writes("import", [&arguments(1), &arguments(2)], folder.path(), || {
        found.push(agreed());
        without_report += usize::from(!report().exists());
    });
    let replaced = found.windows(2).filter(|pair| pair[0] != pair[1]).count();
    println!(
        "{KILLS} kills of import, {replaced} after the new store was there, {without_report} without a report"
    );
    assert!(replaced > 0, "all kills came before the end");
    run("import", arguments(2)).succeeded();
    assert_eq!((agreed(), report().exists()), (2, true));
    assert_eq!(names(folder.path()).len(), 6);
}
