//! The settings of the parts of a model that sentence-transformers 2 to 6 write.

use super::file_settings::FileSettings;

/// sentence_bert_config.json and its six older names.
pub(crate) const SENTENCE: FileSettings = FileSettings {
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
    shared: &[],
    harmless: &["unpad_inputs"],
    closed: true,
};

/// config_sentence_transformers.json.
pub(crate) const MODEL: FileSettings = FileSettings {
    file: "config_sentence_transformers.json",
    applied: &["default_prompt_name", "prompts", "similarity_fn_name", "truncate_dim"],
    only: &[("model_type", &["null", "\"SentenceTransformer\""])],
    shared: &[],
    harmless: &["__version__", "requirements"],
    closed: true,
};

/// One entry of modules.json.
pub(crate) const LISTED_MODULE: FileSettings = FileSettings {
    file: "modules.json",
    applied: &["path", "type"],
    only: &[("kwargs", &["null", "[]"])],
    shared: &[],
    harmless: &["idx", "name"],
    closed: true,
};

/// router_config.json, or config.json of an `Asym`.
pub(crate) const ROUTER: FileSettings = FileSettings {
    file: "router_config.json",
    applied: &["parameters", "structure", "types"],
    only: &[],
    // Which route a text takes where nobody says which: here somebody always does.
    shared: &[],
    harmless: &["allow_empty_key"],
    closed: true,
};

/// `parameters` of router_config.json.
pub(crate) const ROUTER_PARAMETERS: FileSettings = FileSettings {
    file: "`parameters` of router_config.json",
    applied: &["route_mappings"],
    only: &[],
    shared: &[],
    // The route of what is neither a query nor an item.
    harmless: &["allow_empty_key", "default_route"],
    closed: true,
};

/// config.json of Pooling.
pub(crate) const POOLING: FileSettings = FileSettings {
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
    shared: &[],
    harmless: &[],
    closed: true,
};

const SENTENCE_EMBEDDING: &[&str] = &["null", "\"sentence_embedding\""];

/// config.json of Dense.
pub(crate) const DENSE: FileSettings = FileSettings {
    file: "config.json of Dense",
    applied: &["activation_function", "bias", "in_features", "out_features", "use_residual"],
    only: &[("module_input_name", SENTENCE_EMBEDDING), ("module_output_name", SENTENCE_EMBEDDING)],
    shared: &[],
    harmless: &[],
    closed: true,
};

/// config.json of LayerNorm.
pub(crate) const LAYER_NORM: FileSettings = FileSettings {
    file: "config.json of LayerNorm",
    applied: &["dimension"],
    only: &[],
    shared: &[],
    harmless: &[],
    closed: true,
};

/// config.json of Normalize, which may be absent.
pub(crate) const NORMALIZE: FileSettings = FileSettings {
    file: "config.json of Normalize",
    applied: &[],
    only: &[("module_input_name", SENTENCE_EMBEDDING), ("module_output_name", SENTENCE_EMBEDDING)],
    shared: &[],
    harmless: &[],
    closed: true,
};
