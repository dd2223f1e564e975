//! Searching an engine: checked, in batches, with retries.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ess_core::{Capabilities, Effort, Embeddings, Error as CoreError, Hit, Index, RowSet, SearchParams};

use crate::{
    engine::{Admitted, Engine},
    error::Error,
    extent::Extent,
    retry::retried,
    settings::EngineSettings,
    writer_lock::writer_lock,
};

/// An engine as an index: checked, in batches, with retries.
///
/// `Clone` gives another handle to the same items. Any number of clones may search and add at once; whether other indexes
/// and other processes may add too is the engine's to say ([`Engine`] has the table). What others added is found by
/// searching; [`EngineIndex::refresh`] counts it, as does a search for more hits than there were items.
///
/// ```no_run
/// # #[cfg(feature = "pgvector")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ess_core::{Embeddings, Index, MutableIndex};
/// use ess_engines::{EngineIndex, EngineSettings, PgVector, PgVectorConfig};
///
/// let config = PgVectorConfig::new("host=localhost user=postgres", "papers".parse()?, 2);
/// let settings = EngineSettings::default();
/// let mut index = EngineIndex::new(PgVector::open(config, &settings)?, settings)?;
/// index.add(&Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?)?;
/// let hits = index.search(&Embeddings::from_rows(&[[0.0, 2.0]])?, 1)?;
/// assert_eq!(hits[0][0].item, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "pgvector"))]
/// # fn main() {}
/// ```
pub struct EngineIndex<E> {
    pub(super) shared: Arc<Shared<E>>,
}

pub(super) struct Shared<E> {
    pub(super) engine: E,
    pub(super) settings: EngineSettings,
    extent: Mutex<Extent>,
    writing: Arc<Mutex<()>>,
}

impl<E> Clone for EngineIndex<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<E: Engine> EngineIndex<E> {
    /// An index of what the engine holds now.
    ///
    /// # Errors
    /// [`Error::Config`] for settings out of range, and those of the engine.
    pub fn new(engine: E, settings: EngineSettings) -> Result<Self, Error> {
        settings.check()?;
        let extent = Mutex::new(retried(&settings, || engine.extent())?);
        // An engine that numbers rows needs no lock of ours.
        let place = engine.place().filter(|_| !engine.numbers_rows());
        let writing = writer_lock(place);
        Ok(Self { shared: Arc::new(Shared { engine, settings, extent, writing }) })
    }

    /// The engine.
    pub fn engine(&self) -> &E {
        &self.shared.engine
    }

    /// Counts the items again, with those that others added or removed.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn refresh(&self) -> Result<(), Error> {
        self.found_now().map(drop)
    }

    /// What the engine holds now, which is counted as well.
    pub(crate) fn found_now(&self) -> Result<Extent, Error> {
        let _writing = self.writing();
        self.found_by_the_writer()
    }

    /// As [`Index::check_search`]; where fewer items are known than are asked for, others may have added some.
    fn hits_at_most(&self, queries: &Embeddings, k: usize) -> Result<usize, CoreError> {
        let known = self.check_search(queries, k)?;
        if k > self.len()
            && let Ok(_writing) = self.shared.writing.try_lock()
        {
            self.count_again()?;
            return self.check_search(queries, k);
        }
        Ok(known)
    }

    pub(super) fn count_again(&self) -> Result<(), Error> {
        self.found_by_the_writer().map(drop)
    }

    /// To be called by who holds the writer's lock.
    fn found_by_the_writer(&self) -> Result<Extent, Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let found = retried(settings, || engine.extent())?;
        let mut extent = self.extent();
        // Rows are not given again, though the last may be gone.
        *extent = Extent { next_row: extent.next_row.max(found.next_row), ..found };
        Ok(found)
    }

    /// Held while items change, so that rows are numbered by one handle at a time. Searching goes on.
    pub(super) fn writing(&self) -> MutexGuard<'_, ()> {
        self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn extent(&self) -> MutexGuard<'_, Extent> {
        self.shared.extent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows that others gave, and that were found, are rows of this index.
    fn seen(&self, hits: &[Vec<Hit>]) {
        let last = hits.iter().flatten().map(|hit| hit.item + 1).max().unwrap_or_default();
        let mut extent = self.extent();
        extent.next_row = extent.next_row.max(last);
    }

    fn search_batches(
        &self,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let mut hits = Vec::with_capacity(queries.len());
        for start in (0..queries.len()).step_by(settings.queries) {
            let rows: Vec<usize> = (start..queries.len().min(start + settings.queries)).collect();
            let batch = queries.select(&rows)?;
            hits.extend(retried(settings, || engine.search(&batch, k, effort, admitted))?);
        }
        self.seen(&hits);
        match hits.iter().enumerate().find_map(|(row, hits)| Some((row, not_finite(hits)?))) {
            Some((row, hit)) => Err(CoreError::NonFinite {
                what: "similarities of an engine",
                row,
                column: hit.item,
                value: hit.similarity,
            }
            .into()),
            None => Ok(hits),
        }
    }
}

/// The rows that a filter admits of those below `rows`, all by name.
fn named(filter: &RowSet, rows: usize) -> Admitted {
    Admitted::Only(filter.iter().filter(|row| *row < rows).map(|row| row as i64).collect())
}

fn not_finite(hits: &[Hit]) -> Option<&Hit> {
    hits.iter().find(|hit| !hit.similarity.is_finite())
}

impl<E: Engine> Index for EngineIndex<E> {
    fn dim(&self) -> usize {
        self.shared.engine.dim()
    }

    fn len(&self) -> usize {
        self.extent().items
    }

    fn rows(&self) -> usize {
        self.extent().next_row
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, CoreError> {
        let k = self.hits_at_most(queries, k)?;
        params.effort.check()?;
        let Some(filter) = params.filter else {
            return Ok(self.search_batches(queries, k, &params.effort, None)?);
        };
        let rows = self.rows();
        let filter = filter.to_row_set(rows);
        let mut admitted = Admitted::new(&filter, rows);
        if admitted == Admitted::Only(Vec::new()) {
            return Ok(vec![Vec::new(); queries.len()]);
        }
        let mut hits = self.search_batches(queries, k, &params.effort, Some(&admitted))?;
        // "All but these" admits what came in since the rows were counted.
        if hits.iter().flatten().any(|hit| hit.item >= rows || !filter.contains(hit.item)) {
            admitted = named(&filter, rows);
            hits = self.search_batches(queries, k, &params.effort, Some(&admitted))?;
        }
        Ok(hits)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            exact: self.shared.engine.exact(),
            any_norm: true,
            filter: true,
            add: true,
            remove: true,
            ef_search: self.shared.engine.takes_candidates(),
            ..Capabilities::default()
        }
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        match self.shared.engine.takes_candidates() {
            true => [1, 2, 4, 8, 16, 32]
                .map(|times| Effort {
                    ef_search: Some(k.saturating_mul(times).min(1000)),
                    ..Effort::default()
                })
                .to_vec(),
            false => vec![Effort::default()],
        }
    }
}
