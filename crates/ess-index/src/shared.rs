//! An index that threads search while one of them changes it.

use std::{
    ops::Range,
    sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard},
};

use ess_core::{Capabilities, Effort, Embeddings, Error, Hit, Index, MemoryUse, MutableIndex, SearchParams};

/// The threads that work under the lock. Those of the caller's pool may all be waiting for it, and one that waits for its
/// own work would take up other work, which may want the lock too.
static POOL: LazyLock<Option<rayon::ThreadPool>> =
    LazyLock::new(|| rayon::ThreadPoolBuilder::new().build().ok());

/// Does work under the lock in threads of its own, waiting without doing other work meanwhile.
fn apart<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let Some(pool) = &*POOL else { return work() };
    if rayon::current_thread_index().is_none() || pool.current_thread_index().is_some() {
        return pool.install(work);
    }
    std::thread::scope(|scope| match scope.spawn(|| pool.install(work)).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// A handle to an index that threads share. Searches run at the same time; a change waits for the searches that run.
///
/// A clone is another handle to the same index. A search sees either all of a change or nothing of it. Work runs in one thread
/// pool of all shared indexes, so that the caller's rayon jobs may search and change an index.
///
/// After a change that ended in a panic, every search and change is refused with
/// [`Error::HalfChanged`](crate::Error::HalfChanged), since the index may be half changed. [`SharedIndex::with`] and
/// [`SharedIndex::change`] give access to other methods of an index, such as those of an
/// [`IdentifiedIndex`](crate::IdentifiedIndex).
///
/// ```
/// use ess_core::{Embeddings, Index, MutableIndex};
/// use ess_index::{FlatIndex, SharedIndex};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let index = SharedIndex::new(FlatIndex::new(items.clone())?);
/// let mut writer = index.clone();
/// std::thread::scope(|scope| {
///     scope.spawn(|| writer.add(&items));
///     scope.spawn(|| index.search(&items, 2));
/// });
/// assert_eq!(index.len(), 4);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct SharedIndex<I>(Arc<RwLock<I>>);

impl<I> SharedIndex<I> {
    /// Shares an index.
    pub fn new(index: I) -> Self {
        Self(Arc::new(RwLock::new(index)))
    }

    /// The index itself. Changes wait until the guard is dropped, so do not hold it while waiting for rayon's threads. A half
    /// changed index is not refused here.
    pub fn read(&self) -> RwLockReadGuard<'_, I> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Send + Sync> SharedIndex<I> {
    /// Runs `work`, which reads the index. Changes wait for it.
    ///
    /// # Errors
    /// [`Error::External`] with [`HalfChanged`](crate::Error::HalfChanged) after a change that ended in a panic, and those
    /// of `work`.
    pub fn with<R: Send>(&self, work: impl FnOnce(&I) -> Result<R, Error> + Send) -> Result<R, Error> {
        let index = self.0.read().map_err(|_| Error::from(crate::error::Error::HalfChanged))?;
        let index = &*index;
        apart(|| work(index))
    }

    /// Runs `work`, which changes the index. Searches wait for it.
    ///
    /// ```
    /// use ess_core::Embeddings;
    /// use ess_index::{FlatIndex, IdentifiedIndex, SharedIndex};
    ///
    /// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
    /// let index = SharedIndex::new(IdentifiedIndex::new(FlatIndex::new(items.clone())?, vec![7_u64, 8])?);
    /// index.change(|index| index.upsert(&[8, 9], &items))?;
    /// let hits = index.with(|index| index.search_ids(&items, 1))?;
    /// assert_eq!((hits[0][0].id, hits[1][0].id), (7, 9));
    /// # Ok::<(), ess_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`SharedIndex::with`].
    pub fn change<R: Send>(&self, work: impl FnOnce(&mut I) -> Result<R, Error> + Send) -> Result<R, Error> {
        let mut index = self.0.write().map_err(|_| Error::from(crate::error::Error::HalfChanged))?;
        let index = &mut *index;
        apart(|| work(index))
    }
}

impl<I> Clone for SharedIndex<I> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<I: Index> Index for SharedIndex<I> {
    fn dim(&self) -> usize {
        self.read().dim()
    }

    fn len(&self) -> usize {
        self.read().len()
    }

    fn rows(&self) -> usize {
        self.read().rows()
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.with(|index| index.search_with(queries, k, params))
    }

    fn capabilities(&self) -> Capabilities {
        // A handle has no file; what it shares has.
        Capabilities { save: false, ..self.read().capabilities() }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        self.read().memory_use()
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        self.read().efforts(k)
    }
}

impl<I: MutableIndex> MutableIndex for SharedIndex<I> {
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
        self.change(|index| index.add(items))
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
        self.change(|index| index.remove(rows))
    }

    fn compact(&mut self) -> Result<Vec<Option<usize>>, Error> {
        self.change(I::compact)
    }
}
