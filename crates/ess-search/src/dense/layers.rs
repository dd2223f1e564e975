//! Layers of sentence-transformers, one after another.

use super::layer::DenseLayer;
use crate::error::Error;

/// `Dense` layers of sentence-transformers, one after another: what searching modules become outside of ESS, and come
/// from. Each is `activation(x Wᵀ + b)` in a folder of its own, with `config.json` and `model.safetensors`.
///
/// Any module that is affine becomes one layer, whatever its kind: linear, matrix, low-rank, a mean of such. What is
/// residual is merged: `W + I`. An MLP becomes a layer more than it has hidden ones. The query that it adds to its output
/// goes through the hidden layers beside them, as `activation(q) − activation(−q)`, which is `q` for GELU and ReLU; so
/// each hidden layer is `2 · d_query` wider. With tanh that is not so, and the module cannot be expressed.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, MatrixModule, SearchModule};
/// use ess_search::DenseLayers;
/// use ndarray::array;
///
/// let module = MatrixModule::new(array![[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]])?;
/// let folder = tempfile::tempdir().unwrap();
/// DenseLayers::from_module(&module)?.save(folder.path())?;
/// assert!(folder.path().join("model.safetensors").exists());
///
/// let back = DenseLayers::load(folder.path())?.to_module(&Device::flex())?;
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// assert_eq!(back.apply(&queries)?, module.apply(&queries)?);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayers {
    pub(super) layers: Vec<DenseLayer>,
}

impl DenseLayers {
    /// Layers in the order in which they are applied.
    ///
    /// # Errors
    /// [`Error::Core`] for no layer, or for one that does not read what the one before it returns.
    pub fn new(layers: Vec<DenseLayer>) -> Result<Self, Error> {
        if layers.is_empty() {
            return Err(ess_core::Error::Empty { what: "dense layers" }.into());
        }
        for pair in layers.windows(2) {
            let what = "input of a dense layer";
            ess_core::Error::check_dim(what, pair[0].out_features(), pair[1].in_features())?;
        }
        Ok(Self { layers })
    }

    /// The layers.
    pub fn layers(&self) -> &[DenseLayer] {
        &self.layers
    }

    /// `d_query`.
    pub fn query_dim(&self) -> usize {
        self.layers[0].in_features()
    }

    /// `d_item`.
    pub fn item_dim(&self) -> usize {
        self.layers[self.layers.len() - 1].out_features()
    }
}
