//! SciFact's texts, as the peers have them by `benches/peers/scifact_texts.py`.

use std::path::{Path, PathBuf};

use ess_data::{Error, Item, Query, read_records};

/// The 5183 items: title and text, with a space between them.
///
/// # Errors
/// Those of the repository's file.
pub fn scifact_abstracts() -> Result<Vec<String>, Error> {
    let items: Vec<Item> = read_records(folder().join("corpus.jsonl.gz"))?;
    Ok(items.iter().map(Item::title_and_text).collect())
}

/// The 1109 queries.
///
/// # Errors
/// Those of the repository's file.
pub fn scifact_claims() -> Result<Vec<String>, Error> {
    let queries: Vec<Query> = read_records(folder().join("queries.jsonl"))?;
    Ok(queries.into_iter().map(|query| query.text).collect())
}

/// A text cut behind `.`, `?` and `!` where a space follows.
pub fn sentences(text: &str) -> Vec<String> {
    let marked = [". ", "? ", "! "]
        .iter()
        .fold(text.to_owned(), |text, end| text.replace(end, &format!("{}\n", end.trim_end())));
    marked.split('\n').filter(|sentence| !sentence.trim().is_empty()).map(str::to_owned).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/scifact")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_a_space_follows_an_end() {
        let cut = sentences("Is it? In 2.5 cases, yes!  It is.");
        assert_eq!(cut, ["Is it?", "In 2.5 cases, yes!", " It is."]);
        assert_eq!(sentences("  "), [""; 0]);
    }

    /// `benches/comparison/test_sentence_question.py` has the same figures of the peers' cut.
    #[test]
    fn sentences_are_those_of_the_peers() {
        let cut: Vec<String> = scifact_abstracts().unwrap().iter().flat_map(|text| sentences(text)).collect();
        assert_eq!(cut.len(), 51_309);
        // A cut at another place, or another order, is another sum.
        let sum: u64 = (0..).zip(&cut).map(|(at, sentence): (u64, _)| at * sentence.len() as u64).sum();
        assert_eq!(sum, 191_071_362_957);
        assert_eq!(scifact_claims().unwrap().len(), 1109);
    }
}
