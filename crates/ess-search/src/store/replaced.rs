//! The files of a module that another module replaces.

use std::path::Path;

use serde_json::Value;

use super::{
    attachments::Attachments,
    manifest::{Manifest, read_text},
};

/// The files and documents that a manifest names.
#[derive(Default)]
pub(super) struct Named {
    /// The weights, and files that the config names.
    pub(super) files: Vec<String>,
    pub(super) attachments: Attachments,
}

/// The files and documents that a manifest names; none where no manifest can be read.
pub(super) fn named_by(manifest: &Path) -> Named {
    let Ok(manifest) = read_text(manifest).and_then(|text| Manifest::parse(manifest, &text)) else {
        return Named::default();
    };
    let mut files = Vec::new();
    collect(&manifest.module.config, &mut files);
    files.extend(is_own(&manifest.weights.file).then_some(manifest.weights.file));
    Named { files, attachments: manifest.attachments }
}

fn collect(config: &Value, names: &mut Vec<String>) {
    match config {
        Value::String(text) if is_own(text) => names.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(members) => members.values().for_each(|value| collect(value, names)),
        _ => {}
    }
}

/// Removes files that no manifest names. A failure does no harm, so it is only logged.
pub(super) fn remove(folder: &Path, names: &[String], keep: &[String]) {
    for name in names.iter().filter(|name| is_own(name) && !keep.contains(name)) {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(path = %folder.join(name).display(), %error, "a file of a replaced module stays");
            }
            _ => {}
        }
    }
}

/// Whether a name has the form that this workspace gives to files named by their content. Files with other names are
/// never removed, whatever a manifest says.
fn is_own(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let Some((what, digits)) = stem.rsplit_once('-') else { return false };
    matches!(ending, "safetensors" | "json")
        && !what.is_empty()
        && what.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_')
        && digits.len() == 16
        && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_checksum_are_a_modules_own() {
        assert!(is_own("weights-0123456789abcdef.safetensors"));
        assert!(is_own("plan-0123456789abcdef.json"));
        for name in [
            "module.json",
            "plan-a.json",
            "weights-0123456789ABCDEF.safetensors",
            "../weights-0123456789abcdef.safetensors",
            "-0123456789abcdef.json",
            "weights-0123456789abcdef.txt",
        ] {
            assert!(!is_own(name), "{name}");
        }
    }
}
