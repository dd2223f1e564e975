//! A saved module of any kind works in every command that takes one, or the command says why not and what to do.

use burn::tensor::Device;
use ess_core::{MatrixModule, SearchModule};
use ess_data::EmbeddingStore;
use ess_search::{
    ItemOffsets, ItemSide, ModuleState, OnDevice, PersistentModule, TokenAttention, TokenAttentionConfig,
    TrainableModule, TwoSided,
};
use ndarray::array;

use crate::{
    program::{Outcome, read_json, run},
    small_data::{QUERIES, SmallData},
};

/// Query, item and similarity, rounded: the plain index and evaluation sum in another order.
fn hits(file: &std::path::Path) -> Vec<(String, String, i64)> {
    let text = std::fs::read_to_string(file).unwrap();
    let hit = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields[0].to_owned(), fields[2].to_owned(), (fields[4].parse::<f64>().unwrap() * 1e4).round() as i64)
    };
    let mut hits: Vec<_> = text.lines().map(hit).collect();
    hits.sort();
    hits
}

struct Saved<'a> {
    data: &'a SmallData,
    module: String,
}

impl Saved<'_> {
    fn export(&self, more: &[&str]) -> Outcome {
        run("export", ["--module", &self.module].iter().chain(more))
    }

    fn calibrate(&self) -> Outcome {
        let [data, qrels, out] = ["", "qrels.tsv", "link.json"].map(|name| self.data.text(name));
        let own = ["--embeddings", &data, "--qrels", &qrels, "--out", &out, "--method", "isotonic"];
        run("calibrate", own.into_iter().chain(["--module", &self.module, "--hits", "40"]))
    }

    /// Builds an index of the items that the module searches.
    fn build(&self) -> Outcome {
        let [items, index] = ["corpus.safetensors", "items.index"].map(|name| self.data.text(name));
        run("index", ["build", "--items", &items, "--out", &index, "--module", &self.module])
    }

    fn index(&self, command: &str, more: &[&str]) -> Outcome {
        let [index, queries] = ["items.index", "queries.safetensors"].map(|name| self.data.text(name));
        let own = [command, "--index", &index, "--queries", &queries, "--module", &self.module, "-k", "40"];
        run("index", own.iter().chain(more))
    }

    /// An index finds what evaluation finds, tuning counts it as found, and similarities become probabilities.
    fn works(&self, more: &[&str]) {
        let [items, by_index, by_evaluation, json] =
            ["corpus.safetensors", "index.run", "evaluation.run", "tuned.json"]
                .map(|name| self.data.text(name));
        self.data.evaluate(&["--module", &self.module, "--write-run", &by_evaluation]).succeeded();
        self.build().succeeded();
        self.index("search", &[&["--write-run", &by_index], more].concat()).succeeded();
        let found = hits(by_index.as_ref());
        assert_eq!(found.len(), QUERIES * 40);
        assert_eq!(found, hits(by_evaluation.as_ref()), "{more:?}");
        self.index("tune", &["--items", &items, "--json", &json]).succeeded();
        let curves = read_json(json.as_ref())["curves"].clone();
        assert_eq!(curves.as_array().unwrap().last().unwrap()["points"][0]["recall"], 1.0, "{curves}");
        self.calibrate().succeeded();
    }
}

/// A module that `train` made.
fn trained<'a>(data: &'a SmallData, flags: &[&str]) -> Saved<'a> {
    data.train(flags).succeeded();
    Saved { data, module: data.text("module") }
}

fn saved<'a>(data: &'a SmallData, state: &ModuleState) -> Saved<'a> {
    state.save(&data.path("module")).unwrap();
    Saved { data, module: data.text("module") }
}

/// A turn of the first two dimensions, and of the last two.
fn turn(angle: f32) -> Box<dyn PersistentModule> {
    let (sin, cos) = angle.sin_cos();
    let turned =
        array![[cos, sin, 0.0, 0.0], [-sin, cos, 0.0, 0.0], [0.0, 0.0, cos, sin], [0.0, 0.0, -sin, cos]];
    Box::new(MatrixModule::new(turned).unwrap())
}

#[test]
fn a_module_that_moves_items_searches_the_moved_items_everywhere() {
    let data = SmallData::new(4, 4);
    let dense = data.text("dense");
    let items = EmbeddingStore::open(data.path("corpus.safetensors")).unwrap().to_embeddings().unwrap();
    let offsets = ItemOffsets::between(&items, &turn(0.4).apply(&items).unwrap()).unwrap();
    for (side, exported) in [
        (ItemSide::Offsets(offsets), Err("ess index build --module")),
        (ItemSide::Shared, Ok(())),
        (ItemSide::Map(turn(0.7).into()), Ok(())),
        (ItemSide::Frozen, Err("its items stay as they are")),
    ] {
        let saved = saved(&data, &TwoSided::new(turn(0.9), side).unwrap().to_state().unwrap());
        saved.works(&[]);
        saved.export(&["--dense", &dense]).succeeded();
        match exported {
            Ok(()) => drop(saved.export(&["--side", "item", "--dense", &dense]).succeeded()),
            Err(instead) => saved.export(&["--side", "item", "--dense", &dense]).failed_with(&[instead]),
        }
    }
}

/// An index file says whether its items were moved, and by what; queries that are mapped for others are refused.
#[test]
fn an_index_of_moved_items_is_searched_with_the_module_that_moved_them() {
    let data = SmallData::new(4, 4);
    let (items, queries) = (data.text("corpus.safetensors"), data.text("queries.safetensors"));
    let (plain, moved, json) = (data.text("plain.index"), data.text("moved.index"), data.text("info.json"));
    let mapped = |query: f32, item: f32| {
        let sides = TwoSided::new(turn(query), ItemSide::Map(turn(item).into())).unwrap();
        saved(&data, &sides.to_state().unwrap()).module
    };
    let module = mapped(0.9, 0.4);
    let build = |out: &str, more: &[&str]| {
        run("index", ["build", "--items", &items, "--out", out].iter().chain(more)).succeeded();
    };
    build(&plain, &[]);
    build(&moved, &["--module", &module]);
    let search = |index: &str, more: &[&str]| {
        run("index", ["search", "--index", index, "--queries", &queries].iter().chain(more))
    };
    let with_module = ["--module", &module[..]];
    search(&plain, &[]).succeeded();
    let said = search(&moved, &with_module).succeeded();
    assert!(!said.stderr.contains("does not say"), "{}", said.stderr);
    let refusal = ["plain.index", "as the encoder gave them", "ess index build --module"];
    search(&plain, &with_module).failed_with(&refusal);
    search(&moved, &[]).failed_with(&["moved.index", "moved by a searching module", "--module"]);
    let tune = ["tune", "--index", &moved, "--items", &items, "--queries", &queries];
    run("index", tune).failed_with(&["moved by a searching module"]);

    let vectors = |index: &str| {
        run("index", ["info", "--index", index, "--json", &json]).succeeded();
        read_json(json.as_ref())["vectors"].clone()
    };
    assert_eq!(vectors(&plain), "encoded");
    let by = vectors(&moved);
    assert!(by["moved"].as_str().is_some_and(|checksum| checksum.starts_with("xxh3-64:")), "{by}");
    run("index", ["compact", "--index", &moved]).succeeded();
    assert_eq!(vectors(&moved), by, "compacting keeps it");
    // Another query side may be trained for the same items; another item side is another module.
    mapped(0.2, 0.4);
    search(&moved, &with_module).succeeded();
    mapped(0.9, 0.7);
    search(&moved, &with_module).failed_with(&["moved.index", "expected items moved", "found items moved"]);
}

#[test]
fn modules_that_read_more_than_one_vector_of_a_query_work_with_an_index_too() {
    let data = SmallData::new(4, 4).with_token_states(4);
    let (items, dense) = (data.text("corpus.safetensors"), data.text("dense"));
    let stays = ["more than one vector", "ess evaluate"];
    let (device, config) = (Device::flex(), TokenAttentionConfig::new(4, 4));
    let module = OnDevice::new(TokenAttention::init(&config, &device).unwrap(), &device);
    let over_tokens = saved(&data, &module.to_state().unwrap());
    over_tokens.works(&[]);
    over_tokens.export(&["--dense", &dense]).failed_with(&stays);
    let feedback = trained(&data, &["--module", "token_attention", "--feedback", "3"]);
    feedback.works(&["--items", &items]);
    feedback.index("search", &[]).failed_with(&["first pass", "--items"]);
    feedback.export(&["--dense", &dense]).failed_with(&stays);
}

#[test]
fn a_choice_is_refused_with_what_searches_by_it() {
    let data = SmallData::new(4, 4);
    let saved = trained(&data, &["--module", "auto", "--budget", "5"]);
    let index = [data.text("corpus.safetensors"), data.text("items.index")];
    run("index", ["build", "--items", &index[0], "--out", &index[1]]).succeeded();
    let needles = [saved.module.as_str(), "found a choice", "ess evaluate --write-run"];
    saved.export(&["--dense", &data.text("dense")]).failed_with(&needles);
    saved.calibrate().failed_with(&needles);
    saved.build().failed_with(&needles);
    saved.index("search", &[]).failed_with(&needles);
    saved.index("tune", &["--items", &index[0]]).failed_with(&needles);
}

#[test]
fn a_kind_that_this_program_does_not_know_is_named_with_those_that_it_knows() {
    let data = SmallData::new(4, 4);
    let saved = trained(&data, &[]);
    let manifest = data.path("module/module.json");
    let mut state = ModuleState::load(data.path("module").as_path()).unwrap();
    std::fs::remove_file(manifest).unwrap();
    state.description.kind = "pair_rotation".to_owned();
    state.save(&data.path("module")).unwrap();
    let needles = ["module", "pair_rotation", "linear", "token_attention", "registers it"];
    saved.calibrate().failed_with(&needles);
    saved.build().failed_with(&needles);
    saved.export(&["--dense", &data.text("dense")]).failed_with(&needles);
    data.evaluate(&["--module", &saved.module]).failed_with(&needles);
}

#[cfg(feature = "encoders")]
#[test]
fn the_upper_layers_of_an_encoder_are_loaded() {
    use ess_core::{Ids, ItemEncoder, QueryEncoder};
    use ess_data::{Dtype, Provenance, write_store, write_token_store};
    use ess_encoders::SentenceEncoder;

    let data = SmallData::new(4, 4);
    let encoder = std::sync::Arc::new(SentenceEncoder::load(crate::encode::tiny_model()).unwrap());
    let (lower, upper) = encoder.split(1, &Device::flex()).unwrap();
    let words = "cat sat mat risk heart disease quick brown fox men women over lazy dog";
    let words: Vec<&str> = words.split(' ').collect();
    let word = |i: usize| words[i % words.len()];
    let texts: Vec<String> =
        (0..40).map(|i| format!("{} and {}", word(i), word(i + 1 + i / words.len()))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let named =
        |prefix: char, count: usize| Ids::new((0..count).map(|i| format!("{prefix}{i}")).collect()).unwrap();
    let [queries, corpus] = ["queries.safetensors", "corpus.safetensors"].map(|name| data.path(name));
    let states = lower.encode_queries(&texts[..QUERIES]).unwrap();
    write_token_store(&queries, &named('q', QUERIES), &states, Dtype::F32, &Provenance::default()).unwrap();
    let items = encoder.encode_items(&texts).unwrap();
    write_store(&corpus, &named('d', 40), &items, Dtype::F32, &Provenance::default()).unwrap();
    upper.to_state().unwrap().save(&data.path("module")).unwrap();
    Saved { data: &data, module: data.text("module") }.works(&[]);
}
