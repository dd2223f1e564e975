//! The words of a text.

/// Calls `each` with the words of a text: runs of letters, digits and underscores in lower case, of two characters or more.
///
/// `lower` is scratch, so that many texts share one allocation.
pub(super) fn words(text: &str, lower: &mut String, mut each: impl FnMut(&str)) {
    lower_case(text, lower);
    let bytes = lower.as_bytes();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let (length, in_word) = match bytes[at] {
            byte if byte.is_ascii() => (1, IN_WORD[byte as usize]),
            _ => next_char(&lower[at..]),
        };
        if !in_word {
            several_characters(&lower[start..at]).into_iter().for_each(&mut each);
            start = at + length;
        }
        at += length;
    }
    several_characters(&lower[start..]).into_iter().for_each(each);
}

/// Whether an ASCII character belongs to a word.
const IN_WORD: [bool; 128] = {
    let mut in_word = [false; 128];
    let mut byte: u8 = 0;
    while byte < 128 {
        in_word[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    in_word
};

fn next_char(text: &str) -> (usize, bool) {
    text.chars().next().map_or((1, false), |c| (c.len_utf8(), c.is_alphanumeric()))
}

fn several_characters(word: &str) -> Option<&str> {
    let several = match word.len() {
        0 | 1 => false,
        2..=4 => word.chars().nth(1).is_some(),
        _ => true,
    };
    several.then_some(word)
}

/// [`str::to_lowercase`] into an allocation that is there already.
fn lower_case(text: &str, lower: &mut String) {
    lower.clear();
    if text.contains('Σ') {
        // The one letter whose lower case hangs on what stands around it.
        lower.push_str(&text.to_lowercase());
        return;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let from = lower.len();
        lower.push_str(&rest[..ascii]);
        lower[from..].make_ascii_lowercase();
        let mut chars = rest[ascii..].chars();
        if let Some(c) = chars.next() {
            lower.extend(c.to_lowercase());
        }
        rest = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plainly(text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| word.chars().nth(1).is_some()).map(str::to_owned).collect()
    }

    fn found(text: &str, scratch: &mut String) -> Vec<String> {
        let mut found = Vec::new();
        words(text, scratch, |word| found.push(word.to_owned()));
        found
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_plain_definition(
            texts in prop::collection::vec("[a-cA-C_0 .,ΣσİıßẞÉé\u{307}的い]{0,12}|\\PC{0,9}|.{0,9}", 1..4),
        ) {
            let mut scratch = String::new();
            for text in texts {
                prop_assert_eq!(found(&text, &mut scratch), plainly(&text), "{:?}", text);
            }
        }
    }

    #[test]
    fn every_character_is_lower_cased_and_cut_as_by_the_plain_definition() {
        let mut scratch = String::new();
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = format!("aA{c}B ÀÉ{c}");
            assert_eq!(found(&text, &mut scratch), plainly(&text), "{c:?}");
        }
    }
}
