//! How many tokens of text does the encoder encode in a CPU-second, on one thread?
//!
//! 512 items of SciFact, spread over the corpus, cut at 256 tokens, through all-MiniLM-L6-v2: from texts in memory to
//! embeddings, tokenizing counted. Throughput is tokens per CPU-second. The peers are onnxruntime, with batches sorted by
//! length, and sentence-transformers on torch: `benches/peers/encode.py`, on the same texts. The model's folder is what
//! crates/ess-encoders/tests/fetch_minilm.sh prints.
//!
//! ```text
//! export ESS_MINILM_DIR=$(bash crates/ess-encoders/tests/fetch_minilm.sh)
//! cargo bench -p ess-benches --bench encode
//! VENV/bin/python benches/peers/encode.py $ESS_MINILM_DIR
//! ```

use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::CpuTime;
use ess_core::ItemEncoder;
use ess_data::{Item, read_records};
use ess_encoders::{DistilConfig, SentenceEncoder, StaticEncoder};
use tokenizers::Tokenizer;

const ITEMS: usize = 512;
const MAX_TOKENS: usize = 256;

fn texts() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/scifact/corpus.jsonl.gz");
    let items: Vec<Item> = read_records(path).expect("the repository's SciFact");
    let step = items.len() / ITEMS;
    items.iter().step_by(step).take(ITEMS).map(|item| format!("{} {}", item.title, item.text)).collect()
}

/// The tokens of all texts, as the encoder cuts them.
fn tokens(model: &Path, texts: &[&str]) -> u64 {
    let mut tokenizer = Tokenizer::from_file(model.join("tokenizer.json")).expect("a tokenizer");
    tokenizer.with_truncation(None).expect("no truncation").with_padding(None);
    let encodings = tokenizer.encode_batch_fast(texts.to_vec(), true).expect("tokens");
    encodings.iter().map(|encoding| encoding.len().min(MAX_TOKENS) as u64).sum()
}

#[allow(clippy::print_stderr, reason = "whoever runs it should know why there is no figure")]
fn encode(criterion: &mut Criterion<CpuTime>) {
    let Some(model) = std::env::var_os("ESS_MINILM_DIR").map(PathBuf::from) else {
        eprintln!("encode: skipped, ESS_MINILM_DIR is not set");
        return;
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let transformer = SentenceEncoder::load(&model).and_then(|encoder| encoder.with_max_tokens(MAX_TOKENS));
    let transformer = transformer.expect("a model");
    let mut group = criterion.benchmark_group("encode");
    group.sample_size(10);
    group.throughput(Throughput::Elements(tokens(&model, &texts)));
    group.bench_function("transformer", |bencher| {
        bencher.iter(|| pool.install(|| transformer.encode_items(&texts)));
    });
    let distilled = StaticEncoder::distil(&transformer, &DistilConfig::default());
    let distilled =
        distilled.and_then(|encoder| encoder.with_max_tokens(MAX_TOKENS)).expect("a static encoder");
    group.bench_function("static", |bencher| {
        bencher.iter(|| pool.install(|| distilled.encode_items(&texts)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = encode
}
criterion_main!(benches);
