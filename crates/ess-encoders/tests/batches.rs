//! What every encoder owes its callers, whatever the batch.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use burn::tensor::Device;
use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::SentenceEncoder;

fn encoders() -> [SentenceEncoder; 2] {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny/mpnet");
    [
        SentenceEncoder::load(&folder).unwrap(),
        SentenceEncoder::load_on(folder, &Device::flex()).unwrap(),
    ]
}

fn texts() -> Vec<String> {
    let long = "heart and risk of men ".repeat(60_000);
    let mut texts: Vec<_> = (0..40)
        .map(|i| "the quick brown fox jumps ".repeat(i % 13))
        .collect();
    texts.extend([String::new(), long, "\0\u{fffd}\u{10ffff} \u{200b}".to_owned()]);
    texts
}

#[test]
fn together_equals_one_by_one_in_order() {
    let texts = texts();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    for encoder in encoders() {
        let together = encoder.encode_items(&texts).unwrap();
        assert_eq!(
            (together.len(), together.dim()),
            (texts.len(), QueryEncoder::dim(&encoder))
        );
        for (row, text) in texts.iter().enumerate() {
            let alone = encoder.encode_items(&[text]).unwrap();
            let furthest = alone
                .row(0)
                .iter()
                .zip(together.row(row))
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(furthest < 1e-5, "text {row}: {furthest}");
        }
        assert!(encoder.encode_items(&[]).is_err());
        assert!(encoder.encode_queries(&[]).is_err());
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let texts = texts();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let [encoder, _] = encoders();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| encoder.encode_items(&texts).unwrap())
    };
    assert_eq!(with(1), with(3));
}
