//! The settings of rotary positions inside config.json.

use super::file_settings::FileSettings;

/// `rope_parameters`, or `rope_scaling`, of one kind of layer.
pub(crate) const ROTARY: FileSettings = FileSettings {
    file: "rope_parameters in config.json",
    applied: &[
        "attention_factor",
        "beta_fast",
        "beta_slow",
        "factor",
        "high_freq_factor",
        "low_freq_factor",
        "mixed_b",
        "mscale",
        "mscale_all_dim",
        "original_max_position_embeddings",
        "rope_theta",
        "rope_type",
        "truncate",
        "type",
    ],
    only: &[("partial_rotary_factor", &["null", "1", "1.0"])],
    shared: &[],
    harmless: &[],
    closed: true,
};
