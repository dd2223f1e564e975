//! An engine as an index.

use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ess_core::{
    Capabilities, Effort, Embeddings, Error as CoreError, Hit, Index, MutableIndex, SearchParams,
};

use crate::{Admitted, Engine, EngineSettings, Error, Extent, retry::retried};

/// An engine as an index: checked, in batches, with retries.
///
/// `Clone` gives another handle to the same items: one may search while another adds. Items may be added by one handle
/// at a time, and by one process: rows are numbered here.
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
    shared: Arc<Shared<E>>,
}

struct Shared<E> {
    engine: E,
    settings: EngineSettings,
    extent: Mutex<Extent>,
    writing: Mutex<()>,
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
        let extent = retried(&settings, || engine.extent())?;
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                settings,
                extent: Mutex::new(extent),
                writing: Mutex::new(()),
            }),
        })
    }

    /// The engine.
    pub fn engine(&self) -> &E {
        &self.shared.engine
    }

    /// Stores items (`n × d_item`) in the rows from `first_row`, replacing what was there, batch by batch.
    ///
    /// Storing the same again changes nothing, so that work that was interrupted can be taken up where it stopped, or
    /// from its beginning.
    ///
    /// # Errors
    /// [`Error::Core`] for items of another dimension; [`Error::Interrupted`] with what is stored, when the engine
    /// fails and trying again did not help.
    pub fn store(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        CoreError::check_dim("items given to an engine", self.dim(), items.dim())?;
        let Some(end) = first_row.checked_add(items.len()).filter(|&end| i64::try_from(end).is_ok()) else {
            return Err(Error::Config {
                name: "first_row",
                expected: "rows below 2^63",
                found: first_row.to_string(),
            });
        };
        let _writing = self.writing();
        for start in (0..items.len()).step_by(self.shared.settings.batch) {
            let rows: Vec<usize> = (start..items.len().min(start + self.shared.settings.batch)).collect();
            self.store_batch(first_row + start, &items.select(&rows)?).map_err(|source| {
                Error::Interrupted {
                    first_row,
                    stored_until: first_row + start,
                    end,
                    source: Box::new(source),
                }
            })?;
        }
        Ok(())
    }

    fn store_batch(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let before = *self.extent();
        retried(settings, || engine.upsert(first_row, items))?;
        tracing::debug!(first_row, rows = items.len(), "stored");
        *self.extent() = match first_row >= before.next_row {
            true => Extent { items: before.items + items.len(), next_row: first_row + items.len() },
            // Rows that were replaced do not count twice, and only the engine knows which were.
            false => retried(settings, || engine.extent())?,
        };
        Ok(())
    }

    fn delete(&self, rows: &[usize]) -> Result<(), Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
        let _writing = self.writing();
        for batch in rows.chunks(settings.batch) {
            retried(settings, || engine.delete(batch))?;
        }
        let after = retried(settings, || engine.extent())?;
        let mut extent = self.extent();
        // Rows are not given again, though the last may be gone.
        *extent = Extent { next_row: extent.next_row.max(after.next_row), ..after };
        Ok(())
    }

    /// Held while items change, so that rows are numbered by one handle at a time. Searching goes on.
    fn writing(&self) -> MutexGuard<'_, ()> {
        self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn extent(&self) -> MutexGuard<'_, Extent> {
        self.shared.extent.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, CoreError> {
        self.search_with(queries, k, &SearchParams::default())
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, CoreError> {
        self.check_search(queries, k)?;
        params.effort.check()?;
        let admitted = params.filter.map(|filter| {
            let rows = self.rows();
            Admitted::new(&filter.to_row_set(rows), rows)
        });
        if admitted == Some(Admitted::Only(Vec::new())) {
            return Ok(vec![Vec::new(); queries.len()]);
        }
        Ok(self.search_batches(queries, k, &params.effort, admitted.as_ref())?)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            exact: self.shared.engine.exact(),
            any_norm: true,
            filter: true,
            add: true,
            remove: true,
            candidates: self.shared.engine.takes_candidates(),
            ..Capabilities::default()
        }
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        match self.shared.engine.takes_candidates() {
            true => [1, 2, 4, 8, 16, 32]
                .map(|times| Effort { candidates: Some((k * times).min(1000)), ..Effort::default() })
                .to_vec(),
            false => vec![Effort::default()],
        }
    }
}

impl<E: Engine> MutableIndex for EngineIndex<E> {
    /// As [`MutableIndex::add`]. When the engine fails part of the way, what was stored is taken out again; if the
    /// engine cannot be reached for that either, the error is [`Error::Interrupted`] and says which rows are there.
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, CoreError> {
        let first_row = self.rows();
        match self.store(first_row, items) {
            Ok(()) => Ok(first_row..first_row + items.len()),
            Err(Error::Interrupted { stored_until, end, source, .. }) => {
                // A batch whose answer was lost may be there as well.
                let rows: Vec<usize> =
                    (first_row..end.min(stored_until + self.shared.settings.batch)).collect();
                match self.delete(&rows) {
                    Ok(()) => {
                        self.extent().next_row = first_row;
                        Err((*source).into())
                    }
                    Err(_) => Err(Error::Interrupted { first_row, stored_until, end, source }.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), CoreError> {
        self.check_remove(rows)?;
        Ok(self.delete(rows)?)
    }
}
