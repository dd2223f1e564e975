//! The trait of searching modules.

use std::sync::Arc;

use crate::{embeddings::Embeddings, encoding::Encoding, error::Error, scoring::definition::Scoring};

/// f_search: maps encoded queries into the item space, where the inner product finds what one task calls relevant.
///
/// Object-safe, so that an application can hold many, one for each task, over one index of frozen items. `E` is
/// what the query encoder gives; [`Embeddings`] in the common case.
pub trait SearchModule<E: Encoding = Embeddings>: Send + Sync {
    /// The dimension of the encodings that it reads, `d_query`.
    fn query_dim(&self) -> usize;

    /// The dimension of the items that it searches, `d_item`; also that of the vectors that it returns, unless it has a
    /// [`SearchModule::scoring`].
    fn item_dim(&self) -> usize;

    /// Maps `n` encoded queries (`n × d_query` for [`Embeddings`]) into the item space (`n × d_item`), in order. With a
    /// [`SearchModule::scoring`] each query becomes a row of `width` values (`n × width`).
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for encodings of another dimension; [`Error::External`] for the module's own
    /// failures.
    fn apply(&self, encodings: &E) -> Result<Embeddings, Error>;

    /// The similarity that its rows are meant for, where that is not the inner product. Default: `None`, the inner product.
    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        None
    }

    /// The length of the rows that it returns: `d_item`, or the width of its scoring.
    fn width(&self) -> usize {
        let dim = self.item_dim();
        self.scoring().map_or(dim, |scoring| scoring.width(dim))
    }

    /// Refuses a module whose rows cannot be given to an index of inner products as they are.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where it has a [`SearchModule::scoring`].
    fn check_inner_product(&self) -> Result<(), Error> {
        match self.scoring() {
            Some(_) => {
                Err(Error::Unsupported { what: "a module whose rows are not compared by inner product" })
            }
            None => Ok(()),
        }
    }
}

macro_rules! forward_search_module {
    ($($pointer:ty),*) => {$(
        impl<E: Encoding, M: SearchModule<E> + ?Sized> SearchModule<E> for $pointer {
            fn query_dim(&self) -> usize {
                (**self).query_dim()
            }

            fn item_dim(&self) -> usize {
                (**self).item_dim()
            }

            fn apply(&self, encodings: &E) -> Result<Embeddings, Error> {
                (**self).apply(encodings)
            }

            fn scoring(&self) -> Option<Arc<dyn Scoring>> {
                (**self).scoring()
            }
        }
    )*};
}

forward_search_module!(&M, Box<M>, Arc<M>);
