//! `encode`: whole stores however often it is stopped, rich encodings, and messages for what is wrong.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use ess_core::{ItemEncoder, QueryEncoder};
use ess_data::EmbeddingStore;
use ess_encoders::SentenceEncoder;
use tempfile::TempDir;

use crate::program::{Outcome, command, read_json, run};

pub(crate) fn tiny_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/tiny/bert")
}

/// A BEIR folder and a place for results.
struct Beir(TempDir);

impl Beir {
    /// Texts of all lengths, an empty one among them.
    fn new(items: usize, longest: usize) -> Self {
        let beir = Self(tempfile::tempdir().unwrap());
        let text = |i: usize| "the quick brown fox ".repeat(i * 7 % longest);
        let record =
            |i: usize| serde_json::json!({"_id": format!("d{i}"), "title": "", "text": text(i)}).to_string();
        beir.write("corpus.jsonl", (0..items).map(record).collect::<Vec<_>>().join("\n"));
        let query =
            |i: usize| serde_json::json!({"_id": format!("q{i}"), "text": format!("risk {i}")}).to_string();
        beir.write("queries.jsonl", (0..9).map(query).collect::<Vec<_>>().join("\n"));
        beir
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        self.arguments_for(&tiny_model(), more)
    }

    fn arguments_for(&self, model: &Path, more: &[&str]) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let own = ["--model", &text(model), "--beir", &text(self.0.path()), "--out", &text(&self.out())];
        own.into_iter().chain(["--quiet"]).chain(more.iter().copied()).map(str::to_owned).collect()
    }

    fn encode(&self, more: &[&str]) -> Outcome {
        run("encode", self.arguments(more))
    }

    /// Everything under `out`, by path.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![self.out()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(files.insert(path.clone(), std::fs::read(path).unwrap())),
                }
            }
        }
        files
    }
}

#[test]
fn encode_writes_what_the_encoder_gives() {
    let beir = Beir::new(40, 30);
    let json = beir.0.path().join("report.json");
    beir.encode(&["--dtype", "f32", "--part", "7", "--json", json.to_str().unwrap()]).succeeded();
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    let texts: Vec<_> = (0..40).map(|i| format!(" {}", "the quick brown fox ".repeat(i * 7 % 30))).collect();
    let expected = encoder.encode_items(&texts.iter().map(|text| text.trim()).collect::<Vec<_>>()).unwrap();
    let found = items.to_embeddings().unwrap();
    let furthest =
        found.as_slice().iter().zip(expected.as_slice()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    let text = items.provenance().text.clone().unwrap();
    assert!(text.contains("title") && text.contains("tokens"), "{text}");
    assert_eq!(items.provenance().pooling.as_deref(), Some("mean"));
    assert_eq!((&read_json(&json)["items"], &read_json(&json)["queries"]), (&40.into(), &9.into()));
    assert_eq!(beir.files().len(), 2, "no parts are left");
}

#[test]
fn encode_keeps_token_states_and_layers() {
    let beir = Beir::new(3, 5);
    beir.encode(&["--states", "1", "--dtype", "f32", "--part", "4"]).succeeded();
    let queries = EmbeddingStore::open(beir.out().join("queries.safetensors")).unwrap();
    let encoder = std::sync::Arc::new(SentenceEncoder::load(tiny_model()).unwrap());
    let tokens = ess_encoders::TokenEncoder::new(encoder, 1).unwrap();
    assert_eq!(queries.provenance().layers, Some(vec![1]));
    let found = queries.token_states_of(&["q8"]).unwrap();
    let expected = tokens.encode_queries(&["risk 8"]).unwrap();
    assert_eq!((found.tokens(0), found.token_dim()), (expected.tokens(0), 32));
    let furthest =
        found.packed().iter().zip(expected.packed()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    assert_eq!(EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap().token_dim(), None);

    beir.encode(&["--states", "1", "--item-states", "--dtype", "f32", "--part", "2"]).succeeded();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert_eq!((items.token_dim(), items.provenance().layers.clone()), (Some(32), Some(vec![1])));
    let (found, expected) = (
        items.token_states_of(&["d2"]).unwrap(),
        tokens.encode_items(&["the quick brown fox ".repeat(4).trim()]).unwrap(),
    );
    assert_eq!(found.tokens(0), expected.tokens(0));
    let furthest =
        found.packed().iter().zip(expected.packed()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");

    beir.encode(&["--layers", "0,2"]).succeeded();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert_eq!((items.dim(), items.provenance().layers.clone()), (96, Some(vec![0, 2])));
}

#[test]
fn encode_cuts_items_into_passages_that_are_those_of_the_items() {
    let beir = Beir::new(3, 5);
    let items =
        [("d1", "Tides", "The moon pulls at the water. It turns."), ("d2", "", ""), ("d3", "", "A fox.")];
    let line = |(id, title, text)| serde_json::json!({"_id": id, "title": title, "text": text}).to_string();
    beir.write("corpus.jsonl", items.map(line).join("\n"));
    beir.encode(&["--passages", "--dtype", "f32", "--part", "2"]).succeeded();
    let passages = EmbeddingStore::open(beir.out().join("passages.safetensors")).unwrap();
    assert_eq!(passages.ids().as_slice(), ["d1#0", "d1#1", "d2#0", "d3#0"]);
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let text = "The moon pulls at the water. It turns.";
    let expected = encoder.encode_items(&["Tides", text, "", "A fox."]).unwrap();
    let found = passages.to_embeddings().unwrap();
    let furthest =
        found.as_slice().iter().zip(expected.as_slice()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    let dataset = ess_kit::Dataset::open(beir.out()).unwrap();
    let rows = dataset.passages().unwrap().unwrap().rows;
    assert_eq!((rows.items(), rows.of_item(0)), (3, 0..2));

    // Beside token states they are the same vectors.
    std::fs::remove_file(beir.out().join("passages.safetensors")).unwrap();
    beir.encode(&["--passages", "--states", "1", "--item-states", "--dtype", "f32"]).succeeded();
    let passages = EmbeddingStore::open(beir.out().join("passages.safetensors")).unwrap();
    assert_eq!((passages.to_embeddings().unwrap(), passages.token_dim()), (found, None));
    let dataset = ess_kit::Dataset::open(beir.out()).unwrap();
    assert_eq!(
        (dataset.item_tokens().unwrap().unwrap().items(), dataset.passages().unwrap().is_some()),
        (3, true)
    );

    beir.encode(&["--passages", "--passage-words", "0"]).failed_with(&["--passage-words", "at least 1"]);
    // A store of other items is refused by name.
    beir.write("corpus.jsonl", line(items[2]));
    beir.encode(&[]).succeeded();
    let error = ess_kit::Dataset::open(beir.out()).unwrap().passages().unwrap_err();
    assert!(format!("{error:#}").contains("passages.safetensors"), "{error:#}");
}

#[test]
fn encode_of_queries_alone_leaves_the_items_of_another_run_as_they_are() {
    let beir = Beir::new(3, 5);
    beir.encode(&[]).succeeded();
    let plain = beir.files();
    let json = beir.0.path().join("report.json");
    beir.encode(&["--queries-only", "--layers", "0,2", "--json", json.to_str().unwrap()]).succeeded();
    let of_items = |files: &BTreeMap<PathBuf, Vec<u8>>| {
        files.iter().find(|(path, _)| path.ends_with("corpus.safetensors")).unwrap().1.clone()
    };
    assert_eq!(of_items(&beir.files()), of_items(&plain));
    let report = read_json(&json);
    assert_eq!((&report["items"], &report["dim"]), (&serde_json::Value::Null, &96.into()));
    // Neither the items' texts nor a corpus are asked for.
    std::fs::remove_file(beir.0.path().join("corpus.jsonl")).unwrap();
    beir.encode(&["--queries-only", "--states", "1"]).succeeded();
    beir.encode(&["--queries-only", "--states", "1", "--item-states"]).failed_with(&["--queries-only"]);
}

#[test]
fn encode_gives_the_same_bytes_however_often_it_is_killed() {
    let whole = Beir::new(400, 120);
    let arguments = ["--part", "16"];
    let started = std::time::Instant::now();
    whole.encode(&arguments).succeeded();
    let alone = started.elapsed();
    let expected: Vec<_> = whole.files().into_values().collect();

    let torn = Beir::new(400, 120);
    // What a kill in the middle of a write leaves, of this program and of somebody else.
    std::fs::create_dir_all(torn.out().join("parts")).unwrap();
    let others = torn.out().join("parts/.ess-0-by-16.corpus.1-of-2.safetensors-aB3dE6.partial");
    std::fs::write(&others, b"half").unwrap();
    std::fs::write(torn.out().join(".ess-corpus.safetensors-aB3dE6.partial"), b"half").unwrap();
    std::fs::write(torn.out().join("parts/.ess-3-by-16.corpus.safetensors-aB3dE6.partial"), b"half").unwrap();
    std::fs::write(torn.out().join("parts/3-by-16.corpus.safetensors"), b"torn").unwrap();
    std::fs::write(torn.out().join("parts/9-by-99.queries.safetensors"), b"of another size").unwrap();
    let mut unfinished = 0;
    for step in 1..=8 {
        let mut program =
            command("encode").args(torn.arguments(&arguments)).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(alone * step / 12 + Duration::from_millis(3));
        program.kill().unwrap();
        unfinished += usize::from(program.wait().unwrap().code().is_none());
    }
    assert!(unfinished > 2, "the kills came too late");
    torn.encode(&arguments).succeeded();
    std::fs::remove_file(others).expect("what another shard is writing stays");
    assert!(torn.files().into_values().eq(expected), "{:?}", torn.files().keys());
}

#[test]
fn encode_encodes_a_changed_text_again_under_the_same_id() {
    let beir = Beir::new(0, 5);
    let write = |texts: [&str; 4]| {
        let line =
            |(i, text): (usize, &&str)| serde_json::json!({"_id": format!("d{i}"), "text": text}).to_string();
        beir.write("corpus.jsonl", texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"));
    };
    let store = || EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let is_of = |texts: [&str; 4]| {
        let (found, expected) = (store().to_embeddings().unwrap(), encoder.encode_items(&texts).unwrap());
        found.as_slice().iter().zip(expected.as_slice()).all(|(f, e)| (f - e).abs() < 1e-5)
    };
    let before = ["the cat", "risk", "a fox", "men"];
    write(before);
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert!(is_of(before));
    let (first, inputs) = (beir.files(), store().provenance().inputs.clone());
    assert!(inputs.is_some());

    // The same again changes no byte; a text that changed is another vector; one that moved too.
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert_eq!(beir.files(), first);
    let after = ["the cat", "risk", "a dog", "men"];
    write(after);
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert!(is_of(after) && !is_of(before));
    assert_ne!(store().provenance().inputs, inputs);

    // Parts of a run that was stopped are taken where their texts are the same, and not elsewhere.
    let parts = beir.out().join("parts");
    std::fs::create_dir_all(&parts).unwrap();
    let other = ["men", "men", "a dog", "men"];
    let elsewhere = Beir::new(0, 5);
    elsewhere.write("corpus.jsonl", {
        let line =
            |(i, text): (usize, &&str)| serde_json::json!({"_id": format!("d{i}"), "text": text}).to_string();
        other[..2].iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    });
    elsewhere.encode(&["--dtype", "f32"]).succeeded();
    std::fs::copy(elsewhere.out().join("corpus.safetensors"), parts.join("0-by-2.corpus.safetensors"))
        .unwrap();
    std::fs::remove_file(beir.out().join("corpus.safetensors")).unwrap();
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert!(is_of(after), "a part of other texts under the same ids was taken");
}

#[test]
fn encode_says_that_a_model_is_meant_for_the_cosine_and_an_index_of_it_finds_what_the_cosine_finds() {
    // Of a report on such a model: by the inner product all first hits are others.
    let texts = [
        "cat sat",
        "cat attack",
        "cat dog",
        "sat mat",
        "sat aspirin",
        "sat stocks",
        "mat risk",
        "mat what",
        "mat monday",
        "risk men",
        "risk reduces",
        "risk deep",
        "the cat sat on the mat",
        "deep deep deep deep deep deep",
        "what reduces risk?",
    ];
    let queries = ["cat", "sat", "mat", "risk", "men", "heart", "attack", "aspirin", "what"];
    let beir = Beir::new(0, 5);
    let lines = |texts: &[&str]| {
        let line =
            |(i, text): (usize, &&str)| serde_json::json!({"_id": i.to_string(), "text": text}).to_string();
        texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    beir.write("corpus.jsonl", lines(&texts));
    beir.write("queries.jsonl", lines(&queries));
    let model = tiny_model().with_file_name("distilbert");
    let said = run("encode", beir.arguments_for(&model, &["--dtype", "f32"])).succeeded().stderr;
    assert!(said.contains("cosine") && said.contains("length"), "{said}");
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert!(store.provenance().needs_unit_length());
    // What is stored is what the model gives.
    let encoder = SentenceEncoder::load(&model).unwrap();
    let items = encoder.encode_items(&texts).unwrap();
    assert!(
        store
            .to_embeddings()
            .unwrap()
            .as_slice()
            .iter()
            .zip(items.as_slice())
            .all(|(s, e)| (s - e).abs() < 1e-5)
    );

    let at = |name: &str| beir.0.path().join(name).to_str().unwrap().to_owned();
    let (corpus, asked) = (at("out/corpus.safetensors"), at("out/queries.safetensors"));
    let built = run("index", ["build", "--items", &corpus, "--out", &at("index"), "--quiet"]).succeeded();
    assert!(built.stderr.contains("length 1"), "{}", built.stderr);
    run(
        "index",
        [
            "search",
            "--index",
            &at("index"),
            "--queries",
            &asked,
            "-k",
            "1",
            "--run",
            &at("run"),
            "--show",
            "0",
        ],
    )
    .succeeded();
    let run_file = std::fs::read_to_string(at("run")).unwrap();
    let found: Vec<usize> =
        run_file.lines().map(|line| line.split_whitespace().nth(2).unwrap().parse().unwrap()).collect();
    let vectors = encoder.encode_queries(&queries).unwrap();
    let best = |items: &ess_core::Embeddings| -> Vec<usize> {
        let similarities = vectors.view().dot(&items.view().t());
        let first = |row: ndarray::ArrayView1<'_, f32>| {
            (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a))).unwrap()
        };
        similarities.rows().into_iter().map(first).collect()
    };
    let by_product = best(&items);
    let by_cosine = best(&items.normalized());
    assert_eq!(found, by_cosine);
    assert_ne!(by_product, by_cosine, "the model shows nothing");
    // The programs that search a folder do the same.
    let dataset = ess_kit::Dataset::open(beir.out()).unwrap();
    assert!(dataset.items().rows().all(|row| (row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5));
}

#[test]
fn encode_says_what_it_assumes_of_a_folder_without_modules() {
    let (beir, model) = (Beir::new(2, 5), tempfile::tempdir().unwrap());
    for file in ["model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(tiny_model().join(file), model.path().join(file)).unwrap();
    }
    let config = std::fs::read_to_string(tiny_model().join("config.json")).unwrap();
    std::fs::write(model.path().join("config.json"), config.replace("BertModel", "BertForMaskedLM")).unwrap();
    let said = run("encode", beir.arguments_for(model.path(), &[])).succeeded().stderr;
    assert!(said.contains("mean of all tokens") && said.contains("head is not used"), "{said}");
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    let assumed = store.provenance().assumed.clone().unwrap().join("\n");
    assert!(assumed.contains("mean of all tokens") && assumed.contains("BertForMaskedLM"), "{assumed}");

    std::fs::write(model.path().join("adapter_config.json"), "{}").unwrap();
    run("encode", beir.arguments_for(model.path(), &[])).failed_with(&["adapter_config.json", "merge"]);
}

#[test]
fn encode_of_shards_is_all_of_it() {
    let beir = Beir::new(10, 9);
    let mut ids = Vec::new();
    for shard in 1..=3 {
        beir.encode(&["--shard", &format!("{shard}/3")]).succeeded();
        let store =
            EmbeddingStore::open(beir.out().join(format!("corpus.{shard}-of-3.safetensors"))).unwrap();
        ids.extend(store.ids().iter().map(str::to_owned));
    }
    assert_eq!(ids, (0..10).map(|i| format!("d{i}")).collect::<Vec<_>>());
}

#[test]
fn encode_says_what_is_wrong() {
    let beir = Beir::new(3, 5);
    beir.encode(&["--part", "0"]).failed_with(&["--part"]);
    beir.encode(&["--layers", "7"]).failed_with(&["--layers", "7"]);
    beir.encode(&["--states", "7"]).failed_with(&["--states", "7"]);
    beir.encode(&["--item-states"]).failed_with(&["--item-states", "--states"]);
    beir.encode(&["--states", "1", "--layers", "1"]).failed_with(&["--states", "--layers"]);
    beir.encode(&["--max-tokens", "4"]).failed_with(&["--max-tokens", "4"]);
    beir.encode(&["--shard", "4/3"]).failed_with(&["4/3"]);
    beir.encode(&["--device", "tpu"]).failed_with(&["--device", "tpu"]);
    if cfg!(not(feature = "wgpu")) {
        beir.encode(&["--device", "wgpu"]).failed_with(&["--features wgpu"]);
    }
    let mut elsewhere = beir.arguments(&[]);
    elsewhere[1] = "no/such-model-here".to_owned();
    if cfg!(not(feature = "hub")) {
        run("encode", elsewhere).failed_with(&["no/such-model-here", "--features hub"]);
    }
    beir.write("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"b\", \"text\": \"\xff\"}\n");
    beir.encode(&[]).failed_with(&["corpus.jsonl", "line 2", "UTF-8"]);
    beir.write("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"a\", \"text\": \"y\"}\n");
    beir.encode(&[]).failed_with(&["corpus.jsonl", "a"]);
    assert!(beir.files().is_empty());
}

#[test]
fn encode_takes_empty_and_very_long_texts_and_cuts_them_where_told() {
    let beir = Beir::new(3, 5);
    let long = "heart and risk of men ".repeat(20_000);
    let line = |id: &str, text: &str| serde_json::json!({"_id": id, "text": text}).to_string();
    beir.write(
        "corpus.jsonl",
        [line("empty", ""), line("long", &long), line("short", "heart and risk of men")].join("\n"),
    );
    beir.encode(&["--max-tokens", "7", "--dtype", "f32"]).succeeded();
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert!(store.provenance().text.clone().unwrap().contains("at most 7 tokens"));
    let rows = store.embeddings_of(&["long", "short", "empty"]).unwrap();
    assert_ne!(rows.row(0), rows.row(2));
    // Cut to five words, the long text starts as the short one does.
    let furthest = rows.row(0).iter().zip(rows.row(1)).map(|(l, s)| (l - s).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
}

#[test]
fn a_second_encode_of_the_same_files_is_told_at_once_and_the_first_is_whole() {
    let (alone, beir) = (Beir::new(400, 120), Beir::new(400, 120));
    let arguments = ["--part", "16"];
    alone.encode(&arguments).succeeded();
    let first = command("encode").args(beir.arguments(&arguments)).stderr(Stdio::null()).spawn().unwrap();
    let mut first = Running(first);
    while !beir.out().join("parts").exists() {
        assert!(first.0.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    // Before the model is looked for; one of the queries alone writes a file of the first as well.
    for flags in [&[][..], &["--queries-only"]] {
        let second = run("encode", beir.arguments_for(Path::new("no/such/model"), flags));
        second.failed_with(&["another writer is at work", "safetensors"]);
    }
    // Another share is another file.
    beir.encode(&["--shard", "2/2"]).succeeded();
    assert!(first.0.wait().unwrap().success());
    for name in ["corpus.2-of-2.safetensors", "queries.2-of-2.safetensors"] {
        std::fs::remove_file(beir.out().join(name)).unwrap();
    }
    assert!(beir.files().into_values().eq(alone.files().into_values()), "{:?}", beir.files().keys());
}

/// A process that does not outlive the test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
