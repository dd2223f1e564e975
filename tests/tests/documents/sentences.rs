//! How long sentences are: a page has one idea in each.

use std::fs;

/// The longest sentence that there may be.
const MAX_WORDS: usize = 40;

/// The paragraphs and list items of a page: no code, tables or headings.
fn paragraphs(text: &str) -> Vec<String> {
    let (mut all, mut in_code) = (vec![String::new()], false);
    for line in text.lines().map(str::trim) {
        let is_fence = line.starts_with("```");
        in_code ^= is_fence;
        let starts = ["- ", "* ", "> "].iter().any(|mark| line.starts_with(mark))
            || line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        let is_prose = !in_code && !is_fence && !line.is_empty() && !line.starts_with(['|', '#']);
        if !is_prose || starts {
            all.push(String::new());
        }
        if let (true, Some(last)) = (is_prose, all.last_mut()) {
            last.extend([line, " "]);
        }
    }
    all
}

/// The text with a word for each piece of code, and links without their targets.
fn plain(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let without_code: String = parts.map(|(at, part)| if at % 2 == 0 { part } else { "code" }).collect();
    let mut links = without_code.split("](");
    let first = links.next().unwrap_or_default().to_owned();
    links.fold(first, |text, rest| text + rest.split_once(')').map_or(rest, |(_, behind)| behind))
}

/// How many words the longest sentence has, and that sentence.
fn longest(paragraph: &str) -> (usize, String) {
    let (mut longest, mut sentence) = ((0, String::new()), Vec::new());
    let plain = plain(paragraph);
    let mut words = plain.split_whitespace().peekable();
    while let Some(word) = words.next() {
        sentence.push(word);
        let ends = word.trim_end_matches([')', '*', '_', '"']).ends_with(['.', '!', '?']);
        let begins = |next: &&str| !next.starts_with(char::is_lowercase) || next.starts_with("code");
        if words.peek().is_none_or(|next| ends && begins(next)) {
            let count = sentence.iter().filter(|word| word.contains(char::is_alphanumeric)).count();
            if count > longest.0 {
                longest = (count, sentence.join(" "));
            }
            sentence.clear();
        }
    }
    longest
}

#[test]
fn no_sentence_of_a_page_is_too_long_to_be_read_once() {
    let mut long = Vec::new();
    for path in super::documents().unwrap() {
        // Results print lists of figures, and these files are records and other people's.
        let is_results = path.components().any(|part| part.as_os_str() == "results");
        if is_results || path.ends_with("CHANGELOG.md") || path.ends_with("LICENSE.md") {
            continue;
        }
        for paragraph in paragraphs(&fs::read_to_string(&path).unwrap()) {
            let (words, sentence) = longest(&paragraph);
            if words > MAX_WORDS {
                long.push(format!("{}: {words} words: {sentence}", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "sentences of more than {MAX_WORDS} words:\n{}", long.join("\n"));
}

#[test]
fn sentences_are_counted_without_code_tables_and_links() {
    let page = "# A heading of words\n\nOne [two](far/away three) `four five`. Six\nseven.\n\n| a b c d e f |\n\
                - One two three.\n\n```rust\na b c d e f g h\n```\n";
    let counts: Vec<usize> = paragraphs(page).iter().map(|text| longest(text).0).collect();
    assert_eq!(counts.into_iter().filter(|&words| words > 0).collect::<Vec<_>>(), [3, 3]);
}
