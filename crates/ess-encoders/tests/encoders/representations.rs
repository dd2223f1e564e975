//! Representations of texts against plain computations: see golden/make_representations.py.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_encoders::{
    LateChunker, PassageSplitter, PoolingMode, Reading, Representation, RepresentationEncoder,
    RepresentationKind, SentenceEncoder, TextStates, TokenEncoder, register_representation, representations,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    cases: Vec<Case>,
    late_chunks: Vec<LateCase>,
}

#[derive(Deserialize)]
struct Case {
    model: String,
    representation: String,
    side: String,
    rows: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct LateCase {
    model: String,
    overlap: usize,
    text: String,
    passages: Vec<[usize; 2]>,
    rows: Vec<Vec<f32>>,
}

fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(golden_folder().join("representations.json")).unwrap()).unwrap()
}

fn model(name: &str) -> Arc<SentenceEncoder> {
    Arc::new(SentenceEncoder::load(golden_folder().join("tiny").join(name)).unwrap())
}

fn of(model: &Arc<SentenceEncoder>, wanted: &[&str]) -> RepresentationEncoder {
    let wanted = wanted.iter().map(|text| text.parse().unwrap()).collect();
    RepresentationEncoder::new(model.clone(), wanted).unwrap()
}

fn assert_close(name: &str, found: &Embeddings, expected: &[Vec<f32>]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (at, (found, expected)) in found.rows().zip(expected).enumerate() {
        assert_eq!(found.len(), expected.len(), "{name}");
        let furthest = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-4, "{name}, row {at}: {furthest} from the golden one");
    }
}

#[test]
fn each_representation_is_what_a_plain_computation_gives() {
    let Golden { texts, cases, .. } = golden();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert!(cases.len() > 50);
    for case in cases {
        let encoder = of(&model(&case.model), &[&case.representation]);
        let found = match case.side.as_str() {
            "query" => encoder.encode_queries(&texts).unwrap(),
            _ => encoder.encode_items(&texts).unwrap(),
        };
        assert_close(&format!("{} {}", case.model, case.representation), &found, &case.rows);
    }
}

#[test]
fn late_chunks_are_pooled_from_the_states_of_the_whole_text_in_windows_where_it_is_long() {
    let Golden { late_chunks, .. } = golden();
    let mut longer = 0;
    for case in late_chunks {
        let model = model(&case.model);
        let tokens = model.token_counter().unwrap().count(&[&case.text]).unwrap()[0];
        longer += usize::from(tokens > model.max_tokens());
        let chunker = LateChunker::new(model, Some(case.overlap)).unwrap();
        let passages: Vec<Range<usize>> = case.passages.iter().map(|[start, end]| *start..*end).collect();
        let found = chunker.encode_items(&[&case.text, "a"], &[passages, vec![]]).unwrap();
        assert_close(&case.model, &found[0], &case.rows);
        assert_eq!(found[1].len(), 1);
    }
    assert_eq!(longer, 1, "one of the texts is longer than its model reads");
}

/// What is asked of every representation of the two models that pool all tokens.
const ALL: [&str; 6] = [
    "pooled",
    "layer=at:1,pooling:max",
    "sentences=max_words:7",
    "late_chunks=max_words:7",
    "pooled=prefix:5",
    "late_chunks=overlap:3,prefix:9",
];

#[test]
fn a_concatenation_is_what_its_parts_give_alone() {
    let model = model("distilbert");
    let texts = golden().texts;
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain([""]).collect();
    let together = of(&model, &ALL);
    let (queries, items) = (together.encode_queries(&texts).unwrap(), together.encode_items(&texts).unwrap());
    let mut start = 0;
    for (one, block) in ALL.iter().zip(together.blocks()) {
        let alone = of(&model, &[one]);
        assert_eq!(block.dim, alone.dim());
        for (together, alone) in
            [(&queries, alone.encode_queries(&texts).unwrap()), (&items, alone.encode_items(&texts).unwrap())]
        {
            for (together, alone) in together.rows().zip(alone.rows()) {
                assert_eq!(&together[start..start + block.dim], alone, "{one}");
            }
        }
        start += block.dim;
    }
    assert_eq!(start, together.dim());
}

#[test]
fn a_layer_is_the_pooled_states_that_a_token_encoder_gives() {
    let model = model("bert");
    let text = "Aspirin reduces the risk of heart attack in men.";
    for layer in 0..=model.layers() {
        let states = TokenEncoder::new(model.clone(), layer).unwrap().encode_queries(&[text]).unwrap();
        let rows = states.states(0).chunks_exact(32);
        let mut greatest = [f32::NEG_INFINITY; 32];
        rows.for_each(|row| greatest.iter_mut().zip(row).for_each(|(most, value)| *most = most.max(*value)));
        let norm = greatest.iter().map(|value| value * value).sum::<f32>().sqrt();
        let expected: Vec<f32> = greatest.iter().map(|value| value / norm).collect();
        let name = format!("layer=at:{layer},pooling:max");
        assert_close(&name, &of(&model, &[&name]).encode_queries(&[text]).unwrap(), &[expected]);
    }
}

#[test]
fn late_chunks_and_sentences_of_a_text_of_one_sentence_are_its_own_vector() {
    let model = model("mpnet");
    let texts = ["Aspirin reduces the risk of heart attack in men.", "a", ""];
    let plain = model.encode_items(&texts).unwrap();
    for one in ["pooled", "late_chunks", "sentences"] {
        assert_eq!(of(&model, &[one]).encode_items(&texts).unwrap(), plain, "{one}");
    }
    let chunker = LateChunker::new(model.clone(), None).unwrap();
    let passages = texts.map(|text| PassageSplitter::default().ranges(text));
    for (row, chunks) in chunker.encode_items(&texts, &passages).unwrap().iter().enumerate() {
        assert_eq!((chunks.len(), chunks.row(0)), (1, plain.row(row)));
    }
}

#[test]
fn what_a_model_does_not_have_is_refused_and_says_what_it_has() {
    let refused = [
        ("bert", "layer=at:3", "3 of 2"),
        ("bert", "pooled=prefix:33", "33 of 32"),
        ("bert", "pooled=prefix:0", "0 of 32"),
        ("bert", "pooled=prompt:passage", "known are document, query"),
        ("bert", "pooled=prompt:query,prompt_text:x", "none beside prompt_text"),
        ("bert", "pooled=at:1", "pooled reads prompt"),
        ("bert", "mean", "known are pooled, layer, sentences, late_chunks"),
        ("bert", "sentences=max_words:0", "max_words"),
        ("bert", "late_chunks=overlap:20", "20 of 40"),
        ("roberta", "late_chunks", "Cls"),
    ];
    for (name, representation, said) in refused {
        let made = RepresentationEncoder::new(model(name), vec![representation.parse().unwrap()]);
        let error = made.err().unwrap().to_string();
        assert!(error.contains(said), "{representation}: {error}");
    }
    assert!(RepresentationEncoder::new(model("bert"), vec![]).is_err());
    let encoder = of(&model("bert"), &["pooled"]);
    assert!(encoder.encode_queries(&[]).is_err());
    let chunker = LateChunker::new(model("mpnet"), None).unwrap();
    assert!(chunker.encode_items(&["a b"], &[vec![2..3, 0..1]]).is_err());
    assert!(chunker.encode_items(&["a b"], &[vec![0..1, 2..4]]).is_err());
    let overlap = chunker.encode_items(&["a b"], &[vec![0..2, 1..3]]).unwrap_err().to_string();
    assert!(overlap.contains("without overlap"), "{overlap}");
    assert!(chunker.encode_items(&["a b"], &[]).is_err());
    assert!(chunker.encode_items(&[], &[]).is_err());
}

#[test]
fn blocks_say_in_which_space_they_lie() {
    let encoder = of(
        &model("bert"),
        &["pooled=prompt:document", "sentences", "layer", "layer=at:1,pooling:cls,prefix:4"],
    );
    let spaces: Vec<String> = encoder.blocks().into_iter().map(|block| block.space).collect();
    assert_eq!(spaces, ["embedding", "embedding", "layer 2, mean", "layer 1, cls, first 4"]);
    assert!(encoder.has_unit_norm());
    assert!(
        !of(&model("roberta"), &["pooled"]).has_unit_norm()
            || model("roberta").similarity() == Some("cosine")
    );
}

#[test]
fn a_text_of_a_million_characters_is_read_to_its_end() {
    let model = model("mpnet");
    let text = "the cat sat on the mat and slept all day. ".repeat(24_000);
    assert!(text.len() > 1_000_000);
    let passages = PassageSplitter::default().ranges(&text);
    let chunker = LateChunker::new(model.clone(), None).unwrap();
    let ends = |text: &str, passages: Vec<Range<usize>>| {
        let found = chunker.encode_items(&[text], &[passages]).unwrap().remove(0);
        assert!(found.rows().all(|row| row.iter().any(|value| *value != 0.0)), "each passage has tokens");
        found
    };
    let whole = ends(&text, passages.clone());
    assert_eq!(whole.len(), passages.len());
    // The model alone reads the beginning; the last passage differs from it by what stands around it.
    let changed = format!("{}attack the risk of men.", &text[..text.len() - 24]);
    let other = ends(&changed, passages.clone());
    assert_eq!(whole.row(0), other.row(0));
    assert_ne!(whole.row(passages.len() - 1), other.row(passages.len() - 1));
}

struct BothEnds;

impl RepresentationKind for BothEnds {
    fn name(&self) -> &'static str {
        "both_ends"
    }

    fn dim(&self, _: &Representation, model: &SentenceEncoder) -> Option<usize> {
        Some(model.token_dim())
    }

    fn reading<'t>(&self, _: &Representation, _: &SentenceEncoder, _: &'t str) -> Reading<'t> {
        Reading::Windows { overlap: 4 }
    }

    fn vectors(&self, _: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
        assert_eq!(states.ends().len() * 32, states.states().len());
        [PoolingMode::Cls, PoolingMode::LastToken].map(|mode| states.pooled_by(mode)).to_vec()
    }
}

/// Says nothing of any text.
struct Nothing;

impl RepresentationKind for Nothing {
    fn name(&self) -> &'static str {
        "nothing"
    }

    fn vectors(&self, _: &Representation, _: &TextStates<'_>) -> Vec<Vec<f32>> {
        Vec::new()
    }
}

/// A model's own head would make a vector of its biases.
#[test]
fn what_has_no_tokens_is_zero_behind_dense_layers_too() {
    register_representation(Nothing).unwrap();
    let model = model("xlm-roberta");
    assert!(ess_core::ItemEncoder::dim(&*model) != model.token_dim(), "it has a dense layer");
    let found = of(&model, &["nothing"]).encode_items(&["a", "b"]).unwrap();
    assert!(found.as_slice().iter().all(|&value| value == 0.0));
}

/// Windows that hardly get on, or that no model could read.
struct Far;

impl RepresentationKind for Far {
    fn name(&self) -> &'static str {
        "far"
    }

    fn reading<'t>(&self, _: &Representation, _: &SentenceEncoder, text: &'t str) -> Reading<'t> {
        Reading::Windows { overlap: if text == "most" { usize::MAX } else { 1000 } }
    }

    fn vectors(&self, _: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
        vec![states.pooled()]
    }
}

#[test]
fn windows_of_a_registered_kind_are_no_longer_than_the_model_reads() {
    register_representation(Far).unwrap();
    for text in ["most", "a"] {
        let error = of(&model("bert"), &["far"]).encode_items(&[text]).unwrap_err().to_string();
        assert!(error.contains("overlap"), "{error}");
    }
}

#[test]
fn a_registered_representation_works_by_its_name() {
    register_representation(BothEnds).unwrap();
    assert!(representations().contains(&"both_ends"));
    let text = golden().texts.pop().unwrap();
    let found = of(&model("bert"), &["both_ends=prefix:16"]).encode_queries(&[&text]).unwrap();
    assert_eq!(found.dim(), 16);

    struct Other;
    impl RepresentationKind for Other {
        fn name(&self) -> &'static str {
            "pooled"
        }

        fn vectors(&self, _: &Representation, _: &TextStates<'_>) -> Vec<Vec<f32>> {
            Vec::new()
        }
    }
    assert!(register_representation(Other).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_text_has_the_same_bits_alone_and_in_a_batch_and_unit_norm(
        texts in prop::collection::vec(r"([a-zA-Zß漢]{1,7}[.?!]?[ \n]){0,60}", 1..6),
    ) {
        let encoder = of(&model("distilbert"), &ALL);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let batch = encoder.encode_items(&texts).unwrap();
        for (row, text) in texts.iter().enumerate() {
            let alone = encoder.encode_items(&[text]).unwrap();
            prop_assert_eq!(alone.row(0), batch.row(row));
            let mut start = 0;
            for block in encoder.blocks() {
                let part = &batch.row(row)[start..start + block.dim];
                let norm = part.iter().map(|value| value * value).sum::<f32>().sqrt();
                prop_assert!((norm - 1.0).abs() < 1e-4, "{} {}", block.representation, norm);
                start += block.dim;
            }
        }
    }
}
