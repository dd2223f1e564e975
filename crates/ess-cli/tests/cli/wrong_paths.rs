//! Files given for folders, folders for files, and nothing at all: the flag is named with what was expected there and what was
//! found, before any work.

use crate::{program::run, small_data::SmallData};

/// The command fails with these words, and writes nothing.
#[track_caller]
fn refused(data: &SmallData, command: &str, arguments: &[&str], needles: &[&str]) {
    run(command, arguments).failed_with(needles);
    data.nothing_was_written();
}

#[test]
fn what_is_read_is_looked_at_before_the_work() {
    let data = SmallData::new(4, 4);
    let (folder, file, out) = (data.text(""), data.text("qrels.tsv"), data.text("module"));
    let nothing = data.text("nowhere");
    let train = |embeddings: &str, qrels: &str, needles: &[&str]| {
        refused(&data, "train", &["--embeddings", embeddings, "--train", qrels, "--out", &out], needles);
    };
    train(
        &nothing,
        &file,
        &["--embeddings", &nothing, "queries.safetensors and corpus.safetensors", "nothing"],
    );
    train(&file, &file, &["--embeddings", &file, "expected a folder", "found a file"]);
    train(&folder, &nothing, &["--train", &nothing, "expected a file of judgements", "found nothing"]);
    train(&folder, &folder, &["--train", "expected a file of judgements", "found a folder"]);

    let (module, store) = (["--module", &file], ["--items", &folder]);
    let export = [&module[..], &["--npy", &out]].concat();
    refused(&data, "export", &export, &["--module", &file, "folder of a searching module", "found a file"]);
    let build = [&store[..], &["--out", &out]].concat();
    refused(&data, "index build", &build, &["--items", "embedding store", "found a folder"]);
    refused(&data, "index info", &["--index", &folder], &["--index", "ess index build", "found a folder"]);
    let measured = ["--qrels", &file, "--run", &folder];
    refused(&data, "evaluate", &measured, &["--run", "TREC run file", "found a folder"]);
    let import = ["--npy", &folder, "--ids", &file, "--out", &out];
    refused(&data, "import", &import, &["--npy", "NumPy matrix", "found a folder"]);
    refused(
        &data,
        "import-dense",
        &["--dense", &file, "--out", &out],
        &["--dense", "Dense folder", "a file"],
    );
}

#[test]
fn what_would_be_written_is_looked_at_too() {
    let data = SmallData::new(4, 4);
    let (folder, file) = (data.text(""), data.text("qrels.tsv"));
    let read = ["--embeddings", &folder, "--train", &file];
    let train = [&read[..], &["--out", &file]].concat();
    refused(&data, "train", &train, &["--out", "expected a folder to write to", "found a file"]);
    let read = ["--embeddings", &folder, "--qrels", &file];
    for flag in ["--json", "--write-run"] {
        let evaluate = [&read[..], &[flag, &folder]].concat();
        refused(&data, "evaluate", &evaluate, &[flag, "expected a file to write", "found a folder"]);
    }
    let corpus = data.text("corpus.safetensors");
    let build = ["--items", &corpus, "--out", &folder];
    refused(&data, "index build", &build, &["--out", "expected a file to write", "found a folder"]);
}

#[test]
fn the_paths_of_a_data_set_to_compare_on_are_looked_at_as_well() {
    let data = SmallData::new(4, 4);
    let (folder, qrels, out) = (data.text(""), data.text("qrels.tsv"), data.text("table.md"));
    let compare = |command: &str, set: &str, needles: &[&str]| {
        refused(&data, command, &["--data", set, "--out", &out], needles);
    };
    let swapped = format!("small={qrels},{folder},,{qrels}");
    compare("compare modules", &swapped, &["--data", "expected a folder with queries.safetensors", "a file"]);
    let missing = format!("small={folder},{qrels},,{folder}nowhere.tsv");
    compare("compare modules", &missing, &["nowhere.tsv", "expected a file of judgements", "found nothing"]);
    let no_texts = format!("small={qrels},{folder},,,{qrels}");
    for command in ["compare auto", "compare hybrid"] {
        compare(command, &no_texts, &["expected a BEIR folder", "found a file"]);
    }
}
