//! Every architecture of sentence encoder, and the cross-encoder, on the GPU.

use std::path::{Path, PathBuf};

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{CrossEncoder, SentenceEncoder};

use crate::{
    agreement::{COMPUTED, close},
    devices::gpu,
};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ess-encoders/tests/golden/tiny").join(name)
}

const TEXTS: [&str; 4] = [
    "Searching is selecting.",
    "An encoder provides information, and a searching module selects what the task needs.",
    "",
    "zero-dimensional biomaterials show inductive properties",
];

#[test]
fn every_architecture_encodes_as_on_the_cpu() {
    for name in ["bert", "roberta", "distilbert", "mpnet", "xlm-roberta"] {
        let host = SentenceEncoder::load(folder(name)).unwrap();
        let device = SentenceEncoder::load_on(folder(name), &gpu()).unwrap();
        let (expected, found) =
            (host.encode_queries(&TEXTS).unwrap(), device.encode_queries(&TEXTS).unwrap());
        close(&format!("{name}, queries"), expected.as_slice(), found.as_slice(), COMPUTED);
        let (expected, found) = (host.encode_items(&TEXTS).unwrap(), device.encode_items(&TEXTS).unwrap());
        close(&format!("{name}, items"), expected.as_slice(), found.as_slice(), COMPUTED);
    }
}

#[test]
fn a_cross_encoder_scores_as_on_the_cpu() {
    let host = CrossEncoder::load(folder("cross-encoder")).unwrap();
    let device = CrossEncoder::load_on(folder("cross-encoder"), &gpu()).unwrap();
    let expected = host.scores(TEXTS[0], &TEXTS).unwrap();
    close("scores", &expected, &device.scores(TEXTS[0], &TEXTS).unwrap(), COMPUTED);
}
