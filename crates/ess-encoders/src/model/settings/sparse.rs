//! The settings of a learned sparse encoder's folder that sentence-transformers 5 and 6 write, beside config.json.

use super::file_settings::FileSettings;

/// sentence_bert_config.json.
pub(crate) const TEXT: FileSettings = FileSettings {
    file: "sentence_bert_config.json of a sparse encoder",
    applied: &["do_lower_case", "max_seq_length"],
    only: &[
        ("config_args", &["null", "{}"]),
        ("config_kwargs", &["null", "{}"]),
        ("modality_config", &["null", r#"{"text":{"method":"forward","method_output_name":"logits"}}"#]),
        ("model_args", &["null", "{}"]),
        ("model_kwargs", &["null", "{}"]),
        ("module_output_name", &["null", "\"token_embeddings\""]),
        ("processing_kwargs", &["null", "{}"]),
        ("processor_kwargs", &["null", "{}"]),
        ("tokenizer_args", &["null", "{}"]),
        ("tokenizer_name_or_path", &["null"]),
        ("transformer_task", &["null", "\"fill-mask\""]),
    ],
    shared: &[],
    harmless: &["unpad_inputs"],
    closed: true,
};

/// config_sentence_transformers.json.
pub(crate) const MODEL: FileSettings = FileSettings {
    file: "config_sentence_transformers.json of a sparse encoder",
    applied: &["default_prompt_name", "max_active_dims", "prompts"],
    only: &[
        ("model_type", &["null", "\"SparseEncoder\""]),
        ("similarity_fn_name", &["null", "\"dot\""]),
        ("truncate_dim", &["null"]),
    ],
    shared: &[],
    harmless: &["__version__", "requirements"],
    closed: true,
};

/// config.json of SpladePooling.
pub(crate) const POOLING: FileSettings = FileSettings {
    file: "config.json of SpladePooling",
    applied: &["activation_function", "embedding_dimension", "pooling_strategy", "word_embedding_dimension"],
    only: &[],
    shared: &[],
    // How much is computed at once.
    harmless: &["chunk_size"],
    closed: true,
};

/// config.json of SparseStaticEmbedding.
pub(crate) const TERM_WEIGHTS: FileSettings = FileSettings {
    file: "config.json of SparseStaticEmbedding",
    applied: &[],
    // The weights would be read from that file, by a path of the machine that wrote it.
    only: &[("path", &["null"])],
    shared: &[],
    harmless: &["frozen"],
    closed: true,
};
