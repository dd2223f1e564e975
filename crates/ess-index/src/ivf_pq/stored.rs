//! The file of an IVF-PQ index.

use ess_core::Index;
use ess_files::Section;
use serde::{Deserialize, Serialize};

use super::inverted_file::{lists::Lists, projection::Projection, stored_lists::Sizes};
use super::pq::{
    codebooks::Codebooks,
    sizes::{CENTRES, GROUP, MAX_CODES, PAIR},
};
use super::{coder::Coder, index::IvfPqIndex};
use crate::cpu::InstructionSet;
use crate::error::Error;
use crate::file::{
    contents::Contents,
    stored::{Stored, persistent},
};
use crate::kmeans::KMeans;
use crate::live_rows::LiveRows;
use crate::storage::Storage;

/// Sizes of an IVF-PQ index, as its file has them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    rows: usize,
    /// The items of each segment; together fewer than rows when removed ones have been left out.
    segments: Vec<usize>,
    dim: usize,
    lists: usize,
    codes: usize,
    storage: Storage,
}

impl Stored for IvfPqIndex {
    const KIND: &'static str = "quantised";
    type About = About;

    fn about(&self) -> About {
        About {
            rows: self.rows(),
            segments: self.segments.iter().map(Lists::len).collect(),
            dim: self.dim(),
            lists: self.lists(),
            codes: self.codes(),
            storage: self.storage(),
        }
    }

    fn sections(&self) -> Vec<Section<'_>> {
        let Coder { projection, centres, codebooks, .. } = &self.coder;
        let learnt = [
            Section::new("projection", &[projection.numbers()]),
            Section::new("centres", &[centres.rows()]),
            Section::new("codebooks", &[codebooks.numbers()]),
        ];
        learnt.into_iter().chain(Lists::sections(&self.segments)).chain(self.live.section()).collect()
    }

    fn has_row(&self, row: usize) -> bool {
        self.live.contains(row)
    }

    fn from_contents(about: About, contents: &Contents) -> Result<Self, Error> {
        let items = about.segments.iter().try_fold(0_usize, |sum, &items| sum.checked_add(items));
        let possible = (1..=MAX_CODES).contains(&about.codes)
            && about.codes.is_multiple_of(GROUP)
            && about.dim > 0
            && about.lists > 0
            && about.storage != Storage::I8
            && !about.segments.is_empty()
            && items.is_some_and(|items| items <= about.rows)
            && about.rows <= u32::MAX as usize;
        if !possible {
            return Err(contents.mismatch("sizes of an IVF-PQ index", format!("{about:?}")));
        }
        let kept = about.codes * PAIR;
        let numbers = |name: &str, rows: usize, columns: usize| -> Result<Vec<f32>, Error> {
            let count = rows.checked_mul(columns);
            let count = count.ok_or_else(|| contents.mismatch("a possible size", format!("{about:?}")))?;
            Ok(contents.values(name, Some(count))?.to_vec())
        };
        let coder = Coder {
            projection: Projection::from_numbers(numbers("projection", kept, about.dim)?, about.dim),
            centres: KMeans::from_rows(numbers("centres", about.lists, kept)?, kept),
            codebooks: Codebooks::from_numbers(numbers("codebooks", kept, CENTRES)?),
            instructions: InstructionSet::detect(),
        };
        let About { rows, ref segments, dim, lists, codes, storage } = about;
        let segments = Lists::from_contents(contents, &Sizes { lists, segments, codes, dim, storage })?;
        Ok(Self::new(coder, segments, LiveRows::from_contents(rows, contents)?))
    }
}

persistent!(IvfPqIndex);
