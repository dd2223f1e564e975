//! What an id can be.

use ess_files::Section;
use std::{fmt, hash::Hash};

use crate::file::contents::Contents;

/// The type of an id: `u64` or `String`. It is sealed, since files hold these two alone.
pub trait RowId: Clone + fmt::Debug + fmt::Display + Eq + Hash + Send + Sync + Kept {}

impl RowId for u64 {}
impl RowId for String {}

/// How a file keeps ids, one for each row; of how many rows, if that is known.
#[expect(unnameable_types, reason = "a sealed trait")]
pub trait Kept: Sized {
    #[doc(hidden)]
    fn sections(ids: &[Self]) -> Vec<Section<'_>>;

    #[doc(hidden)]
    fn from_contents(rows: Option<usize>, contents: &Contents) -> Result<Vec<Self>, crate::error::Error>;
}

impl Kept for u64 {
    fn sections(ids: &[Self]) -> Vec<Section<'_>> {
        vec![Section::new("ids", &[ids])]
    }

    fn from_contents(rows: Option<usize>, contents: &Contents) -> Result<Vec<Self>, crate::error::Error> {
        Ok(contents.values("ids", rows)?.to_vec())
    }
}

impl Kept for String {
    fn sections(ids: &[Self]) -> Vec<Section<'_>> {
        let mut end = 0_u64;
        let ends: Vec<u64> = ids
            .iter()
            .map(|id| {
                end += id.len() as u64;
                end
            })
            .collect();
        let texts: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes()).collect();
        vec![Section::owned("id_ends", &ends), Section::new("id_texts", &texts)]
    }

    fn from_contents(rows: Option<usize>, contents: &Contents) -> Result<Vec<Self>, crate::error::Error> {
        let ends = contents.values::<u64>("id_ends", rows)?;
        let texts = contents.values::<u8>("id_texts", None)?;
        let mut start = 0;
        ends.iter()
            .map(|&end| {
                let range = start..usize::try_from(end).unwrap_or(usize::MAX);
                start = range.end;
                let text = texts.get(range).and_then(|text| std::str::from_utf8(text).ok());
                text.map(str::to_owned).ok_or_else(|| contents.mismatch("ids that are text", "other bytes"))
            })
            .collect()
    }
}
