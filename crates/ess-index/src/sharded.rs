//! Several indexes searched as one.

use ess_core::{Capabilities, Effort, Embeddings, Error, Filter, Hit, Index, MemoryUse, SearchParams, TopK};

use crate::memory_use::total;
use rayon::prelude::*;

/// Several indexes, each with a part of the items, searched at the same time as one index. It is for items that do not fit
/// into one index, one machine or one table of an engine.
///
/// The rows of the second shard follow those of the first, and so on. So no items may be added to a shard of it. Every shard is
/// searched for `k` hits with the same effort, so the recall is at least that of the shards. `ShardedIndex<Box<dyn Index>>`
/// holds shards of several kinds.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{FlatIndex, ShardedIndex};
///
/// let first = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?)?;
/// let second = FlatIndex::new(Embeddings::from_rows(&[[0.0, 1.0]])?)?;
/// let index = ShardedIndex::new(vec![first, second])?;
/// let hits = index.search(&Embeddings::from_rows(&[[0.1, 1.0]])?, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][1].item), (2, 1));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShardedIndex<I> {
    shards: Vec<I>,
    /// The row of each shard's first item, and the number of all rows last.
    starts: Vec<usize>,
}

impl<I: Index> ShardedIndex<I> {
    /// One index of these shards, whose rows are in this order.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] without a shard, [`Error::DimensionMismatch`] for shards of different dimensions.
    pub fn new(shards: Vec<I>) -> Result<Self, Error> {
        let Some(first) = shards.first() else {
            let (name, expected) = ("shards", "at least one");
            return Err(Error::InvalidParameter { name, expected, found: "none".to_owned() });
        };
        let mut starts = vec![0];
        for shard in &shards {
            Error::check_dim("a shard of the index", first.dim(), shard.dim())?;
            starts.push(starts[starts.len() - 1] + shard.rows());
        }
        Ok(Self { shards, starts })
    }

    /// The shards.
    pub fn shards(&self) -> &[I] {
        &self.shards
    }

    fn search_shard(
        &self,
        shard: usize,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let (index, start) = (&self.shards[shard], self.starts[shard]);
        let admits = |row: usize| params.filter.is_none_or(|filter| filter.admits(start + row));
        let filter = params.filter.map(|_| Filter::Predicate(&admits));
        let found = index.search_with(queries, k, &SearchParams { filter, ..*params });
        let mut found = found.map_err(|error| match error {
            Error::NonFinite { what, row, column, value } => {
                Error::NonFinite { what, row, column: start + column, value }
            }
            error => error,
        })?;
        found.iter_mut().flatten().for_each(|hit| hit.item += start);
        Ok(found)
    }
}

impl<I: Index> Index for ShardedIndex<I> {
    fn dim(&self) -> usize {
        self.shards[0].dim()
    }

    fn len(&self) -> usize {
        self.shards.iter().map(Index::len).sum()
    }

    fn rows(&self) -> usize {
        self.starts[self.shards.len()]
    }

    /// As [`Index::search_with`].
    ///
    /// # Errors
    /// As [`Index::search_with`], and those of the shards.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let k = self.check_search(queries, k)?;
        params.effort.check()?;
        let found: Vec<_> = (0..self.shards.len())
            .into_par_iter()
            .map(|shard| self.search_shard(shard, queries, k, params))
            .collect();
        let mut best = vec![TopK::new(k); queries.len()];
        // In the order of the shards, so that of several errors it is always the same one.
        for found in found {
            for (best, hits) in best.iter_mut().zip(found?) {
                hits.into_iter().for_each(|hit| best.push(hit));
            }
        }
        Ok(best.into_iter().map(TopK::into_sorted).collect())
    }

    /// What all shards can do; items are added to, removed from and saved with the shards themselves.
    fn capabilities(&self) -> Capabilities {
        let all = |can: fn(&Capabilities) -> bool| self.shards.iter().all(|shard| can(&shard.capabilities()));
        let any = |can: fn(&Capabilities) -> bool| self.shards.iter().any(|shard| can(&shard.capabilities()));
        Capabilities {
            exact: all(|shard| shard.exact),
            any_norm: all(|shard| shard.any_norm),
            filter: all(|shard| shard.filter),
            ef_search: any(|shard| shard.ef_search),
            nprobe: any(|shard| shard.nprobe),
            rescore: any(|shard| shard.rescore),
            ..Capabilities::default()
        }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        self.shards.iter().map(Index::memory_use).collect::<Option<Vec<_>>>().map(total)
    }

    /// Those of the largest shard.
    fn efforts(&self, k: usize) -> Vec<Effort> {
        let largest = self.shards.iter().max_by_key(|shard| shard.len());
        largest.map_or_else(Vec::new, |shard| shard.efforts(k))
    }
}
