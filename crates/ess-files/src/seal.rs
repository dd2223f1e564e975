//! JSON texts that carry a checksum of themselves.

use std::borrow::Cow;

use crate::{checksum::Checksum, error::Error};

const BEFORE: &str = "\n  \"checksum\": \"";
const AFTER: &str = "\"\n}";

/// Adds a last member `"checksum"` to the text of a JSON object, over all that is before it.
///
/// ```
/// use ess_files::{seal_json, unseal_json};
///
/// let sealed = seal_json(r#"{"version": 2, "sharpness": 20}"#);
/// assert_eq!(sealed.lines().next(), Some(r#"{"version": 2, "sharpness": 20,"#));
/// assert_eq!(unseal_json(&sealed)?.unwrap(), "{\"version\": 2, \"sharpness\": 20\n}");
/// assert!(unseal_json(&sealed.replace("20", "90")).is_err());
/// assert!(unseal_json(r#"{"version": 1}"#)?.is_none());
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Panics
/// When the text does not end in a brace: it is no JSON object.
pub fn seal_json(object: &str) -> String {
    let body = object.trim_end().strip_suffix('}').expect("a JSON object").trim_end();
    let comma = if body.trim_end().ends_with('{') { "" } else { "," };
    let sealed = format!("{body}{comma}");
    let checksum = Checksum::of(sealed.as_bytes());
    format!("{sealed}{BEFORE}{checksum}{AFTER}\n")
}

/// The JSON object as it was before [`seal_json`] added the checksum; `None` for a text that ends otherwise, such as one
/// of before there were checksums.
///
/// The formats that use it have a version from which a checksum is there, so that one whose name is damaged is missed.
///
/// # Errors
/// [`Error::Altered`] when the text is not as it was sealed.
pub fn unseal_json(text: &str) -> Result<Option<Cow<'_, str>>, Error> {
    let Some((sealed, expected)) =
        text.trim_end().strip_suffix(AFTER).and_then(|text| text.rsplit_once(BEFORE))
    else {
        return Ok(None);
    };
    let found = Checksum::of(sealed.as_bytes()).to_string();
    if found != expected {
        return Err(Error::Altered { expected: expected.to_owned(), found });
    }
    let body = sealed.strip_suffix(',').unwrap_or(sealed);
    Ok(Some(Cow::Owned(format!("{body}\n}}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_changed_byte_leaves_a_seal_whole() {
        for object in ["{}", "{\"a\": [1, 2.5e-3], \"b\": {\"checksum\": \"x\"}}", "{\n  \"a\": \"ä\"\n}\n"]
        {
            let sealed = seal_json(object);
            let whole = unseal_json(&sealed).unwrap().unwrap();
            let flat = |text: &str| text.replace(char::is_whitespace, "");
            assert_eq!(flat(&whole), flat(object));
            for at in 0..sealed.len() - 1 {
                for bit in 0..8 {
                    let mut bytes = sealed.clone().into_bytes();
                    bytes[at] ^= 1 << bit;
                    let Ok(text) = String::from_utf8(bytes) else { continue };
                    assert!(!matches!(unseal_json(&text), Ok(Some(_))), "byte {at}, bit {bit}");
                }
            }
        }
    }
}
