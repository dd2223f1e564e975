//! Which files of a model are fetched.

/// Configuration and weights, without the other formats in which some models come. Weights of `torch.save` are wanted only
/// in a folder that has none in safetensors.
pub(super) fn wanted<'f>(files: &[&'f str]) -> Vec<&'f str> {
    let is_alone = |file: &str| {
        let own = folder(file);
        !files.iter().any(|other| folder(other) == own && other.ends_with(".safetensors"))
    };
    let is_wanted =
        |file: &&str| is_safe(file) && (is_format_of_ours(file) || is_torch(file) && is_alone(file));
    files.iter().copied().filter(is_wanted).collect()
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_safe(file: &str) -> bool {
    let other_format = ["onnx/", "openvino/", "coreml/"].iter().any(|folder| file.starts_with(folder));
    !other_format
        && !file.contains(['\\', ':', '\0'])
        && !file.split('/').any(|part| part.is_empty() || part.starts_with('.'))
}

fn is_format_of_ours(file: &str) -> bool {
    // What ColBERT's own program says of its models.
    file.ends_with(".json") || file.ends_with(".safetensors") || file == "artifact.metadata"
}

fn is_torch(file: &str) -> bool {
    let name = file.rsplit_once('/').map_or(file, |(_, name)| name);
    name.starts_with("pytorch_model") && name.ends_with(".bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_is_not_fetched() {
        let needed = [
            "config.json",
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "3_Dense/pytorch_model.bin",
            "artifact.metadata",
        ];
        let other = [
            "onnx/config.json",
            "2_Dense/pytorch_model.bin",
            "training_args.bin",
            "../x.json",
            "/x.json",
            "README.md",
            "a\\..\\x.json",
        ];
        assert_eq!(wanted(&[&needed[..], &other].concat()), needed);
    }
}
