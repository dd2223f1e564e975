//! The settings of a cross-encoder's folder that sentence-transformers 4 to 6 write, beside config.json.

use super::file_settings::FileSettings;

/// sentence_bert_config.json.
pub(crate) const TEXT: FileSettings = FileSettings {
    file: "sentence_bert_config.json of a cross-encoder",
    applied: &["max_seq_length"],
    only: &[
        ("config_args", &["null", "{}"]),
        ("config_kwargs", &["null", "{}"]),
        ("do_lower_case", &["null", "false"]),
        ("modality_config", &["null", r#"{"text":{"method":"forward","method_output_name":"logits"}}"#]),
        ("model_args", &["null", "{}"]),
        ("model_kwargs", &["null", "{}"]),
        ("module_output_name", &["null", "\"scores\""]),
        ("processing_kwargs", &["null", "{}"]),
        ("processor_kwargs", &["null", "{}"]),
        ("tokenizer_args", &["null", "{}"]),
        ("tokenizer_name_or_path", &["null"]),
        ("transformer_task", &["null", "\"sequence-classification\""]),
    ],
    shared: &[],
    harmless: &["unpad_inputs"],
    closed: true,
};

/// config_sentence_transformers.json.
pub(crate) const MODEL: FileSettings = FileSettings {
    file: "config_sentence_transformers.json of a cross-encoder",
    applied: &[],
    only: &[("default_prompt_name", &["null"]), ("model_type", &["null", "\"CrossEncoder\""])],
    // Prompts that are no default are put before no pair, and scores are given as they are before the activation.
    shared: &[],
    harmless: &["__version__", "activation_fn", "prompts", "requirements"],
    closed: true,
};
