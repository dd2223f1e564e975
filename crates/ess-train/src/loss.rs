//! What training minimises.

use burn::tensor::Tensor;

use crate::{Error, Items, LossBatch};

mod approx_ndcg;
mod candidates;
mod config;
mod dcg;
mod gain;
mod given;
mod kind;
mod lambda;
mod lists;
mod listwise_kl;
mod margin_mse;
mod pairs;
mod pairwise_logistic;
mod recovery;
mod softmax;
mod table;
mod triplet;
mod weighted_sum;

pub use approx_ndcg::ApproxNdcg;
pub use candidates::Candidates;
pub use config::LossConfig;
pub use gain::Gain;
pub use kind::LossKind;
pub use lambda::Lambda;
pub use listwise_kl::ListwiseKl;
pub use margin_mse::MarginMse;
pub use pairwise_logistic::PairwiseLogistic;
pub use recovery::{Distance, Recovery};
pub use softmax::Softmax;
pub use table::register_loss;
pub use triplet::Triplet;
pub use weighted_sum::{Term, WeightedSum};

/// A loss and its gradient.
#[derive(Clone, Debug)]
pub struct LossValue {
    /// The mean over the queries of the batch.
    pub loss: f64,
    /// The gradient of that mean with respect to each mapped query, `n × d_item`.
    pub gradient: Tensor<2>,
    /// The gradient with respect to each item, `m × d_item`, where the batch asks for it
    /// ([`LossBatch::wants_item_gradient`]); `None` where the loss does not depend on the items.
    pub item_gradient: Option<Tensor<2>>,
}

impl LossValue {
    /// A loss with its gradient with respect to the mapped queries alone.
    pub fn new(loss: f64, gradient: Tensor<2>) -> Self {
        Self { loss, gradient, item_gradient: None }
    }
}

/// What a loss needs beyond judgements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// A teacher's scores.
    pub teacher: bool,
    /// Items that are not relevant: given with the queries, or mined.
    pub negatives: bool,
    /// The vectors that the identity gives for the queries.
    pub frozen: bool,
}

impl Needs {
    /// What either needs.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            teacher: self.teacher || other.teacher,
            negatives: self.negatives || other.negatives,
            frozen: self.frozen || other.frozen,
        }
    }
}

/// A loss over mapped queries and items.
///
/// Items are frozen, or moved by a module of their own that is outside of the loss, so a loss need only say how it
/// changes with the mapped queries and, where asked, with the items: it returns its own gradient, and the trainer
/// carries it back through the modules. That lets a loss be exact over all items without keeping `n × m` similarities.
pub trait Loss: Send + Sync {
    /// The loss of mapped queries (`n × d_item`, without autodiff) of this batch, against these items.
    ///
    /// # Errors
    /// [`Error::Search`] when the device fails.
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error>;

    /// The loss as data, for the report of a training. Unless it says otherwise, the name of its type:
    /// [`LossConfig::given`].
    fn config(&self) -> LossConfig {
        let name = std::any::type_name::<Self>();
        LossConfig::given(name.split('<').next().and_then(|name| name.rsplit("::").next()).unwrap_or(name))
    }

    /// What [`LossBatch`] must have for this loss; judgements alone unless said otherwise.
    fn needs(&self) -> Needs {
        Needs::default()
    }
}
