//! Building the IVF-PQ index.

use ess_core::{Embeddings, Error as CoreError};
use serde::{Deserialize, Serialize};

use super::inverted_file::Lists;
use super::pq::{GROUP, MAX_CODES, PAIR};
use super::rows::Rows;
use super::{IvfPqIndex, coder::Coder};
use crate::error::Error;
use crate::live_rows::LiveRows;
use crate::progress::Progress;
use crate::storage::Storage;

/// Builds an [`IvfPqIndex`]; plain data.
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
    /// The lists of the inverted file; 1 is none, and every query looks at all codes. There are never more than
    /// items. Default: 1 below 10 000 items, `1.5 √n` for `n` items from there on.
    pub lists: Option<usize>,
    /// Codes of 4 bits an item, a multiple of 8 in `8..=256`. Each stands for 2 dimensions of a projection; codes for
    /// more dimensions than items have are left out. Default: a code for every 6 dimensions of the items, though not
    /// below 64.
    pub codes: Option<usize>,
    /// How the items' own components are kept, with which candidates are compared again:
    /// [`Storage::F32`], the default, or [`Storage::F16`].
    pub storage: Storage,
    /// The most items that the lists are learnt from, chosen at random; at least 256. Default: 64 for each list,
    /// though not below 16 384.
    pub training_items: Option<usize>,
    /// Iterations of k-means. Default: 10.
    pub iterations: usize,
    /// Where random choices start. Default: 0.
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
    /// Indexes `n × d` items of any norm, which get the rows `0..n`. The same items, settings and seed give the same index,
    /// in any number of threads; rayon's current pool shares out the work.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter` for a setting out of range, [`Error::TooManyItems`] beyond 2³² − 1 items,
    /// [`Error::BeyondStorage`] for a number that the storage cannot hold.
    pub fn build(&self, items: Embeddings, progress: Progress) -> Result<IvfPqIndex, Error> {
        self.check()?;
        Error::check_items(items.len())?;
        Rows::check(self.storage, &items)?;
        let coder = Coder::train(self, &items, progress);
        let bar = progress.start(items.len(), "coding items");
        let coded = coder.encode(&items, |items| bar.inc(items as u64));
        bar.finish_and_clear();
        let lists = Lists::new(&coded, coder.centres.len(), coder.codebooks.codes(), 0, |order| {
            Rows::gathered(self.storage, items.as_slice(), items.dim(), order)
        });
        Ok(IvfPqIndex::new(coder, vec![lists], LiveRows::all(items.len())))
    }

    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter`: the name, what was expected and what was found.
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

    /// The items that are learnt from, for so many lists.
    pub(super) fn training_items_for(&self, lists: usize) -> usize {
        self.training_items.unwrap_or(lists.saturating_mul(64).max(16_384))
    }
}
