//! Vectors and token states are those of sentence-transformers, on the host and on a device.

use std::sync::Arc;

use burn::tensor::Device;
use ess_core::QueryEncoder;
use ess_encoders::{SentenceEncoder, TokenEncoder};
use serde_json::json;

use super::cases::{CLOSE, Case, changed, deviation, furthest, golden, on_both, root};
use crate::folder::Folder;

fn agrees(name: &str) {
    let golden = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    for (place, encoder) in on_both(&root().join(name)) {
        // All at once, so that texts of several lengths stand side by side.
        let furthest_vector = deviation(&encoder.encode_queries(&texts).unwrap(), &golden.embeddings);
        let encoder = Arc::new(encoder);
        let mut furthest_state = 0.0_f32;
        for (layer, expected) in golden.states.iter().enumerate() {
            let states = TokenEncoder::new(encoder.clone(), layer).unwrap();
            let states = states.encode_queries(&texts[2..3]).unwrap();
            furthest_state = furthest_state.max(furthest(states.states(0), &expected.concat()));
        }
        println!("{name} on the {place}: vectors {furthest_vector:.1e}, states {furthest_state:.1e}");
        assert!(furthest_vector < CLOSE, "{name} on the {place}: vectors {furthest_vector}");
        assert!(furthest_state < CLOSE * 5.0, "{name} on the {place}: states {furthest_state}");
        assert!(encoder.split(1, &Device::flex()).is_ok() == matches!(name, "electra" | "albert"), "{name}");
    }
}

#[test]
fn qwen2_with_the_last_token_and_padding_in_front() {
    agrees("qwen2");
}

#[test]
fn qwen3_in_bf16_with_normalised_queries_and_keys() {
    agrees("qwen3");
}

#[test]
fn llama_in_shards_with_one_head_of_keys() {
    agrees("llama");
}

#[test]
fn llama_with_biases_and_heads_of_another_width() {
    agrees("llama_biases");
}

#[test]
fn mistral_with_a_window_smaller_than_texts() {
    agrees("mistral");
}

#[test]
fn modernbert_with_local_and_global_layers() {
    agrees("modernbert");
}

#[test]
fn gemma_3_in_f16_in_both_directions() {
    agrees("gemma3");
}

#[test]
fn nomic_bert_with_rotary_positions_and_a_gate() {
    agrees("nomic");
}

#[test]
fn electra_with_narrow_tables() {
    agrees("electra");
}

#[test]
fn albert_with_groups_of_layers() {
    agrees("albert");
}

#[test]
fn t5s_encoder_with_relative_positions_alone() {
    agrees("t5");
}

#[test]
fn deberta_with_distances_compared_with_tokens_and_a_convolution() {
    agrees("deberta");
}

#[test]
fn gte_by_its_own_code_with_scaled_rotary_positions() {
    agrees("gte");
}

#[test]
fn gte_as_transformers_5_saves_it() {
    agrees("gte_library");
}

#[test]
fn nomic_by_the_names_of_its_own_code() {
    agrees("nomic_own");
}

#[test]
fn jina_bert_with_linear_biases() {
    agrees("jina");
}

#[test]
fn jina_bert_with_normalised_queries_and_keys() {
    agrees("jina_post_norm");
}

#[test]
fn clips_tower_of_texts_through_its_projection() {
    agrees("clip");
}

#[test]
fn texts_of_clip_end_at_their_first_end() {
    let encoder = SentenceEncoder::load(root().join("clip")).unwrap();
    let found = encoder.encode_queries(&["the cat", "the cat </s> sat on the mat"]).unwrap();
    assert_ne!(found.row(0), found.row(1), "the largest id is no longer that of the end");
    let ends = Folder::of(&root().join("clip"))
        .edit("config.json", |config| config["text_config"]["eos_token_id"] = 5.into());
    // The token 5 is "cat".
    let found = ends
        .load()
        .unwrap()
        .encode_queries(&["the cat", "the cat </s> sat on the mat", "the cat cat"])
        .unwrap();
    assert_eq!((found.row(0), found.row(0)), (found.row(1), found.row(2)));
}

#[test]
fn other_configurations_of_the_same_architectures() {
    let cases: Vec<Case> =
        serde_json::from_slice(&std::fs::read(root().join("cases.json")).unwrap()).unwrap();
    assert!(cases.len() > 20);
    let mut wrong = Vec::new();
    for Case { folder, changes, embeddings } in cases {
        let golden = golden(&folder);
        // A case that the unchanged folder passes would show nothing; dynamic scaling is the one that changes no text.
        let differs = golden.embeddings.iter().zip(&embeddings).any(|(a, b)| furthest(a, b) > 1e-3);
        assert!(differs || json!(changes).to_string().contains("dynamic"), "{folder} {changes:?}");
        let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
        for (place, encoder) in on_both(changed(&folder, &changes).root()) {
            let furthest = deviation(&encoder.encode_queries(&texts).unwrap(), &embeddings);
            if furthest >= CLOSE {
                wrong.push(format!("{folder} on the {place}, {}: {furthest}", json!(changes)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
