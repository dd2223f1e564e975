//! An engine of any kind is an engine.

use ess_core::{Effort, Embeddings, Hit};

use crate::{
    append_id::AppendId,
    engine::{Admitted, Engine},
    error::Error,
    extent::Extent,
};

impl<E: Engine + ?Sized> Engine for Box<E> {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn exact(&self) -> bool {
        (**self).exact()
    }

    fn takes_candidates(&self) -> bool {
        (**self).takes_candidates()
    }

    fn extent(&self) -> Result<Extent, Error> {
        (**self).extent()
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        (**self).upsert(first_row, items)
    }

    fn numbers_rows(&self) -> bool {
        (**self).numbers_rows()
    }

    fn append(&self, id: AppendId, first_free: usize, items: &Embeddings) -> Result<usize, Error> {
        (**self).append(id, first_free, items)
    }

    fn reserve(&self, first_free: usize, rows: usize) -> Result<Option<usize>, Error> {
        (**self).reserve(first_free, rows)
    }

    fn place(&self) -> Option<String> {
        (**self).place()
    }

    fn any_from(&self, row: usize) -> Result<bool, Error> {
        (**self).any_from(row)
    }

    fn delete(&self, rows: &[i64]) -> Result<(), Error> {
        (**self).delete(rows)
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        (**self).search(queries, k, effort, admitted)
    }
}
