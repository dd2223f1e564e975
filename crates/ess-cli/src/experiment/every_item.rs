//! Exact search with any searching module.

use ess_core::{Embeddings, Encoding, Error, Hit, Index, Scored, SearchModule, Searcher};
use ess_index::FlatIndex;

/// Compares every item with what a module makes of a query: by inner product or, where the module has one, by its scoring.
pub(crate) struct EveryItem<'a, M: ?Sized> {
    pub(crate) module: &'a M,
    pub(crate) index: &'a FlatIndex,
    pub(crate) items: &'a Embeddings,
}

impl<E: Encoding, M: SearchModule<E> + ?Sized> Searcher<E> for EveryItem<'_, M> {
    fn search(&self, encodings: &E, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let mapped = self.module.apply(encodings)?;
        match self.module.scoring() {
            Some(scoring) => Scored::new(&*scoring).search(&mapped, self.items, k),
            None => self.index.search(&mapped, k),
        }
    }
}
