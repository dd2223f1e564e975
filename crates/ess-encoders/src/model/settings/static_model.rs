//! The settings of a static model that Model2Vec and sentence-transformers write.

use super::file_settings::FileSettings;

/// config.json of a static model, as Model2Vec and sentence-transformers write it.
pub(crate) const STATIC: FileSettings = FileSettings {
    file: "config.json of a static model",
    applied: &["max_length", "model_type", "normalize"],
    only: &[],
    shared: &[],
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
