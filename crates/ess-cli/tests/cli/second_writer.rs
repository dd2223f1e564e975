//! A program whose output another is writing says so at once, before any work, and leaves it alone.

mod programs;

use std::{collections::BTreeSet, path::Path};

use ess_files::{FileLock, FolderLock};

use self::programs::{Written, built, programs};
use crate::{program::run, small_data::SmallData};

/// Every flag that names what its program writes, but for `--json`; a test of the command line says that there are no others.
const OUTPUTS: &str = include_str!("outputs.txt");

#[test]
fn every_program_that_works_for_long_is_told_before_its_work_that_another_writes_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(at("no-data")).unwrap();
    std::fs::write(at("no-text"), "").unwrap();
    for (folder, files) in [("no-module", &["module.json", "config.json"][..]), ("no-graph", &["train.txt"])]
    {
        std::fs::create_dir(at(folder)).unwrap();
        files.iter().for_each(|file| std::fs::write(Path::new(&at(folder)).join(file), "").unwrap());
    }
    for (name, arguments, written, kind) in programs() {
        let arguments: Vec<String> = arguments
            .split(' ')
            .map(|argument| match ["OUT", "module", "x"].contains(&argument) {
                true => at(argument),
                false => argument.replace("no-", &at("no-")),
            })
            .collect();
        let busy = at(written);
        let (file, folder) = match kind {
            Written::File => (Some(FileLock::acquire(Path::new(&busy)).unwrap()), None),
            Written::Folder => (None, Some(FolderLock::acquire(Path::new(&busy)).unwrap())),
        };
        run(name, &arguments).failed_with(&["another writer is at work", &busy]);
        drop((file, folder));
        // The results as JSON are an output of every program.
        let json = at("results.json");
        let with_json = [&arguments[..], &["--json".to_owned(), json.clone()]].concat();
        let lock = FileLock::acquire(Path::new(&json)).unwrap();
        if !arguments.contains(&"--json".to_owned()) {
            run(name, &with_json).failed_with(&["another writer is at work", &json]);
        }
        drop(lock);
        // Alone, it goes on to what is missing.
        run(name, &arguments).failed_with(&[&at("no-")]);
        // Made for a file in it that another had.
        let _ = std::fs::remove_dir(at("OUT"));
    }
}

#[test]
fn every_output_of_every_program_is_one_that_another_may_have() {
    let flags = |(name, arguments, ..): programs::Program| {
        let words: Vec<&str> = arguments.split(' ').collect();
        let named = words.windows(2).filter(|pair| pair[1] == "OUT" && pair[0] != "--json");
        named.map(|pair| format!("{name} {}", pair[0])).collect::<Vec<_>>()
    };
    let tried: BTreeSet<String> = programs().flat_map(flags).collect();
    let program = |line: &str| line.rsplit_once(' ').map(|(program, _)| built(program));
    let outputs = OUTPUTS.lines().filter(|line| program(line) == Some(true)).map(str::to_owned);
    assert_eq!(tried, outputs.collect::<BTreeSet<_>>());
}

#[test]
fn programs_that_write_a_folder_at_the_end_are_told_as_well() {
    let data = SmallData::new(4, 4);
    data.train(&[]).succeeded();
    let (module, dense, again) = (data.text("module"), data.text("dense"), data.text("again"));
    let lock = FolderLock::acquire(Path::new(&dense)).unwrap();
    let export = ["--module", &module, "--dense", &dense];
    run("export", export).failed_with(&["another writer is at work"]);
    drop(lock);
    run("export", export).succeeded();
    let _lock = FolderLock::acquire(Path::new(&again)).unwrap();
    run("import-dense", ["--dense", &dense, "--out", &again]).failed_with(&["another writer is at work"]);
}

#[test]
fn two_outputs_of_one_command_are_two_files() {
    let data = SmallData::new(4, 4);
    let at = |name: &str| data.text(name);
    let (embeddings, qrels, items) = (at(""), at("qrels.tsv"), at("corpus.safetensors"));
    let (json, same) = (at("same.json"), at("folder/../same.svg"));
    std::fs::create_dir(at("folder")).unwrap();
    run("index", ["build", "--items", &items, "--out", &at("index")]).succeeded();
    let calibrate = ["--embeddings", &embeddings, "--qrels", &qrels, "--out", &at("same.svg")];
    let evaluate = ["--embeddings", &embeddings, "--qrels", &qrels, "--write-run", &json];
    let of_index = |command| [command, "--index", &at("index")].map(str::to_owned);
    let tune = ["--items", &items, "--queries", &at("queries.safetensors"), "--plot", &at("same.svg")];
    let strings = |given: &[&str]| given.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let programs = [
        ("calibrate", strings(&calibrate), ["--out", "--plot"]),
        ("calibrate", [strings(&calibrate), strings(&["--plot", &same])].concat(), ["--out", "--plot"]),
        (
            "calibrate",
            [strings(&calibrate), strings(&["--plot", &at("p.svg"), "--json", &same])].concat(),
            ["--out", "--json"],
        ),
        ("evaluate", [strings(&evaluate), strings(&["--json", &json])].concat(), ["--write-run", "--json"]),
        (
            "index",
            [&of_index("tune")[..], &strings(&tune), &strings(&["--json", &same])].concat(),
            ["--plot", "--json"],
        ),
        (
            "index",
            [&of_index("compact")[..], &strings(&["--rows", &at("index")])].concat(),
            ["--out", "--rows"],
        ),
    ];
    for (program, arguments, [first, second]) in programs {
        run(program, &arguments).failed_with(&[&format!("{first} and {second} are one file")]);
    }
    assert!(!data.path("same.svg").exists() && !data.path("same.json").exists());
}

#[test]
fn a_command_that_fails_leaves_no_folders_for_its_json() {
    let data = SmallData::new(4, 4);
    let (embeddings, qrels, link) = (data.text(""), data.text("qrels.tsv"), data.text("link.json"));
    let json = data.text("mistyped/folder/results.json");
    let calibrate = ["--embeddings", &embeddings, "--qrels", &qrels, "--out", &link, "--json", &json];
    run("calibrate", [&calibrate[..], &["--hits", "0"]].concat()).failed_with(&["--hits"]);
    assert!(!data.path("mistyped").exists());
    run("calibrate", calibrate).succeeded();
    assert!(data.path("mistyped/folder/results.json").exists());
}
