//! How many tokens of text does the encoder encode in a CPU-second, on one thread?
//!
//! 128 items of SciFact, spread over the corpus, cut at 256 tokens, through all-MiniLM-L6-v2: from texts in memory to
//! embeddings, tokenizing counted. Throughput is tokens per CPU-second. Before it, one run says where the time goes, and how
//! near the products of matrices come to what the machine can do. Then the same with weights in bf16 and int8. The peers are
//! compared with the program `ess`, on the same texts, by `benches/compare.py`. The model's folder is what
//! crates/ess-encoders/tests/fetch_minilm.sh prints.
//!
//! ```text
//! export ESS_MINILM_DIR=$(bash crates/ess-encoders/tests/fetch_minilm.sh)
//! cargo bench -p ess-benches --bench encode
//! python3 benches/compare.py --python VENV/bin/python --questions encode
//! ```

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use cpu_time::ProcessTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::{CpuTime, SpanTimes, peak_gflops};
use ess_core::ItemEncoder;
use ess_data::{Item, read_records};
use ess_encoders::{DistilConfig, Precision, SentenceEncoder, StaticEncoder};
use tokenizers::Tokenizer;

const ITEMS: usize = 128;
const MAX_TOKENS: usize = 256;

fn texts() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/scifact/corpus.jsonl.gz");
    let items: Vec<Item> = read_records(path).expect("the repository's SciFact");
    let step = items.len() / ITEMS;
    items.iter().step_by(step).take(ITEMS).map(|item| format!("{} {}", item.title, item.text)).collect()
}

/// The tokens of each text, as the encoder cuts it.
fn tokens(model: &Path, texts: &[&str]) -> Vec<usize> {
    let mut tokenizer = Tokenizer::from_file(model.join("tokenizer.json")).expect("a tokenizer");
    tokenizer.with_truncation(None).expect("no truncation").with_padding(None);
    let encodings = tokenizer.encode_batch_fast(texts.to_vec(), true).expect("tokens");
    encodings.iter().map(|encoding| encoding.len().min(MAX_TOKENS)).collect()
}

// all-MiniLM-L6-v2.
const LAYERS: usize = 6;
const DIM: usize = 384;

/// Prints each part's share of the CPU time, and the rate of those that are products of matrices.
#[allow(clippy::print_stdout, reason = "the bench's own table")]
fn where_the_time_goes(encode: impl Fn(), tokens: &[usize]) {
    let spans = Arc::new(SpanTimes::new("ess_encoders"));
    encode();
    let started = ProcessTime::now();
    tracing::subscriber::with_default(spans.clone(), &encode);
    let all = started.elapsed().as_secs_f64();
    let linear = (2 * LAYERS * DIM * DIM * tokens.iter().sum::<usize>()) as f64;
    let pairs: usize = tokens.iter().map(|tokens| tokens * tokens).sum();
    let flop = |name: &str| match name {
        "project" => Some(3.0 * linear),
        "add_projection" => Some(linear),
        "feed_forward_up" | "feed_forward_down" => Some(4.0 * linear),
        "attend" => Some((4 * LAYERS * DIM * pairs) as f64),
        _ => None,
    };
    println!("multiply-adds in registers: {:.0} GFLOP/s", peak_gflops());
    let mut rest = all;
    for (name, time) in spans.times() {
        let seconds = time.as_secs_f64();
        rest -= seconds;
        let rate = flop(name).map_or(String::new(), |flop| format!("{:6.0} GFLOP/s", flop / seconds / 1e9));
        println!("{name:20} {:5.1} % {rate}", 100.0 * seconds / all);
    }
    println!("{:20} {:5.1} %", "all else", 100.0 * rest / all);
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
    let tokens = tokens(&model, &texts);
    // On the thread that listens to the spans.
    let here =
        rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().expect("one thread");
    let once = || drop(here.install(|| transformer.encode_items(&texts)).expect("embeddings"));
    where_the_time_goes(once, &tokens);
    let mut group = criterion.benchmark_group("encode");
    group.sample_size(10);
    group.throughput(Throughput::Elements(tokens.iter().sum::<usize>() as u64));
    group.bench_function("transformer", |bencher| {
        bencher.iter(|| pool.install(|| transformer.encode_items(&texts)));
    });
    for precision in [Precision::Bf16, Precision::Int8] {
        let encoder = SentenceEncoder::load_at(&model, precision)
            .and_then(|encoder| encoder.with_max_tokens(MAX_TOKENS))
            .expect("a model");
        group.bench_function(format!("transformer_{precision}"), |bencher| {
            bencher.iter(|| pool.install(|| encoder.encode_items(&texts)));
        });
    }
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
