//! Connection strings without what they hold back.

use crate::secret::{HIDDEN, shown_address};

/// A connection string without its password and, if it is a URL, without its user part. One that cannot be read is not
/// shown at all.
pub(super) fn without_secrets(connection: &str) -> String {
    match connection.starts_with("postgres://") || connection.starts_with("postgresql://") {
        true => url_without_secrets(connection),
        false => pairs_without_secrets(connection).unwrap_or_else(|| HIDDEN.to_owned()),
    }
}

fn url_without_secrets(url: &str) -> String {
    let (place, parameters) = match url.rsplit('@').next().unwrap_or_default().split_once('?') {
        Some((_, parameters)) => (shown_address(url), parameters),
        None => (shown_address(url), ""),
    };
    let kept: Vec<&str> = parameters.split('&').filter(|pair| is_harmless(pair)).collect();
    match kept.is_empty() {
        true => place,
        false => format!("{place}?{}", kept.join("&")),
    }
}

/// Whether the name of a parameter is written plainly and is not one of a secret.
fn is_harmless(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    plain && !name.is_empty() && !name.contains("password") && name != "user"
}

fn pairs_without_secrets(connection: &str) -> Option<String> {
    let pairs = pairs(connection)?;
    let (secret, kept): (Vec<_>, Vec<_>) = pairs.iter().partition(|(name, _)| name.contains("password"));
    match secret.is_empty() {
        true => Some(connection.to_owned()),
        false => {
            let kept: Vec<String> =
                kept.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
            Some(kept.join(" "))
        }
    }
}

/// The pairs of `name=value`, as libpq reads them.
fn pairs(connection: &str) -> Option<Vec<(String, String)>> {
    let mut rest = connection.trim_start();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_end();
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return None;
        }
        let (value, after) = value(after.trim_start())?;
        pairs.push((name.to_owned(), value));
        rest = after.trim_start();
    }
    Some(pairs)
}

/// A value, quoted or not, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let (text, quoted) = match text.strip_prefix('\'') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, next)| next)),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            _ if !quoted && character.is_whitespace() => return Some((value, &text[at..])),
            _ => value.push(character),
        }
    }
    (!quoted).then_some((value, ""))
}

fn quoted(value: &str) -> String {
    if !value.is_empty() && value.chars().all(|c| !c.is_whitespace() && c != '\'' && c != '\\') {
        return value.to_owned();
    }
    let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{escaped}'")
}
