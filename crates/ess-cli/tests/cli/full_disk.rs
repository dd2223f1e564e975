//! A disk on which there is no room for what a command writes.

use std::{collections::BTreeMap, fs, path::Path};

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, EmbeddingStore, write_ids, write_npy};
use ess_testing::SmallDisk;

use crate::{program::run, small_data::SmallData};

const PAGE: usize = 4096;

/// Every file below a folder, with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found
                .extend(contents(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else if !name.ends_with(".lock") {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

/// Runs a command again that has written to a disk before, with more and more room for what it writes: it succeeds, or fails
/// in words and leaves what was there. How often it did the one and the other; `None` where no disk can be mounted.
fn again_with_little_room(
    pages_of_old: usize,
    name: &str,
    arguments: impl Fn(&Path) -> Vec<String>,
) -> Option<[usize; 2]> {
    let mut ended = [0, 0];
    for pages in 1..=pages_of_old {
        // The first time there is room; then another file takes all but so many pages.
        let disk = SmallDisk::mount((3 * pages_of_old * PAGE) as u64)?;
        let arguments = arguments(disk.path());
        run(name, &arguments).succeeded();
        let old = contents(disk.path());
        let filler = disk.path().join("filler");
        let mut filled = Vec::new();
        while fs::write(&filler, &filled).is_ok() {
            filled.resize(filled.len() + PAGE, 1);
        }
        filled.truncate(filled.len().saturating_sub(pages * PAGE));
        fs::write(&filler, &filled).unwrap();
        let outcome = run(name, &arguments);
        fs::remove_file(&filler).unwrap();
        if outcome.stderr.contains("No space left") {
            outcome.failed_with(&["No space left"]);
            let left = contents(disk.path());
            let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
            assert!(left == old, "{name}, {pages} pages: {:?} became {:?}", names(&old), names(&left));
            ended[1] += 1;
        } else {
            outcome.succeeded();
            let new: Vec<_> = contents(disk.path()).into_keys().collect();
            assert_eq!(new.len(), old.len(), "{name}, {pages} pages: {new:?}");
            ended[0] += 1;
        }
    }
    Some(ended)
}

#[test]
fn a_full_disk_leaves_the_old_output_and_nothing_else() {
    let data = SmallData::new(2, 2);
    let rows: Vec<[f32; 16]> = (0..400).map(|row| [row as f32 + 1.0; 16]).collect();
    write_npy(data.path("many.npy"), &Embeddings::from_rows(&rows).unwrap(), Dtype::F32).unwrap();
    let ids = Ids::new((0..400).map(|row| format!("item {row}")).collect()).unwrap();
    write_ids(data.path("many.txt"), &ids).unwrap();
    let at = |name: &str| data.text(name);
    let text =
        |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>();
    let of = |disk: &Path, name: &str| disk.join(name).to_str().unwrap().to_owned();
    let import = |out: &str| text(&["--npy", &at("many.npy"), "--ids", &at("many.txt"), "--out", out]);
    run("import", import(&at("many.safetensors"))).succeeded();
    let pages = fs::metadata(data.path("many.safetensors")).unwrap().len() as usize / PAGE + 3;

    let ended = again_with_little_room(pages, "import", |disk| import(&of(disk, "many.safetensors")));
    let Some(ended) = ended else { return };
    assert!(ended[0] > 0 && ended[1] > 0, "import: {ended:?}");
    let ended = again_with_little_room(pages, "index build", |disk| {
        text(&["--items", &at("many.safetensors"), "--out", &of(disk, "items.index")])
    });
    assert!(ended.is_some_and(|ended| ended[0] > 0 && ended[1] > 0), "index build: {ended:?}");
    let ended = again_with_little_room(4, "train", |disk| {
        let folder = data.path("").to_str().unwrap().to_owned();
        let judged = ["--embeddings", &folder, "--train", &at("qrels.tsv"), "--max-steps", "2"];
        [text(&judged), text(&["--out", &of(disk, "module")])].concat()
    });
    assert!(ended.is_some_and(|ended| ended[1] > 0), "train: {ended:?}");
    assert_eq!(EmbeddingStore::open(data.path("many.safetensors")).unwrap().len(), 400);
}
