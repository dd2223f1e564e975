//! `encode --sparse`: texts become weights of terms, which are indexed and searched.

use std::path::{Path, PathBuf};

use ess_lexical::SparseVectorsFile;

use super::{Beir, tiny_model};
use crate::program::{read_json, run};

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/sparse").join(name)
}

#[test]
fn texts_become_sparse_vectors_that_are_indexed_and_searched() {
    for model in [model("masked"), model("inference-free"), model("../routers/root")] {
        let (beir, name) = (Beir::new(12, 40), model.file_name().unwrap().to_str().unwrap());
        let text = |name: &str| beir.out().join(name).to_str().unwrap().to_owned();
        let [items, queries, index, hits, json] =
            ["corpus.sparse", "queries.sparse", "items.index", "hits.run", "report.json"].map(text);
        let more = ["--sparse", "--part", "5", "--json", &json];
        run("encode", beir.arguments_for(&model, &more)).succeeded();
        let report = read_json(json.as_ref());
        assert_eq!(
            (&report["items"], &report["queries"], &report["dim"]),
            (&12.into(), &9.into(), &158.into())
        );
        let file = SparseVectorsFile::open(items.as_ref()).unwrap();
        assert_eq!(file.ids[11], "d11");
        assert!(file.made_by.unwrap().starts_with(&format!("{name} xxh3-64:")));
        run("index", ["build", "--items", &items, "--out", &index]).succeeded();
        let search = ["search", "--index", &index, "--queries", &queries, "-k", "4", "--write-run", &hits];
        let said = run("index", search).succeeded();
        assert!(said.stdout.contains("q0: d"), "{}", said.stdout);
        assert_eq!(std::fs::read_to_string(&hits).unwrap().lines().count(), 4 * 9);
        std::fs::write(text("qrels.tsv"), "q0\td3\t1\n").unwrap();
        run("evaluate", ["--run", &hits, "--qrels", &text("qrels.tsv")]).succeeded();
        run("index", ["info", "--index", &index, "--json", &json]).succeeded();
        assert_eq!(read_json(json.as_ref())["kind"], "sparse");
        run("index", ["search", "--index", &index, "--text", "x"]).failed_with(&["--text", "--queries"]);
        let graph = ["build", "--items", &items, "--kind", "graph", "--out", &index];
        run("index", graph).failed_with(&["--items", "sparse vectors"]);
    }
}

#[test]
fn what_does_not_go_with_sparse_vectors_is_refused() {
    let beir = Beir::new(3, 10);
    let encode = |folder: &Path, more: &[&str]| run("encode", beir.arguments_for(folder, more));
    encode(&tiny_model(), &["--sparse"]).failed_with(&["model_type", "SparseEncoder"]);
    encode(&model("../routers/mapped"), &["--sparse"]).failed_with(&["model_type", "SparseEncoder"]);
    encode(&model("../routers/terms"), &[]).failed_with(&["router_config.json", "SparseEncoder"]);
    encode(&model("masked"), &["--sparse", "--shard", "1/2"]).failed_with(&["--shard"]);
    encode(&model("masked"), &["--sparse", "--states", "1"]).failed_with(&["--sparse", "--states"]);
    encode(&model("masked"), &["--sparse", "--max-tokens", "2"]).failed_with(&["--max-tokens", "5"]);
    encode(&model("masked"), &["--sparse", "--queries-only"]).succeeded();
    assert!(!beir.out().join("corpus.sparse").exists() && beir.out().join("queries.sparse").exists());
}
