//! Building an IVF-PQ index.

use ess_core::{Embeddings, Error as CoreError};
use serde::{Deserialize, Serialize};

use super::inverted_file::lists::Lists;
use super::pq::sizes::{GROUP, MAX_CODES, PAIR};
use super::rows::Rows;
use super::{coder::Coder, index::IvfPqIndex};
use crate::error::Error;
use crate::into_rows::into_rows;
use crate::live_rows::LiveRows;
use crate::progress::Progress;
use crate::storage::Storage;

/// The settings with which an [`IvfPqIndex`] is built.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{Progress, IvfPqBuilder, Storage};
///
/// let items = (0..600).map(|i| [(i as f32).sin(), (i as f32).cos(), 0.01 * i as f32]).collect::<Vec<_>>();
/// let builder = IvfPqBuilder { storage: Storage::F16, ..IvfPqBuilder::default() };
/// let index = builder.build(Embeddings::from_rows(&items)?, Progress::Silent)?;
/// let hits = index.search(&Embeddings::from_rows(&[[0.0, 0.0, 1.0]])?, 3)?;
/// assert_eq!(hits[0][0].item, 599);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[doc(alias = "QuantisedBuilder")]
pub struct IvfPqBuilder {
    /// The number of lists of the inverted file, at most the number of items. With 1 list every query is compared with all
    /// codes. Default: 1 below 10 000 items, else `1.5 √n` for `n` items.
    pub lists: Option<usize>,
    /// The number of 4-bit codes of each item, a multiple of 8 in `8..=256`. Each code stands for 2 dimensions of a
    /// projection; codes beyond the items' dimensions are left out. Default: one code for every 6 dimensions of the items, at
    /// least 64.
    pub codes: Option<usize>,
    /// The storage format of the items, with which candidates are compared exactly: [`Storage::F32`], the default,
    /// or [`Storage::F16`].
    pub storage: Storage,
    /// The largest number of items that the lists are trained on, drawn at random; at least 256. Default: 64 for each list,
    /// at least 16 384.
    pub training_items: Option<usize>,
    /// The number of iterations of k-means. Default: 10.
    pub iterations: usize,
    /// The seed of random choices. Default: 0.
    pub seed: u64,
}

impl Default for IvfPqBuilder {
    fn default() -> Self {
        Self {
            lists: None,
            codes: None,
            storage: Storage::F32,
            training_items: None,
            iterations: 10,
            seed: 0,
        }
    }
}

impl IvfPqBuilder {
    /// Indexes `n × d` items of any norm, which get the rows `0..n`. It runs in rayon's current thread pool. The same items,
    /// settings and seed give the same index in any number of threads. The items are put in order in their own memory, and
    /// building a million of them takes a fifth of it besides.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter` for a setting out of range, [`Error::TooManyItems`] beyond 2³² − 1 items,
    /// [`Error::BeyondStorage`] for a component that the storage cannot hold.
    pub fn build(&self, items: Embeddings, progress: Progress) -> Result<IvfPqIndex, Error> {
        self.check()?;
        Error::check_items(items.len())?;
        self.storage.check(&items)?;
        let coder = Coder::train(self, &items, progress);
        let bar = progress.start(items.len(), "coding items");
        let coded = coder.encode(&items, |items| bar.inc(items as u64));
        bar.finish_and_clear();
        let (len, dim) = (items.len(), items.dim());
        let lists = Lists::new(coded, coder.centres.len(), coder.codebooks.codes(), 0, |order| {
            Rows::arranged(self.storage, into_rows(items), dim, order)
        });
        Ok(IvfPqIndex::new(coder, vec![lists], LiveRows::all(len)))
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter` naming the first setting that is not.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |name, expected, found: usize| {
            Err(CoreError::InvalidParameter { name, expected, found: found.to_string() }.into())
        };
        if self.storage == Storage::I8 {
            let (name, expected, found) = ("storage", "f32 or f16", "i8".to_owned());
            return Err(CoreError::InvalidParameter { name, expected, found }.into());
        }
        match (self.lists, self.codes, self.training_items) {
            (Some(0), ..) => wrong("lists", "at least 1", 0),
            (_, Some(codes), _) if codes == 0 || codes > MAX_CODES || codes % GROUP != 0 => {
                wrong("codes", "a multiple of 8 in 8..=256", codes)
            }
            (.., Some(items)) if items < 256 => wrong("training_items", "at least 256", items),
            _ => Ok(()),
        }
    }

    /// The lists for `items` items.
    pub(super) fn lists_for(&self, items: usize) -> usize {
        let default = if items < 10_000 { 1 } else { ((items as f64).sqrt() * 1.5) as usize };
        let lists = self.lists.unwrap_or(default);
        lists.clamp(1, items)
    }

    /// The codes for items of `dim` dimensions.
    pub(super) fn codes_for(&self, dim: usize) -> usize {
        let codes = self.codes.unwrap_or((dim / 6).clamp(64, MAX_CODES));
        codes.min(dim.div_ceil(PAIR)).next_multiple_of(GROUP).min(MAX_CODES)
    }

    /// The number of items to learn from, for this number of lists.
    pub(super) fn training_items_for(&self, lists: usize) -> usize {
        self.training_items.unwrap_or(lists.saturating_mul(64).max(16_384))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_whole_groups_up_to_the_most() {
        let check = |codes| IvfPqBuilder { codes: Some(codes), ..IvfPqBuilder::default() }.check().is_ok();
        assert_eq!([0, 7, 8, 12, 256, 264].map(check), [false, false, true, false, true, false]);
    }

    #[test]
    fn lists_codes_and_training_items_grow_with_the_items() {
        let builder = IvfPqBuilder::default();
        // 1.5 times the root from 10 000 items on.
        assert_eq!([1, 9_999, 10_000, 1_000_000].map(|items| builder.lists_for(items)), [1, 1, 150, 1500]);
        // One for 6 dimensions, at least 64 and at most 256, and no more than pairs of dimensions.
        assert_eq!([1, 30, 384, 768, 4096].map(|dim| builder.codes_for(dim)), [8, 16, 64, 128, 256]);
        assert_eq!([1, 256, 257].map(|lists| builder.training_items_for(lists)), [16_384, 16_384, 16_448]);
    }
}
