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
    use std::path::{Component, Path};

    use ess_testing::damage::{mutations, rounds};
    use serde_json::json;

    use super::*;
    use crate::hub::server::Listing;

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

    /// What a list names is fetched and kept under its name: no damage may make a path out of the model's folder of it.
    #[test]
    fn damaged_lists_of_files_name_nothing_outside_the_models_folder() {
        let files = [
            "config.json",
            "1_Pooling/config.json",
            "model.safetensors",
            "2_Dense/pytorch_model.bin",
            "../a.json",
        ];
        let siblings: Vec<_> = files.iter().map(|file| json!({"rfilename": file})).collect();
        let good = json!({"sha": "0a".repeat(20), "id": "a/b", "siblings": siblings}).to_string();
        let rounds = rounds(10_000);
        let (mut read, mut named) = (0, 0);
        for bytes in mutations(good.as_bytes(), 1, rounds) {
            let Ok(listing) = serde_json::from_slice::<Listing>(&bytes) else { continue };
            read += 1;
            for file in wanted(&listing.files().collect::<Vec<_>>()) {
                named += 1;
                let mut parts = Path::new(file).components();
                assert!(parts.all(|part| matches!(part, Component::Normal(_))), "{file:?}");
            }
        }
        println!("{rounds} damaged lists, {read} of which are read; {named} files");
        assert!(read > 0 && read < rounds && named > read, "{read} of {rounds} are read, with {named} files");
    }
}
