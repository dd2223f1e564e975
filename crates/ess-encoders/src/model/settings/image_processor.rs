//! The settings of CLIP's image processor that transformers 4 and 5 write.

use super::file_settings::{FileSettings, NOTHING};

/// preprocessor_config.json, or what processor_config.json has of it.
pub(crate) const IMAGE_PROCESSOR: FileSettings = FileSettings {
    file: "preprocessor_config.json of CLIP, and `image_processor` of processor_config.json",
    applied: &[
        "crop_size",
        "do_center_crop",
        "do_convert_rgb",
        "do_normalize",
        "do_rescale",
        "do_resize",
        "image_mean",
        "image_std",
        "resample",
        "rescale_factor",
        "size",
    ],
    only: &[
        ("auto_map", &["null", "{}"]),
        ("data_format", &["null", "\"channels_first\""]),
        ("default_to_square", NOTHING),
        ("do_pad", NOTHING),
        ("feature_extractor_type", &["null", "\"CLIPFeatureExtractor\""]),
        (
            "image_processor_type",
            &[
                "null",
                "\"CLIPFeatureExtractor\"",
                "\"CLIPImageProcessor\"",
                "\"CLIPImageProcessorFast\"",
                "\"CLIPImageProcessorPil\"",
            ],
        ),
        ("input_data_format", &["null"]),
        ("pad_size", &["null"]),
    ],
    shared: &[],
    harmless: &["_valid_processor_keys", "device", "disable_grouping", "processor_class", "return_tensors"],
    closed: true,
};

/// processor_config.json.
pub(crate) const PROCESSOR: FileSettings = FileSettings {
    file: "processor_config.json of CLIP",
    applied: &["image_processor"],
    only: &[("auto_map", &["null", "{}"])],
    shared: &[],
    harmless: &["processor_class"],
    closed: true,
};
