//! Files that a person wrote.

use std::{fs, io, path::Path};

use anyhow::{Result, ensure};
use serde::de::DeserializeOwned;

/// The text of a file, without the byte order mark that some editors put before it.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub(crate) fn written_text(path: &Path) -> io::Result<String> {
    let mut text = fs::read_to_string(path)?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// What a JSON object says. Serde would take the entries of an array for the fields, in their order.
///
/// # Errors
/// For anything but an object, and for fields that there are not.
pub(crate) fn from_object<T: DeserializeOwned>(text: &str) -> Result<T> {
    ensure!(text.trim_start().starts_with('{'), "expected a JSON object, found something else");
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use ess_train::TrainerConfig;

    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        for text in ["{\"seed\": 3}", "\u{feff}{\"seed\": 3}"] {
            fs::write(&path, text).unwrap();
            let config: TrainerConfig = from_object(&written_text(&path).unwrap()).unwrap();
            assert_eq!(config.seed, 3);
        }
        assert!(written_text(&folder.path().join("none")).is_err());
        fs::write(&path, b"\xff\xfe{").unwrap();
        assert!(written_text(&path).is_err());
    }

    #[test]
    fn an_array_is_no_settings() {
        for text in ["[]", " [3]", "3", "", "null"] {
            let error = from_object::<TrainerConfig>(text).unwrap_err().to_string();
            assert!(error.contains("expected a JSON object"), "{text}: {error}");
        }
        assert!(from_object::<TrainerConfig>("{\"sed\": 3}").is_err());
    }
}
