//! Every setting that sentence-transformers 2 to 6 and transformers 3 to 5 write for the supported architectures.

use super::Settings;

const NOTHING: &[&str] = &["null", "false"];

/// All tables, in the order of the README.
#[cfg(test)]
pub(crate) const ALL: [&Settings; 12] = [
    &TRANSFORMER,
    &SENTENCE,
    &MODEL,
    &LISTED_MODULE,
    &ROUTER,
    &POOLING,
    &DENSE,
    &LAYER_NORM,
    &NORMALIZE,
    &TOKENIZER_CONFIG,
    &TOKENIZER,
    &STATIC,
];

/// config.json beside a transformer's weights.
pub(crate) const TRANSFORMER: Settings = Settings {
    file: "config.json",
    applied: &[
        "activation",
        "architectures",
        "dim",
        "hidden_act",
        "hidden_dim",
        "hidden_size",
        "intermediate_size",
        "layer_norm_eps",
        "max_position_embeddings",
        "model_type",
        "n_heads",
        "n_layers",
        "num_attention_heads",
        "num_hidden_layers",
        "pad_token_id",
        "type_vocab_size",
        "vocab_size",
    ],
    only: &[
        ("add_cross_attention", NOTHING),
        ("auto_map", &["null", "{}"]),
        ("is_causal", NOTHING),
        ("is_decoder", NOTHING),
        ("is_encoder_decoder", NOTHING),
        ("position_embedding_type", &["null", "\"absolute\""]),
        ("pruned_heads", &["null", "{}"]),
        ("quantization_config", &["null"]),
        ("relative_attention_num_buckets", &["32"]),
    ],
    harmless: &[
        "_attn_implementation_autoset",
        "_commit_hash",
        "_name_or_path",
        "_num_labels",
        "attention_dropout",
        "attention_probs_dropout_prob",
        "attn_implementation",
        "bad_words_ids",
        "begin_suppress_tokens",
        "bos_token_id",
        "chunk_size_feed_forward",
        "classifier_activation",
        "classifier_dropout",
        "cross_attention_hidden_size",
        "decoder_start_token_id",
        "directionality",
        "diversity_penalty",
        "do_sample",
        "dropout",
        "dtype",
        "early_stopping",
        "encoder_no_repeat_ngram_size",
        "eos_token_id",
        "eos_token_ids",
        "exponential_decay_length_penalty",
        "finetuning_task",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "gradient_checkpointing",
        "hidden_dropout_prob",
        "id2label",
        "initializer_range",
        "label2id",
        "language",
        "length_penalty",
        "max_length",
        "min_length",
        "model_name",
        "name",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_labels",
        "num_return_sequences",
        "output_attentions",
        "output_hidden_states",
        "output_past",
        "output_scores",
        "pooler_fc_size",
        "pooler_num_attention_heads",
        "pooler_num_fc_layers",
        "pooler_size_per_head",
        "pooler_type",
        "prefix",
        "problem_type",
        "qa_dropout",
        "remove_invalid_values",
        "repetition_penalty",
        "return_dict",
        "return_dict_in_generate",
        "sentence_transformers",
        "sep_token_id",
        "seq_classif_dropout",
        "sinusoidal_pos_embds",
        "summary_activation",
        "summary_first_dropout",
        "summary_last_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
        "suppress_tokens",
        "task_specific_params",
        "temperature",
        "tf_legacy_loss",
        "tie_encoder_decoder",
        "tie_weights_",
        "tie_word_embeddings",
        "tokenizer_class",
        "top_k",
        "top_p",
        "torch_dtype",
        "torchscript",
        "transformers_version",
        "typical_p",
        "use_bfloat16",
        "use_cache",
        "xla_device",
    ],
    closed: true,
};

/// sentence_bert_config.json and its six older names.
pub(crate) const SENTENCE: Settings = Settings {
    file: "sentence_bert_config.json",
    applied: &["do_lower_case", "max_seq_length"],
    only: &[
        ("config_args", &["null", "{}"]),
        ("config_kwargs", &["null", "{}"]),
        ("document_length", &["null"]),
        (
            "modality_config",
            &["null", r#"{"text":{"method":"forward","method_output_name":"last_hidden_state"}}"#],
        ),
        ("model_args", &["null", "{}"]),
        ("model_kwargs", &["null", "{}"]),
        ("module_output_name", &["null", "\"token_embeddings\""]),
        ("processing_kwargs", &["null", "{}"]),
        ("processor_kwargs", &["null", "{}"]),
        ("query_expansion", &["null"]),
        ("query_length", &["null"]),
        ("tokenizer_args", &["null", "{}"]),
        ("tokenizer_name_or_path", &["null"]),
        ("transformer_task", &["null", "\"feature-extraction\""]),
    ],
    harmless: &["unpad_inputs"],
    closed: true,
};

/// config_sentence_transformers.json.
pub(crate) const MODEL: Settings = Settings {
    file: "config_sentence_transformers.json",
    applied: &["default_prompt_name", "prompts", "similarity_fn_name", "truncate_dim"],
    only: &[("model_type", &["null", "\"SentenceTransformer\""])],
    harmless: &["__version__", "requirements"],
    closed: true,
};

/// One entry of modules.json.
pub(crate) const LISTED_MODULE: Settings = Settings {
    file: "modules.json",
    applied: &["path", "type"],
    only: &[("kwargs", &["null", "[]"])],
    harmless: &["idx", "name"],
    closed: true,
};

/// router_config.json, or config.json of an `Asym`.
pub(crate) const ROUTER: Settings = Settings {
    file: "router_config.json",
    applied: &["structure", "types"],
    only: &[],
    // Which route a text takes where nobody says which: here somebody always does.
    harmless: &["parameters", "allow_empty_key"],
    closed: true,
};

/// config.json of Pooling.
pub(crate) const POOLING: Settings = Settings {
    file: "config.json of Pooling",
    applied: &[
        "embedding_dimension",
        "include_prompt",
        "pooling_mode",
        "pooling_mode_cls_token",
        "pooling_mode_lasttoken",
        "pooling_mode_max_tokens",
        "pooling_mode_mean_sqrt_len_tokens",
        "pooling_mode_mean_tokens",
        "pooling_mode_weightedmean_tokens",
        "word_embedding_dimension",
    ],
    only: &[],
    harmless: &[],
    closed: true,
};

const SENTENCE_EMBEDDING: &[&str] = &["null", "\"sentence_embedding\""];

/// config.json of Dense.
pub(crate) const DENSE: Settings = Settings {
    file: "config.json of Dense",
    applied: &["activation_function", "bias", "in_features", "out_features", "use_residual"],
    only: &[("module_input_name", SENTENCE_EMBEDDING), ("module_output_name", SENTENCE_EMBEDDING)],
    harmless: &[],
    closed: true,
};

/// config.json of LayerNorm.
pub(crate) const LAYER_NORM: Settings = Settings {
    file: "config.json of LayerNorm",
    applied: &["dimension"],
    only: &[],
    harmless: &[],
    closed: true,
};

/// config.json of Normalize, which may be absent.
pub(crate) const NORMALIZE: Settings = Settings {
    file: "config.json of Normalize",
    applied: &[],
    only: &[("module_input_name", SENTENCE_EMBEDDING), ("module_output_name", SENTENCE_EMBEDDING)],
    harmless: &[],
    closed: true,
};

/// tokenizer_config.json; programs save whatever a tokenizer was made with, so that it has no end of names.
pub(crate) const TOKENIZER_CONFIG: Settings = Settings {
    file: "tokenizer_config.json",
    applied: &[
        "add_prefix_space",
        "additional_special_tokens",
        "bos_token",
        "cls_token",
        "do_lower_case",
        "eos_token",
        "extra_special_tokens",
        "mask_token",
        "max_len",
        "model_input_names",
        "model_max_length",
        "pad_token",
        "sep_token",
        "strip_accents",
        "tokenize_chinese_chars",
        "tokenizer_class",
        "truncation_side",
        "unk_token",
    ],
    only: &[
        ("add_bos_token", &["null"]),
        ("add_eos_token", &["null"]),
        ("do_basic_tokenize", &["null", "true"]),
        ("never_split", &["null", "[]"]),
        ("padding_side", &["null", "\"right\""]),
        ("split_special_tokens", NOTHING),
    ],
    harmless: &[
        "added_tokens_decoder",
        "auto_map",
        "backend",
        "chat_template",
        "clean_up_tokenization_spaces",
        "do_lowercase",
        "errors",
        "from_slow",
        "full_tokenizer_file",
        "init_inputs",
        "is_local",
        "keep_accents",
        "lang",
        "legacy",
        "local_files_only",
        "max_length",
        "merges_file",
        "model_input_name",
        "model_type",
        "name_or_path",
        "pad_to_multiple_of",
        "pad_token_type_id",
        "processor_class",
        "return_tensors",
        "sp_model_kwargs",
        "special_tokens",
        "special_tokens_map_file",
        "stride",
        "tokenizer_file",
        "tokenizer_name",
        "tokenizer_type",
        "trim_offsets",
        "truncation",
        "truncation_strategy",
        "use_fast",
        "vocab_file",
        "vocab_size",
        "wordpieces_prefix",
    ],
    closed: false,
};

/// The parts of tokenizer.json.
pub(crate) const TOKENIZER: Settings = Settings {
    file: "tokenizer.json",
    applied: &["added_tokens", "model", "normalizer", "post_processor", "pre_tokenizer", "truncation"],
    only: &[],
    harmless: &["decoder", "padding", "version"],
    closed: true,
};

/// config.json of a static model, as Model2Vec and sentence-transformers write it.
pub(crate) const STATIC: Settings = Settings {
    file: "config.json of a static model",
    applied: &["max_length", "model_type", "normalize"],
    only: &[],
    harmless: &[
        "apply_pca",
        "apply_zipf",
        "architectures",
        "embedding_dtype",
        "hidden_dim",
        "max_seq_length",
        "pca_dims",
        "pooling",
        "seq_length",
        "sif_coefficient",
        "token_remove_pattern",
        "tokenizer_name",
        "torch_dtype",
        "vocabulary_quantization",
    ],
    closed: false,
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::error::Error;

    fn check(settings: &Settings, json: &str) -> Result<(), Error> {
        settings
            .check(Path::new("file.json"), serde_json::from_str::<Value>(json).unwrap().as_object().unwrap())
    }

    #[test]
    fn what_is_known_passes_by_its_value_and_what_is_misspelt_is_refused() {
        check(
            &TRANSFORMER,
            r#"{"hidden_size": 4, "use_cache": true, "is_decoder": false, "pruned_heads": {}}"#,
        )
        .unwrap();
        let refused = [
            (r#"{"Type_vocab_size": 2}"#, "type_vocab_size"),
            (r#"{"is_decoder": true}"#, "expected null or false"),
            (r#"{"quantization_config": {"bits": 4}}"#, "expected null"),
            (r#"{"no_such_thing": 1}"#, "not a setting"),
        ];
        for (json, expected) in refused {
            let error = check(&TRANSFORMER, json).unwrap_err().to_string();
            assert!(error.contains(expected) && error.starts_with("file.json"), "{json}: {error}");
        }
        check(&TOKENIZER_CONFIG, r#"{"a_note": 1, "cls_token": "[CLS]"}"#).unwrap();
        assert!(check(&TOKENIZER_CONFIG, r#"{"truncation-side": "left"}"#).is_err());
    }

    #[test]
    fn no_setting_is_in_two_lists() {
        for settings in ALL {
            let only = settings.only.iter().map(|(name, _)| name);
            let mut names: Vec<_> = settings.applied.iter().chain(settings.harmless).chain(only).collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{}", settings.file);
        }
    }

    /// One row of the README's table.
    fn row(settings: &Settings) -> String {
        let list = |names: &[&str]| {
            let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            if quoted.is_empty() { "–".to_owned() } else { quoted.join(", ") }
        };
        let only: Vec<_> = settings
            .only
            .iter()
            .map(|(name, values)| format!("`{name}`: `{}`", values.join("` or `")))
            .collect();
        let only = if only.is_empty() { "–".to_owned() } else { only.join("; ") };
        let others =
            if settings.closed { "refused" } else { "refused if like one that decides, else a warning" };
        format!(
            "| {} | {} | {only} | {} | {others} |",
            settings.file,
            list(settings.applied),
            list(settings.harmless)
        )
    }

    #[test]
    fn the_readme_has_the_table_as_it_is_here() {
        let readme = include_str!("../../../README.md");
        for settings in ALL {
            let row = row(settings);
            assert!(readme.contains(&row), "README.md of ess-encoders should have this row:\n{row}");
        }
    }
}
