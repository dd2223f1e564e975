//! What training minimises.

pub(crate) mod approx_ndcg;
pub(crate) mod batch;
pub(crate) mod candidates;
mod dcg;
pub(crate) mod gain;
mod given;
pub(crate) mod kind;
pub(crate) mod lambda;
mod lists;
pub(crate) mod listwise_kl;
pub(crate) mod margin_mse;
pub(crate) mod needs;
mod pairs;
pub(crate) mod pairwise_logistic;
pub(crate) mod recovery;
mod rows_at_once;
pub(crate) mod softmax;
pub(crate) mod table;
pub(crate) mod triplet;
pub(crate) mod value;
pub(crate) mod weighted_sum;
