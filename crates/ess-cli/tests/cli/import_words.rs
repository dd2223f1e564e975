//! `import-words`: files of word vectors become a model that `encode` takes.

use std::path::{Path, PathBuf};

use ess_core::ItemEncoder;
use ess_data::EmbeddingStore;
use ess_encoders::{StaticEncoder, WordVectors, WordsConfig};

use crate::{
    encode::Beir,
    program::{read_json, run},
};

fn words(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/words").join(name)
}

#[test]
fn word_vectors_of_every_format_become_a_model_that_encodes_a_folder() {
    let beir = Beir::new(0, 5);
    let texts = ["the cat sat on the mat", "stocks fell", "unheard of", "risk, risk and the dog"];
    let line =
        |(i, text): (usize, &&str)| serde_json::json!({"_id": i.to_string(), "text": text}).to_string();
    let lines = texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n");
    std::fs::write(beir.0.path().join("corpus.jsonl"), lines).unwrap();
    let at = |name: &str| beir.0.path().join(name).to_str().unwrap().to_owned();
    for name in ["glove.txt", "word2vec.bin", "fasttext.bin"] {
        let file = words(name);
        let (file, model, report) = (file.to_str().unwrap(), at("model"), at("report.json"));
        let flags =
            ["--words", file, "--out", &model, "--beir", &at(""), "--sif", "0.001", "--remove-component"];
        run("import-words", flags.into_iter().chain(["--quiet", "--json", &report])).succeeded();
        let said = read_json(Path::new(&report));
        assert_eq!((&said["sample"], &said["config"]["sif"]), (&4.into(), &0.001.into()));
        let encode = ["--model", &model, "--beir", &at(""), "--out", &at("out"), "--dtype", "f32", "--quiet"];
        run("encode", encode).succeeded();
        let config = WordsConfig { sif: Some(0.001), remove_component: true, ..WordsConfig::default() };
        let encoder = StaticEncoder::from_words(WordVectors::open(file).unwrap(), &config, &texts).unwrap();
        let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
        assert_eq!(store.to_embeddings().unwrap(), encoder.encode_items(&texts).unwrap(), "{name}");
    }
    let few = run(
        "import-words",
        ["--words", words("glove.txt").to_str().unwrap(), "--out", &at("few"), "--max-words", "3"],
    );
    assert!(few.succeeded().stdout.contains("3 words, 12 components"));
}

#[test]
fn what_is_no_file_of_word_vectors_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("words"), "99999999 300\n\u{0}\u{1}").unwrap();
    run("import-words", ["--words", &at("words"), "--out", &at("out")]).failed_with(&["words", "line 2"]);
    run("import-words", ["--words", &at("none"), "--out", &at("out")])
        .failed_with(&["--words", "found nothing"]);
    let glove = words("glove.txt");
    let own = ["--words", glove.to_str().unwrap(), "--out", &at("out")].map(str::to_owned);
    let import =
        |more: &[&str]| run("import-words", own.iter().map(String::as_str).chain(more.iter().copied()));
    import(&["--remove-component"]).failed_with(&["--beir"]);
    import(&["--sif", "0"]).failed_with(&["sif"]);
    import(&["--max-words", "0"]).failed_with(&["--max-words"]);
}
