//! Whether the parts of a file of token vectors fit together, which their checksums do not say.

use super::{compressed::CompressedTokens, lists::Lists};
use crate::{error::Error, file::contents::Contents};

/// Refuses tokens and lists that name what does not exist. It reads all of them but for the residuals, of which every byte has a
/// meaning.
pub(super) fn check(contents: &Contents, tokens: &CompressedTokens, lists: &Lists) -> Result<(), Error> {
    let rises = |ends: &[u64], last: usize| ends.is_sorted() && ends.last() == Some(&(last as u64));
    let (centroids, items) = (tokens.centroids(), tokens.items());
    let are_finite = |exact: &[half::f16]| exact.iter().all(|x| x.is_finite());
    let parts = [
        (
            "starts",
            "starts that rise from 0 to the number of tokens",
            tokens.starts.first() == Some(&0) && rises(&tokens.starts, tokens.tokens()),
        ),
        ("codes", "centroids that exist", tokens.codes.iter().all(|&code| (code as usize) < centroids)),
        ("list_ends", "ends that rise to the number of listed items", rises(&lists.ends, lists.items.len())),
        ("list_items", "items that exist", lists.items.iter().all(|&item| (item as usize) < items)),
        ("vectors", "finite values", tokens.exact.as_ref().is_none_or(|exact| are_finite(exact))),
    ];
    match parts.into_iter().find(|(.., fits)| !fits) {
        Some((section, expected, _)) => {
            Err(contents.mismatch(format!("{expected} in section {section}"), "others"))
        }
        None => Ok(()),
    }
}
