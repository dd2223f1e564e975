//! A sequence of `Dense` layers of sentence-transformers.

use super::layer::DenseLayer;
use crate::error::Error;

/// A sequence of `Dense` layers of sentence-transformers: the form of searching modules outside of ESS. Each layer is
/// `activation(x Wᵀ + b)` in a folder of its own, with `config.json` and `model.safetensors`.
///
/// Every affine module becomes one layer, whatever its kind: linear, matrix, low-rank, a mean of such modules. A
/// residual connection is merged into the matrix, `W + I`. An MLP becomes one layer more than it has hidden layers.
/// Its residual connection passes through the hidden layers as `activation(q) − activation(−q)`, which equals `q` for
/// GELU and ReLU; each hidden layer becomes `2 · d_query` wider. For tanh the equation does not hold, and such an MLP
/// is refused.
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
    /// [`Error::Core`] for no layer, or when the input dimension of a layer is not the output dimension of the one
    /// before.
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
