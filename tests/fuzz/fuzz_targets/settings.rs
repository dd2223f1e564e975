#![no_main]
//! The settings of model folders: the first byte says which file, the others are its content; all other files are right.

use std::path::Path;

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{
    ColbertEncoder, CrossEncoder, ImageEncoder, SentenceEncoder, SparseEncoder, StaticEncoder,
    TwoTowerEncoder,
};
use ess_fuzz::{Folder, copy_golden, golden, keep_seeds, let_panics_be_caught, uncaught};
use libfuzzer_sys::fuzz_target;

/// Golden folders, the later over the earlier; what loads them; and files of the last.
type Model = (&'static [&'static str], fn(&Path), &'static [&'static str]);

#[rustfmt::skip]
static MODELS: [Model; 11] = [
    (&["tiny/bert"], sentence, &[
        "config.json", "modules.json", "1_Pooling/config.json", "tokenizer_config.json",
        "sentence_bert_config.json", "config_sentence_transformers.json",
    ]),
    (&["tiny/xlm-roberta"], sentence, &["2_Dense/config.json", "3_LayerNorm/config.json"]),
    (&["tiny/roberta"], sentence, &["model.safetensors.index.json"]),
    (&["tiny/router"], two_towers, &["modules.json", "router_config.json", "query_1_Pooling/config.json"]),
    (&["tiny/cross-encoder"], cross_encoder, &["config.json", "tokenizer_config.json"]),
    (&["tiny/static"], words, &["config.json", "modules.json"]),
    (&["sparse/inference-free"], sparse, &[
        "router_config.json", "document_1_SpladePooling/config.json", "query_0_SparseStaticEmbedding/config.json",
    ]),
    (&["colbert/pylate"], colbert, &["config_sentence_transformers.json", "1_Dense/config.json"]),
    (&["colbert/published"], colbert, &["artifact.metadata"]),
    (&["architectures/clip"], clip, &["config.json", "processor_config.json", "sentence_bert_config.json"]),
    (&["architectures/llama", "adapters/plain"], sentence, &["adapter_config.json"]),
];

const TEXTS: [&str; 2] = ["the cat sat", ""];

fn sentence(folder: &Path) {
    let _ = SentenceEncoder::load(folder).map(|encoder| encoder.encode_items(&TEXTS));
}

fn two_towers(folder: &Path) {
    let _ = TwoTowerEncoder::load(folder).map(|encoder| encoder.encode_items(&TEXTS));
}

fn cross_encoder(folder: &Path) {
    let _ = CrossEncoder::load(folder).map(|encoder| encoder.scores("the cat", &TEXTS));
}

fn words(folder: &Path) {
    let _ = StaticEncoder::load(folder).map(|encoder| encoder.encode_items(&TEXTS));
}

fn sparse(folder: &Path) {
    let _ = SparseEncoder::load(folder)
        .map(|encoder| (encoder.encode_queries(&TEXTS), encoder.encode_items(&TEXTS)));
}

fn colbert(folder: &Path) {
    let _ = ColbertEncoder::load(folder)
        .map(|encoder| (encoder.encode_queries(&TEXTS), encoder.encode_items(&TEXTS)));
}

fn clip(folder: &Path) {
    sentence(folder);
    let _ = ImageEncoder::load(folder).map(|encoder| {
        let pixels = vec![0.5; 3 * encoder.side().min(64).pow(2)];
        encoder.encode_items(&[pixels.as_slice()])
    });
}

/// Every file with its model.
fn files() -> impl Iterator<Item = (&'static Model, &'static str)> {
    MODELS.iter().flat_map(|model| model.2.iter().map(move |file| (model, *file)))
}

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    files().enumerate().map(|(number, ((folders, ..), file))| {
        let last = folders.last().expect("a folder");
        let content = std::fs::read(golden(last).join(file)).expect("settings");
        (format!("{number}"), [&[number as u8][..], &content].concat())
    })
}

fuzz_target!(init: { let_panics_be_caught(); keep_seeds("settings", seeds()) }, |bytes: &[u8]| {
    let Some((number, content)) = bytes.split_first() else { return };
    let Some(((folders, load, _), file)) = files().nth(usize::from(*number)) else { return };
    let folder = Folder::new();
    folders.iter().for_each(|golden| copy_golden(golden, &folder));
    folder.file(file, content);
    uncaught(|| load(folder.path()));
});
