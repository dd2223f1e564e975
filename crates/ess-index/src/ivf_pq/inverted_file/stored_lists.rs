//! The sections of lists in a file.

use super::lists::{Lists, first_blocks};
use crate::error::Error;
use crate::file::contents::Contents;
use crate::ivf_pq::pq::packed_codes::block_bytes;
use crate::ivf_pq::rows::Rows;
use crate::storage::Storage;
use ess_files::Section;

/// What a file says of the lists in it.
#[derive(Clone, Debug)]
pub(crate) struct Sizes<'a> {
    pub(crate) lists: usize,
    /// The items of each segment.
    pub(crate) segments: &'a [usize],
    /// The codes of an item.
    pub(crate) codes: usize,
    pub(crate) dim: usize,
    pub(crate) storage: Storage,
}

impl Lists {
    /// How a file keeps several segments: each array in one section, segment after segment.
    pub(crate) fn sections(segments: &[Self]) -> Vec<Section<'_>> {
        macro_rules! section {
            ($name:literal, $field:ident) => {
                Section::new($name, &segments.iter().map(|lists| &*lists.$field).collect::<Vec<_>>())
            };
        }
        let rows: Vec<&Rows> = segments.iter().map(|lists| &lists.rows).collect();
        vec![
            section!("starts", starts),
            section!("codes", codes),
            section!("factors", factors),
            section!("names", names),
            Rows::section(&rows),
        ]
    }

    /// What [`Lists::sections`] kept.
    pub(crate) fn from_contents(contents: &Contents, sizes: &Sizes<'_>) -> Result<Vec<Self>, Error> {
        let impossible = || contents.mismatch("a possible size", format!("{sizes:?}"));
        let starts = read_starts(contents, sizes)?;
        let blocks: Vec<Vec<usize>> = starts.iter().map(|starts| first_blocks(starts)).collect();
        let size = block_bytes(sizes.codes);
        let bytes: Option<Vec<usize>> =
            blocks.iter().map(|blocks| blocks[sizes.lists].checked_mul(size)).collect();
        let numbers: Option<Vec<usize>> =
            sizes.segments.iter().map(|items| items.checked_mul(sizes.dim)).collect();
        let (bytes, numbers) = bytes.zip(numbers).ok_or_else(impossible)?;
        let items = sizes.segments.iter().sum();
        for lengths in [&bytes, &numbers] {
            lengths
                .iter()
                .try_fold(0_usize, |sum, &length| sum.checked_add(length))
                .ok_or_else(impossible)?;
        }
        let codes = contents.values("codes", Some(bytes.iter().sum()))?.into_parts(&bytes);
        let factors = contents.values("factors", Some(items))?.into_parts(sizes.segments);
        let names = contents.values("names", Some(items))?.into_parts(sizes.segments);
        let rows = Rows::from_contents(contents, sizes.storage, &numbers)?;
        let columns = starts.into_iter().zip(blocks).zip(codes).zip(factors).zip(names).zip(rows);
        let lists = columns.map(|(((((starts, blocks), codes), factors), names), rows)| Self {
            codes_an_item: sizes.codes,
            starts,
            blocks,
            codes,
            factors,
            names,
            rows,
        });
        Ok(lists.collect())
    }
}

/// Where the lists of each segment start.
fn read_starts(contents: &Contents, sizes: &Sizes<'_>) -> Result<Vec<Vec<u64>>, Error> {
    let each = sizes.lists.checked_add(1);
    let all = each.and_then(|each| each.checked_mul(sizes.segments.len()));
    let (Some(each), Some(all)) = (each, all) else {
        return Err(contents.mismatch("a possible size", format!("{sizes:?}")));
    };
    let starts = contents.values::<u64>("starts", Some(all))?;
    let check = |(starts, &items): (&[u64], &usize)| {
        let whole =
            starts.first() == Some(&0) && starts.last() == Some(&(items as u64)) && starts.is_sorted();
        let found = || contents.mismatch(format!("lists of {items} items one after the other"), "others");
        whole.then(|| starts.to_vec()).ok_or_else(found)
    };
    starts.chunks_exact(each).zip(sizes.segments).map(check).collect()
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, PersistentIndex};

    use crate::{
        ivf_pq::{builder::IvfPqBuilder, index::IvfPqIndex},
        progress::Progress,
    };

    #[test]
    fn lists_that_do_not_follow_one_another_are_refused() {
        let items = Embeddings::from_vec((0..60 * 4).map(|i| (i as f32).sin()).collect(), 4).unwrap();
        let builder = IvfPqBuilder { lists: Some(2), ..IvfPqBuilder::default() };
        let index = builder.build(items, Progress::Silent).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let opens = |starts: [u64; 3]| {
            let mut index = index.clone();
            index.segments[0].starts = starts.to_vec();
            index.save(&path).unwrap();
            IvfPqIndex::open(&path).map(drop)
        };
        let middle = index.segments[0].starts[1];
        opens([0, middle, 60]).unwrap();
        for starts in [[1, middle, 60], [0, middle, 59], [0, 61, 60]] {
            let error = opens(starts).unwrap_err().to_string();
            assert!(error.contains("lists of 60 items one after the other"), "{starts:?}: {error}");
        }
    }
}
