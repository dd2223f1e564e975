//! A disk on which there is no room for what is encoded.

use std::fs;

use ess_testing::SmallDisk;

use crate::program::run;

use super::{Beir, tiny_model};

const PAGE: usize = 4096;

/// Whatever the room, texts are encoded or the stores of before stay as they were; parts that are whole may wait for the next
/// run, which goes on to the same bytes as one that had room.
#[test]
fn a_full_disk_leaves_the_old_stores_and_whole_parts() {
    let (old, new) = (Beir::new(160, 5), Beir::new(200, 9));
    let arguments = |beir: &Beir, out: &str| {
        let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let own = ["--model", &text(&tiny_model()), "--beir", &text(beir.0.path()), "--out", out];
        own.into_iter().chain(["--quiet", "--part", "40"]).map(str::to_owned).collect::<Vec<_>>()
    };
    new.encode(&["--part", "40"]).succeeded();
    let whole = new.files();
    let bytes: usize = whole.values().map(Vec::len).sum();
    // From less than a page to room for stores and parts.
    let (mut failed, mut left) = (0, 0);
    for pages in [1, 2, 3, 5, 8, bytes / PAGE, bytes / PAGE + 6, 3 * bytes / PAGE + 40] {
        let Some(disk) = SmallDisk::mount((6 * bytes + 64 * PAGE) as u64) else { return };
        let out = disk.path().join("out");
        let (out, filler) = (out.to_str().unwrap(), disk.path().join("filler"));
        run("encode", arguments(&old, out)).succeeded();
        let stores =
            || ["corpus", "queries"].map(|name| fs::read(format!("{out}/{name}.safetensors")).unwrap());
        let before = stores();
        let mut filled = Vec::new();
        while fs::write(&filler, &filled).is_ok() {
            filled.resize(filled.len() + PAGE, 1);
        }
        filled.truncate(filled.len().saturating_sub(pages * PAGE));
        fs::write(&filler, &filled).unwrap();
        let outcome = run("encode", arguments(&new, out));
        let names = |folder: &str| {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let all = [names(out), names(&format!("{out}/parts"))].concat();
        assert!(!all.iter().any(|name| name.starts_with(".ess-")), "{pages} pages: {all:?}");
        if outcome.stderr.contains("No space left") {
            outcome.failed_with(&["No space left"]);
            let [corpus, queries] = stores();
            // Queries are encoded after the corpus, which may be of the new texts by then.
            let corpus_of_new = corpus == fs::read(new.out().join("corpus.safetensors")).unwrap();
            assert!((corpus == before[0] || corpus_of_new) && queries == before[1], "{pages} pages");
            failed += 1;
            left += names(&format!("{out}/parts")).len();
        } else {
            outcome.succeeded();
        }
        fs::remove_file(&filler).unwrap();
        run("encode", arguments(&new, out)).succeeded();
        assert!(stores().iter().eq(whole.values()), "{pages} pages");
    }
    println!("{failed} of 8 runs had too little room; {left} whole parts waited for the next");
    assert!(failed > 2 && left > 0, "{failed}, {left}");
}
