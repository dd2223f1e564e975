//! How long texts may be where the folder and the model's positions say different things.

use ess_core::{Embeddings, QueryEncoder};
use serde_json::{Map, Value, json};

use super::cases::{changed, golden};
use crate::folder::Folder;

const STATED: &str = "sentence_bert_config.json";

/// A folder whose config.json has some settings changed, and whose texts may have 40 tokens.
fn of_forty(name: &str, changes: Value) -> Folder {
    let changes: Map<String, Value> = changes.as_object().unwrap().clone();
    changed(name, &changes).edit(STATED, |text| text["max_seq_length"] = 40.into())
}

fn vectors(folder: &Folder, name: &str) -> Embeddings {
    let golden = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    folder.load().unwrap().encode_queries(&texts).unwrap()
}

#[test]
fn what_a_folder_states_goes_beyond_the_positions_of_models_without_a_table_of_them() {
    for name in ["llama", "modernbert", "gte", "jina"] {
        let few = of_forty(name, json!({"max_position_embeddings": 20}));
        let many = of_forty(name, json!({"max_position_embeddings": 64}));
        assert_eq!(few.load().unwrap().max_tokens(), 40, "{name}");
        assert_eq!(vectors(&few, name), vectors(&many, name), "{name}");
        let cut = many.edit(STATED, |text| text["max_seq_length"] = 20.into());
        assert_ne!(vectors(&few, name), vectors(&cut, name), "{name}: no text is long enough to show it");
        assert!(few.load().unwrap().assumptions().is_empty(), "{name}");
        assert_eq!(few.load().unwrap().with_max_tokens(33).unwrap().max_tokens(), 33, "{name}");
    }
}

#[test]
fn texts_are_cut_where_positions_end_or_depend_on_the_length_and_that_is_said() {
    let dynamic = json!({
        "max_position_embeddings": 20, "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 100.0},
    });
    for (name, changes) in [("llama", dynamic), ("deberta", json!({}))] {
        let folder = of_forty(name, changes).edit(STATED, |text| text["max_seq_length"] = 99.into());
        let encoder = folder.load().unwrap();
        let positions = if name == "llama" { 20 } else { 64 };
        assert_eq!(encoder.max_tokens(), positions, "{name}");
        let said = encoder.assumptions().join("\n");
        assert!(said.contains("99") && said.contains(&positions.to_string()), "{name}: {said}");
        assert!(encoder.with_max_tokens(positions + 1).is_err(), "{name}");
    }
}

#[test]
fn what_the_tokenizer_says_stays_within_the_positions() {
    let folder = changed("llama", &Map::from_iter([("max_position_embeddings".to_owned(), json!(20))]))
        .edit(STATED, |text| drop(text.as_object_mut().unwrap().remove("max_seq_length")));
    assert_eq!(folder.load().unwrap().max_tokens(), 20);
}
