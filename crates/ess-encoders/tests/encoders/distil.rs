//! Static encoders that are distilled, saved and loaded again.

use std::path::{Path, PathBuf};

use ess_core::ItemEncoder;
use ess_encoders::{DistilConfig, Error, SentenceEncoder, StaticEncoder};
use ess_testing::encoder::{item_encoder_conforms, query_encoder_conforms};

const TEXTS: [&str; 4] = ["the cat sat on the mat", "", "Größe 漢字 🙂", "the the the risk"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

fn config(dim: usize) -> DistilConfig {
    DistilConfig { dim, ..DistilConfig::default() }
}

#[test]
fn a_distilled_encoder_survives_saving_and_keeps_its_promises() {
    for name in ["bert", "roberta", "xlm-roberta"] {
        let encoder = SentenceEncoder::load(folder(name)).unwrap();
        let distilled = StaticEncoder::distil(&encoder, &config(8)).unwrap();
        let texts: Vec<_> = TEXTS.into_iter().collect();
        query_encoder_conforms(&distilled, &texts, 0.0);
        item_encoder_conforms(&distilled, &texts, 0.0);
        let saved = tempfile::tempdir().unwrap();
        distilled.save(saved.path()).unwrap();
        assert!(StaticEncoder::is_folder(saved.path()) && !StaticEncoder::is_folder(folder(name)));
        let loaded = StaticEncoder::load(saved.path()).unwrap();
        let expected = distilled.encode_items(&TEXTS).unwrap();
        assert_eq!(loaded.encode_items(&TEXTS).unwrap(), expected, "{name}");
        assert_eq!(expected.dim(), 8);
        assert!((expected.row(0).iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

/// All components kept, what is left of a single token is its centred vector, turned: differences keep their lengths.
#[test]
fn principal_components_turn_the_token_vectors_and_nothing_else() {
    let encoder = SentenceEncoder::load(folder("mpnet")).unwrap();
    let dim = encoder.dim();
    // So large a coefficient weighs all tokens alike.
    let even = |dim| DistilConfig { dim, sif: 1e9 };
    let whole = StaticEncoder::distil(&encoder, &even(dim)).unwrap();
    let shorter = StaticEncoder::distil(&encoder, &even(5)).unwrap();
    let words = ["the", "cat", "risk"];
    let (whole, shorter) = (whole.encode_items(&words).unwrap(), shorter.encode_items(&words).unwrap());
    for word in 0..3 {
        // The first components of the longer are those of the shorter, up to the length that both are scaled to.
        let ratio = whole.row(word)[0] / shorter.row(word)[0];
        for (longer, shorter) in whole.row(word).iter().zip(shorter.row(word)) {
            assert!((longer - ratio * shorter).abs() < 1e-5);
        }
    }
}

#[test]
fn frequent_tokens_weigh_less() {
    let encoder = SentenceEncoder::load(folder("bert")).unwrap();
    let texts = ["the the the the the the the the cat", "risk"];
    let counted = StaticEncoder::distil_for(&encoder, &DistilConfig { dim: 8, sif: 1e-3 }, &texts).unwrap();
    let encoded = counted.encode_items(&["the risk", "risk", "the"]).unwrap();
    let similarity =
        |a: usize, b: usize| encoded.row(a).iter().zip(encoded.row(b)).map(|(x, y)| x * y).sum::<f32>();
    assert!(similarity(0, 1) > similarity(0, 2), "{} {}", similarity(0, 1), similarity(0, 2));
}

#[test]
fn impossible_settings_are_refused() {
    let encoder = SentenceEncoder::load(folder("bert")).unwrap();
    for bad in
        [config(0), config(33), DistilConfig { dim: 8, sif: 0.0 }, DistilConfig { dim: 8, sif: f64::NAN }]
    {
        let found = StaticEncoder::distil(&encoder, &bad).map(|_| ());
        assert!(matches!(found, Err(Error::Core(ess_core::Error::InvalidParameter { .. }))), "{bad:?}");
    }
    assert!(StaticEncoder::distil_for(&encoder, &config(8), &[]).is_err());
    let file = tempfile::NamedTempFile::new().unwrap();
    let distilled = StaticEncoder::distil(&encoder, &config(8)).unwrap();
    assert!(matches!(distilled.save(file.path()), Err(Error::Files(_))));
}
