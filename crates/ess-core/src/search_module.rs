//! f_search, the searching module of Eq. 3.

mod closure;
mod compose;
pub(crate) mod definition;
mod identity;
mod matrix;

pub use closure::SearchModuleFn;
pub use compose::Compose;
pub use identity::Identity;
pub use matrix::MatrixModule;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::{Array2, array};

    use super::{closure::*, compose::*, definition::*, identity::*, matrix::*};
    use crate::{embeddings::Embeddings, error::Error};

    #[test]
    fn modules_of_different_kinds_compose_behind_pointers() {
        let double: Box<dyn SearchModule> =
            Box::new(MatrixModule::new(array![[2.0, 0.0], [0.0, 2.0]]).unwrap());
        let swap: Arc<dyn SearchModule> =
            Arc::new(MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap());
        let both = Compose::new(double, swap).unwrap();
        let queries = Embeddings::from_rows(&[[1.0, 3.0]]).unwrap();
        assert_eq!(both.apply(&queries).unwrap().row(0), &[6.0, 2.0]);
    }

    #[test]
    fn wrong_dimensions_are_refused() {
        let queries = Embeddings::from_rows(&[[1.0, 3.0]]).unwrap();
        let modules: [Box<dyn SearchModule>; 3] = [
            Box::new(Identity::new(3)),
            Box::new(MatrixModule::new(Array2::eye(3)).unwrap()),
            Box::new(SearchModuleFn::new(3, 3, |queries: &Embeddings| Ok(queries.clone()))),
        ];
        for module in modules {
            let found = module.apply(&queries);
            assert!(matches!(found, Err(Error::DimensionMismatch { expected: 3, found: 2, .. })));
        }
    }

    #[test]
    fn a_closure_that_breaks_its_word_is_refused() {
        let queries = Embeddings::from_rows(&[[1.0, 3.0], [2.0, 4.0]]).unwrap();
        let wrong_dim = SearchModuleFn::new(2, 3, |queries: &Embeddings| Ok(queries.clone()));
        assert!(matches!(wrong_dim.apply(&queries), Err(Error::DimensionMismatch { .. })));
        let wrong_rows = SearchModuleFn::new(2, 2, |queries: &Embeddings| queries.select(&[0]));
        assert!(matches!(wrong_rows.apply(&queries), Err(Error::LengthMismatch { .. })));
    }

    #[test]
    fn an_overflow_is_refused() {
        let module = MatrixModule::new(array![[f32::MAX], [f32::MAX]]).unwrap();
        let queries = Embeddings::from_rows(&[[1.0, 1.0]]).unwrap();
        assert!(matches!(module.apply(&queries), Err(Error::NonFinite { .. })));
    }
}
