//! A program whose output another is writing says so at once, before any work, and leaves it alone.

use std::path::Path;

use ess_files::{FileLock, FolderLock};

use crate::{program::run, small_data::SmallData};

/// What another is at work on.
enum Written {
    File,
    Folder,
}

/// A program with arguments that name no data, and what it would write: it asks for the lock before it looks for data.
fn programs() -> Vec<(&'static str, Vec<&'static str>, &'static str, Written)> {
    use Written::{File, Folder};
    let nowhere = ["--embeddings", "nowhere", "--train", "nowhere"];
    let data = ["--data", "X=nowhere,nowhere,nowhere,nowhere,nowhere"];
    let more = |first: &[&'static str], more: &[&'static str]| [first, more].concat();
    let mut programs = vec![
        ("train", more(&nowhere, &["--out", "OUT"]), "OUT", Folder),
        ("train", more(&nowhere, &["--out", "module", "--checkpoint", "OUT"]), "OUT", Folder),
        ("train", more(&nowhere, &["--out", "OUT", "--module", "auto"]), "OUT", Folder),
        ("import", vec!["--npy", "nowhere", "--ids", "nowhere", "--out", "OUT"], "OUT", File),
        ("import", vec!["--npy", "nowhere", "--ids", "nowhere", "--out", "x", "--json", "OUT"], "OUT", File),
        ("index", vec!["build", "--items", "nowhere", "--out", "OUT"], "OUT", File),
        ("index", vec!["compact", "--index", "nowhere", "--out", "OUT"], "OUT", File),
        ("calibrate", vec!["--embeddings", "nowhere", "--qrels", "nowhere", "--out", "OUT"], "OUT", File),
        (
            "calibrate",
            vec!["--embeddings", "nowhere", "--qrels", "nowhere", "--out", "x", "--plot", "OUT"],
            "OUT",
            File,
        ),
        (
            "evaluate",
            vec!["--embeddings", "nowhere", "--qrels", "nowhere", "--write-run", "OUT"],
            "OUT",
            File,
        ),
        ("compare modules", vec!["--data", "X=nowhere,nowhere,,nowhere", "--out", "OUT"], "OUT", File),
        ("compare hybrid", more(&data, &["--out", "OUT"]), "OUT", File),
        ("compare auto", more(&data, &["--out", "OUT"]), "OUT", File),
    ];
    if cfg!(feature = "encoders") {
        let model = ["--model", "nowhere", "--out", "OUT"];
        programs.push(("distil", model.to_vec(), "OUT", Folder));
        for (file, flags) in [
            ("OUT/corpus.safetensors", &[][..]),
            ("OUT/queries.safetensors", &["--queries-only"]),
            ("OUT/passages.safetensors", &["--passages"]),
            ("OUT/corpus.2-of-3.safetensors", &["--shard", "2/3"]),
        ] {
            programs.push(("encode", [&model[..], &["--beir", "nowhere"], flags].concat(), file, File));
        }
    }
    programs
}

#[test]
fn every_program_that_works_for_long_is_told_before_its_work_that_another_writes_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, arguments, written, kind) in programs() {
        let names = ["OUT", "nowhere", "module", "x"];
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| if names.contains(argument) { at(argument) } else { (*argument).to_owned() })
            .collect();
        let busy = at(written);
        let (file, folder) = match kind {
            Written::File => (Some(FileLock::acquire(Path::new(&busy)).unwrap()), None),
            Written::Folder => (None, Some(FolderLock::acquire(Path::new(&busy)).unwrap())),
        };
        run(name, &arguments).failed_with(&["another writer is at work", &busy]);
        drop((file, folder));
        // Alone, it goes on to what is missing.
        run(name, &arguments).failed_with(&["nowhere"]);
    }
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
