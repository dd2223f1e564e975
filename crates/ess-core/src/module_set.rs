//! Many searching modules over one index.

mod slot;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    embeddings::Embeddings, encoding::Encoding, error::Error, hit::Hit, index::definition::Index,
    search_module::definition::SearchModule,
};
use slot::Slot;

pub use slot::SharedModule;

/// Named searching modules over one index of frozen items: one for each tenant, task, relation or language, chosen query by query.
///
/// A batch is grouped by module, so that each module maps its queries at once. Modules are replaced while others search: a batch
/// goes on with the modules that it began with, and the next one sees the new ones. What is inserted as a way to load is loaded
/// when it is first asked for.
///
/// ```
/// use std::sync::Arc;
///
/// use ess_core::{Embeddings, ExactIndex, Identity, MatrixModule, ModuleSet};
/// use ndarray::array;
///
/// let modules = ModuleSet::new(2, 2);
/// modules.insert("frozen", Arc::new(Identity::new(2)))?;
/// modules.insert_lazy("swapped", || Ok(Arc::new(MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]])?)));
///
/// let index = ExactIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?);
/// let queries = Embeddings::from_rows(&[[0.9, 0.1], [0.9, 0.1]])?;
/// let hits = modules.search(&index, &queries, &["swapped", "frozen"], 1)?;
/// assert_eq!((hits[0][0].item, hits[1][0].item), (1, 0));
/// # Ok::<(), ess_core::Error>(())
/// ```
pub struct ModuleSet<E: Encoding = Embeddings> {
    query_dim: usize,
    item_dim: usize,
    slots: RwLock<BTreeMap<String, Arc<Slot<E>>>>,
}

impl<E: Encoding> ModuleSet<E> {
    /// A set without modules, for queries of dimension `d_query` and items of dimension `d_item`.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self { query_dim, item_dim, slots: RwLock::default() }
    }

    /// The dimension of the encodings that its modules read, `d_query`.
    pub fn query_dim(&self) -> usize {
        self.query_dim
    }

    /// The dimension of the vectors that they return, `d_item`.
    pub fn item_dim(&self) -> usize {
        self.item_dim
    }

    /// Adds a module, or puts it in the place of the one that has the name. Says whether there was one.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for a module of other dimensions than the set's, [`Error::Unsupported`] for one with a scoring of
    /// its own; the one before then stays.
    pub fn insert(&self, name: impl Into<String>, module: SharedModule<E>) -> Result<bool, Error> {
        self.check(&*module)?;
        Ok(self.put(name.into(), Slot::new(Some(module), None)))
    }

    /// Adds a module that is loaded when it is first asked for, or puts it in the place of the one that has the name. Says whether
    /// there was one.
    ///
    /// When loading fails, or gives a module of other dimensions than the set's, the caller gets the error, and the next
    /// call tries again. Of several threads that ask at once, one loads and the others wait. `load` must therefore not ask
    /// the set for this name: on its own thread it gets [`Error::Unsupported`], and on another thread it would wait for
    /// itself.
    pub fn insert_lazy(
        &self,
        name: impl Into<String>,
        load: impl Fn() -> Result<SharedModule<E>, Error> + Send + Sync + 'static,
    ) -> bool {
        self.put(name.into(), Slot::new(None, Some(Box::new(load))))
    }

    /// Takes a module out; false where no module has the name.
    pub fn remove(&self, name: &str) -> bool {
        self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some()
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> Vec<String> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The module of a name, loaded if need be.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for a name that no module has; those of loading, and [`Error::DimensionMismatch`].
    pub fn get(&self, name: &str) -> Result<SharedModule<E>, Error> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let unknown = || Error::UnknownId { id: name.to_owned(), len: slots.len() };
        let slot = slots.get(name).cloned().ok_or_else(unknown)?;
        // Loading may take long, and others are to be found meanwhile.
        drop(slots);
        slot.get(|module| self.check(module))
    }

    /// Maps each of `n` encoded queries by the module that is named for it (`n` names), into the item space (`n × d_item`), in order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of names than queries; those of [`ModuleSet::get`] and of the modules. All names
    /// are looked up before any query is mapped.
    pub fn apply<N: AsRef<str>>(&self, encodings: &E, names: &[N]) -> Result<Embeddings, Error> {
        let (what, expected, found) = ("names of searching modules", encodings.rows(), names.len());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, name) in names.iter().enumerate() {
            groups.entry(name.as_ref()).or_default().push(row);
        }
        let groups: Vec<(SharedModule<E>, Vec<usize>)> = groups
            .into_iter()
            .map(|(name, rows)| Ok((self.get(name)?, rows)))
            .collect::<Result<_, Error>>()?;
        if let [(module, rows)] = &groups[..] {
            return self.mapped(&**module, encodings, rows.len());
        }
        let mut values = vec![0.0; names.len() * self.item_dim];
        for (module, rows) in groups {
            let mapped = self.mapped(&*module, &encodings.select_rows(&rows)?, rows.len())?;
            for (row, vector) in rows.into_iter().zip(mapped.rows()) {
                values[row * self.item_dim..][..self.item_dim].copy_from_slice(vector);
            }
        }
        Embeddings::from_vec(values, self.item_dim)
    }

    /// The `k` most relevant items of an index for each query, by the module that is named for it.
    ///
    /// # Errors
    /// Those of [`ModuleSet::apply`] and of the index.
    pub fn search<N: AsRef<str>>(
        &self,
        index: &(impl Index + ?Sized),
        encodings: &E,
        names: &[N],
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        index.search(&self.apply(encodings, names)?, k)
    }

    /// What a module makes of some queries, a vector for each.
    fn mapped(&self, module: &dyn SearchModule<E>, encodings: &E, rows: usize) -> Result<Embeddings, Error> {
        let mapped = module.apply(encodings)?;
        let what = "vectors that a searching module returned";
        if mapped.len() != rows {
            return Err(Error::LengthMismatch { what, expected: rows, found: mapped.len() });
        }
        Error::check_dim(what, self.item_dim, mapped.dim())?;
        Ok(mapped)
    }

    fn put(&self, name: String, slot: Slot<E>) -> bool {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(name, Arc::new(slot)).is_some()
    }

    fn check(&self, module: &dyn SearchModule<E>) -> Result<(), Error> {
        module.check_inner_product()?;
        Error::check_dim("queries of a module of the set", self.query_dim, module.query_dim())?;
        Error::check_dim("items of a module of the set", self.item_dim, module.item_dim())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ndarray::array;

    use super::*;
    use crate::search_module::{Identity, MatrixModule, SearchModuleFn};

    fn times(factor: f32) -> SharedModule<Embeddings> {
        Arc::new(MatrixModule::new(array![[factor, 0.0], [0.0, factor]]).unwrap())
    }

    fn queries(count: usize) -> Embeddings {
        Embeddings::from_vec((0..2 * count).map(|x| x as f32 + 1.0).collect(), 2).unwrap()
    }

    #[test]
    fn each_query_is_mapped_by_its_module_and_each_module_is_asked_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let counted = SearchModuleFn::new(2, 2, move |all: &Embeddings| {
            counter.fetch_add(1, Ordering::Relaxed);
            Embeddings::new(all.view().mapv(|x| 10.0 * x))
        });
        let set = ModuleSet::new(2, 2);
        set.insert("ten", Arc::new(counted)).unwrap();
        set.insert("one", times(1.0)).unwrap();
        let mapped = set.apply(&queries(4), &["ten", "one", "ten", "ten"]).unwrap();
        let expected = [10.0, 20.0, 3.0, 4.0, 50.0, 60.0, 70.0, 80.0];
        assert_eq!((mapped.as_slice(), asked.load(Ordering::Relaxed)), (&expected[..], 1));
        assert_eq!(set.apply(&queries(2), &["one"; 2]).unwrap(), queries(2));
    }

    #[test]
    fn a_module_is_loaded_once_and_again_after_a_failure() {
        let tried = Arc::new(AtomicUsize::new(0));
        let counter = tried.clone();
        let set = ModuleSet::new(2, 2);
        let load = move || match counter.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::Unsupported { what: "the first time" }),
            _ => Ok(times(2.0)),
        };
        assert!(!set.insert_lazy("lazy", load));
        assert_eq!(tried.load(Ordering::Relaxed), 0);
        assert!(matches!(set.get("lazy"), Err(Error::Unsupported { .. })));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| set.get("lazy").unwrap());
            }
        });
        assert_eq!(tried.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_loader_that_asks_for_itself_is_refused_and_one_that_panics_blocks_no_thread() {
        let set = Arc::new(ModuleSet::<Embeddings>::new(2, 2));
        let own = set.clone();
        set.insert_lazy("itself", move || own.get("itself"));
        assert!(matches!(set.get("itself"), Err(Error::Unsupported { .. })));
        let tried = AtomicUsize::new(0);
        set.insert_lazy("panics", move || match tried.fetch_add(1, Ordering::Relaxed) {
            0 => panic!("the first time"),
            _ => Ok(times(2.0)),
        });
        let asking = set.clone();
        assert!(std::thread::spawn(move || asking.get("panics").is_ok()).join().is_err());
        assert!(set.get("panics").is_ok());
    }

    /// No batch sees one module for some of its queries and the next for others.
    #[test]
    fn modules_are_replaced_while_others_search() {
        let set = ModuleSet::new(2, 2);
        set.insert("tenant", times(1.0)).unwrap();
        set.insert("other", times(1.0)).unwrap();
        let names: Vec<&str> = (0..64).map(|row| if row % 7 == 0 { "other" } else { "tenant" }).collect();
        std::thread::scope(|scope| {
            let writer =
                scope.spawn(|| (2..200_u8).all(|x| set.insert("tenant", times(f32::from(x))).unwrap()));
            for _ in 0..200 {
                let mapped = set.apply(&queries(64), &names).unwrap();
                let factors: Vec<f32> =
                    mapped.rows().zip(queries(64).rows()).map(|(z, q)| z[0] / q[0]).collect();
                let of = |name| names.iter().zip(&factors).filter(move |(n, _)| **n == name).map(|(_, f)| *f);
                assert!(of("other").all(|factor| factor == 1.0));
                let first = of("tenant").next().unwrap().round();
                assert!(of("tenant").all(|factor| (factor - first).abs() < 1e-3), "{factors:?}");
            }
            assert!(writer.join().unwrap());
        });
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_was_there_stays() {
        let set = ModuleSet::new(2, 2);
        set.insert("a", times(3.0)).unwrap();
        assert!(matches!(
            set.insert("a", Arc::new(Identity::new(3))),
            Err(Error::DimensionMismatch { expected: 2, found: 3, .. })
        ));
        assert_eq!(set.apply(&queries(1), &["a"]).unwrap().as_slice(), [3.0, 6.0]);
        set.insert_lazy("wide", || Ok(Arc::new(Identity::new(3))));
        assert!(matches!(set.get("wide"), Err(Error::DimensionMismatch { .. })));
        assert!(matches!(
            set.apply(&queries(2), &["a"]),
            Err(Error::LengthMismatch { expected: 2, found: 1, .. })
        ));
        assert!(matches!(set.apply(&queries(1), &["b"]), Err(Error::UnknownId { len: 2, .. })));
        assert_eq!(
            (set.names(), set.remove("a"), set.remove("a")),
            (vec!["a".into(), "wide".into()], true, false)
        );
    }
}
