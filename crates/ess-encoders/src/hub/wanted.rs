//! Which files of a model are fetched.

/// Configuration and weights, without the other formats in which some models come.
pub(super) fn is_wanted(file: &str) -> bool {
    let safe = !file.contains(['\\', ':', '\0'])
        && !file.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    let other_format = ["onnx/", "openvino/", "coreml/"].iter().any(|folder| file.starts_with(folder));
    safe && !other_format && (file.ends_with(".json") || file.ends_with(".safetensors"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_is_not_fetched() {
        for wanted in ["config.json", "1_Pooling/config.json", "2_Dense/model.safetensors"] {
            assert!(is_wanted(wanted), "{wanted}");
        }
        for other in
            ["onnx/config.json", "pytorch_model.bin", "../x.json", "/x.json", "README.md", "a\\..\\x.json"]
        {
            assert!(!is_wanted(other), "{other}");
        }
    }
}
