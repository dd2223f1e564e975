//! Tokens that the tokenizer adds, and tokens without a row.

use ess_encoders::Error;
use serde_json::{Map, json};

use super::cases::{changed, vectors};

#[test]
fn tokens_that_are_to_be_added_are_added_or_missed_by_name() {
    // Gemma's tokenizer.json here adds both, Qwen's the one at the end.
    let with = |name: &str, setting: &str| vectors(name, "tokenizer_config.json", json!({setting: true}));
    for (name, setting) in
        [("gemma3", "add_bos_token"), ("gemma3", "add_eos_token"), ("qwen3", "add_eos_token")]
    {
        assert_eq!(with(name, setting).unwrap(), vectors(name, "config.json", json!({})).unwrap());
    }
    let error = with("qwen3", "add_bos_token").unwrap_err();
    assert!(matches!(&error, Error::Setting { name, .. } if name == "add_bos_token"), "{error}");
}

#[test]
fn tokens_behind_the_table_are_refused_when_the_folder_is_loaded_and_rows_without_tokens_are_not() {
    // 45 tokens, 48 rows.
    assert!(changed("qwen3", &Map::new()).load().is_ok());
    let token = |id: usize| {
        json!({"id": id, "content": format!("<more {id}>"), "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    let with_added = |last: usize| {
        changed("qwen3", &Map::new()).edit("tokenizer.json", |tokenizer| {
            tokenizer["added_tokens"].as_array_mut().unwrap().extend((45..=last).map(token));
        })
    };
    assert!(with_added(47).load().is_ok());
    assert!(matches!(with_added(48).error(), Error::Vocabulary { largest: 48, vocabulary: 48, .. }));
    let more = changed("qwen3", &Map::new())
        .edit("tokenizer.json", |tokenizer| tokenizer["model"]["vocab"]["<more>"] = 48.into());
    assert!(matches!(more.error(), Error::Vocabulary { largest: 48, vocabulary: 48, .. }));
}
