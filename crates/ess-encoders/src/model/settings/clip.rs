//! The settings of CLIP's towers that transformers 4 and 5 and sentence-transformers 2 to 6 write.

use super::{
    file_settings::FileSettings,
    shared::{ENCODER, SIZES},
    transformer::HARMLESS,
};

/// config.json of both towers.
pub(crate) const CLIP: FileSettings = FileSettings {
    file: "config.json of CLIP",
    applied: &[
        "architectures",
        "model_type",
        "projection_dim",
        "text_config",
        "text_config_dict",
        "vision_config",
        "vision_config_dict",
    ],
    // Each tower has the padding token of its own part.
    only: &[("auto_map", &["null", "{}"]), ("pad_token_id", &["null"])],
    shared: &[&ENCODER],
    harmless: HARMLESS,
    closed: true,
};

/// The text's part of it, or config.json of that tower alone. (`eos_token_id` says where texts end.)
pub(crate) const TEXT_TOWER: FileSettings = FileSettings {
    file: "config.json of CLIP's text tower",
    shared: &[&SIZES, &ENCODER],
    applied: &["hidden_act", "layer_norm_eps", "projection_dim"],
    only: &[("auto_map", &["null", "{}"])],
    harmless: HARMLESS,
    closed: true,
};

/// The images' part of it, or config.json of that tower alone.
pub(crate) const IMAGE_TOWER: FileSettings = FileSettings {
    file: "config.json of CLIP's image tower",
    shared: &[&SIZES, &ENCODER],
    applied: &["hidden_act", "image_size", "layer_norm_eps", "num_channels", "patch_size", "projection_dim"],
    only: &[("auto_map", &["null", "{}"])],
    harmless: HARMLESS,
    closed: true,
};

/// sentence_bert_config.json of a folder with both towers.
pub(crate) const SENTENCE_CLIP: FileSettings = FileSettings {
    file: "sentence_bert_config.json of CLIP",
    applied: &["do_lower_case", "max_seq_length"],
    only: &[
        ("config_kwargs", &["null", "{}"]),
        (
            "modality_config",
            &[
                "null",
                r#"{"image":{"method":"get_image_features","method_output_name":"pooler_output"},"text":{"method":"get_text_features","method_output_name":"pooler_output"}}"#,
                r#"{"image":{"method":"get_image_features","method_output_name":null},"text":{"method":"get_text_features","method_output_name":null}}"#,
                r#"{"text":{"method":"get_text_features","method_output_name":"pooler_output"}}"#,
            ],
        ),
        ("model_kwargs", &["null", "{}"]),
        ("module_output_name", &["null", "\"sentence_embedding\""]),
        ("processing_kwargs", &["null", "{}"]),
        ("processor_kwargs", &["null", "{}"]),
        ("tokenizer_name_or_path", &["null"]),
        ("transformer_task", &["null", "\"feature-extraction\""]),
    ],
    shared: &[],
    harmless: &["unpad_inputs"],
    closed: true,
};
