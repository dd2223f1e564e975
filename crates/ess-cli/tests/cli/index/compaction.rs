//! `index compact`: an index without the rows that were removed.

use std::path::Path;

use ess_core::{MutableIndex, PersistentIndex};
use ess_index::{FlatIndex, GraphIndex, IdentifiedIndex, IvfPqIndex};

use super::Built;
use crate::program::{read_json, run};
use crate::small_data::{ITEMS, SmallData};

#[test]
fn a_compacted_index_has_the_items_that_are_left_under_their_ids() {
    for kind in [&["--dtype", "i8"][..], &["--kind", "graph"], &["--kind", "quantised"]] {
        let built = Built::new(kind);
        let (path, queries) = (Path::new(&built.index), built.data.text("queries.safetensors"));
        let searched = |index: &str| {
            let run_file = built.data.text("hits.run");
            let own =
                ["search", "--index", index, "--queries", &queries, "-k", "5", "--write-run", &run_file];
            run("index", own).succeeded();
            let text = std::fs::read_to_string(run_file).unwrap();
            // Query, "Q0" and item: kinds that are built anew may sum in another order.
            let fields = |line: &str| line.split_whitespace().take(3).map(str::to_owned).collect::<Vec<_>>();
            text.lines().map(fields).collect::<Vec<_>>()
        };
        // The program that removes is the library's user.
        remove_every_other(path);
        let (before, bytes) = (searched(&built.index), std::fs::read(path).unwrap());
        let [out, rows, json] =
            ["compacted.index", "rows.json", "report.json"].map(|name| built.data.text(name));
        let own = ["compact", "--index", &built.index, "--out", &out, "--rows", &rows, "--json", &json];
        let said = run("index", own).succeeded();
        assert!(said.stdout.contains(&format!("{} rows of {ITEMS}", ITEMS / 2)), "{}", said.stdout);
        assert_eq!(std::fs::read(path).unwrap(), bytes, "the index itself stays");
        assert_eq!(searched(&out), before, "{kind:?}");
        let expected: Vec<_> = (0..ITEMS).map(|row| (row % 2 == 1).then_some(row / 2)).collect();
        assert_eq!(read_json(rows.as_ref()), serde_json::json!(expected));
        let report = read_json(json.as_ref());
        assert_eq!((&report["rows_before"], &report["rows_after"]), (&ITEMS.into(), &(ITEMS / 2).into()));
        assert!(report["bytes_after"].as_u64() < report["bytes_before"].as_u64(), "{report}");

        // In place, in silence.
        let said = run("index", ["compact", "--index", &built.index, "--quiet"]).succeeded();
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
        assert_eq!(std::fs::read(path).unwrap(), std::fs::read(&out).unwrap());
    }
    let data = SmallData::new(6, 6);
    let items = data.text("corpus.safetensors");
    run("index", ["compact", "--index", &items]).failed_with(&["corpus.safetensors", "an index file"]);
}

/// Removes the items of even rows from an index file.
fn remove_every_other(path: &Path) {
    fn remove<I: MutableIndex>(path: &Path)
    where
        IdentifiedIndex<I>: PersistentIndex,
    {
        let mut index = IdentifiedIndex::<I>::open(path).unwrap();
        let ids: Vec<String> = (0..ITEMS).step_by(2).map(|row| index.id(row).unwrap().clone()).collect();
        index.remove(&ids).unwrap();
        index.save(path).unwrap();
    }
    match ess_index::kind(path).unwrap().as_str() {
        "flat" => remove::<FlatIndex>(path),
        "graph" => remove::<GraphIndex>(path),
        _ => remove::<IvfPqIndex>(path),
    }
}
