//! Ridge regression, in three readings of what a query should become.

use ess_linalg::{AffineMap, Pairs, Ridge};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    checks::{check_list, check_regularisation, check_shares},
    fit::{ClosedForm, Fit},
    said_by_config::said_by_config,
    targets::{mean_positives, softmax_residuals},
    weights::weights,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
};

const REGULARISATION: &str = "regularisation";

/// Ridge regression to the residual: `z = q + share · q W`, with `W` the ridge map from queries to the mean of their
/// relevant items less the query. It is a blend with the identity; more regularisation, and a smaller share, are nearer
/// to it. Between spaces of different dimension it is [`PositivesRidgeConfig`]'s fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RidgeConfig {
    /// The `λ` of [`Ridge`] to choose from; above 0. Default: 100 to 0.1 by factors of about 3.
    pub regularisation: Vec<f64>,
    /// The shares to choose from; above 0. A share above 1 compensates for the shrinkage by regularisation. Default: 0.25 to
    /// 3.
    pub shares: Vec<f64>,
}

impl Default for RidgeConfig {
    fn default() -> Self {
        Self { regularisation: REGULARISATIONS.to_vec(), shares: SHARES.to_vec() }
    }
}

/// In an `impl ClosedForm`: the name, a grid of the field `regularisation`, the shares, and that each query counts as its
/// weight says.
macro_rules! said_of_ridge {
    ($name:literal) => {
        said_by_config!($name);

        fn grid(&self, _query_dim: usize, _item_dim: usize) -> Vec<TrainingRecord> {
            let record = |&lambda: &f64| TrainingRecord::of_settings([(REGULARISATION, lambda)]);
            self.regularisation.iter().map(record).collect()
        }

        fn takes_weights(&self) -> bool {
            true
        }
    };
}

const REGULARISATIONS: [f64; 7] = [100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1];
const SHARES: [f64; 7] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0];

impl RidgeConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        check_regularisation(&self.regularisation, f64::MIN_POSITIVE)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for RidgeConfig {
    said_of_ridge!("ridge");

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let mut targets = mean_positives(queries, items)?;
        let residual = queries.encodings().dim() == items.embeddings().dim();
        if residual {
            targets -= &queries.encodings().view().mapv(f64::from);
        }
        let fit = ridge(queries, targets)?;
        Ok(Box::new(
            move |settings| if residual { Ok(fit(settings)?.plus_identity()?) } else { fit(settings) },
        ))
    }
}

/// Ridge regression to the mean of a query's relevant items, scaled to the queries' norms (weighted as the queries are) and
/// blended with the identity: `z = (1 − share) q + share · c q W`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PositivesRidgeConfig {
    /// The `λ` of [`Ridge`] to choose from; above 0. Default: 100 to 0.1 by factors of about 3.
    pub regularisation: Vec<f64>,
    /// The shares to choose from; above 0. Default: 0.1 to 1.
    pub shares: Vec<f64>,
}

impl Default for PositivesRidgeConfig {
    fn default() -> Self {
        let shares = vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0];
        Self { regularisation: REGULARISATIONS.to_vec(), shares }
    }
}

impl PositivesRidgeConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        check_regularisation(&self.regularisation, f64::MIN_POSITIVE)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for PositivesRidgeConfig {
    said_of_ridge!("ridge to positives");

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let fit = ridge(queries, mean_positives(queries, items)?)?;
        let weights = weights(queries);
        Ok(Box::new(move |settings| {
            let map = fit(settings)?;
            Ok(match &weights {
                None => map.rescaled(queries.encodings())?,
                Some(weights) => map.rescaled_weighted(queries.encodings(), weights)?,
            })
        }))
    }
}

/// Ridge regression against the softmax expectation: `z = q + share · q W`, with `W` the ridge map from queries to the mean
/// of their relevant items less the mean of all items, weighted by the softmax of the frozen similarities. It is one step of
/// steepest descent on the softmax loss, smoothed by ridge. Unlike the other ridge fits it uses the items that compete with
/// the relevant ones. Needs `d_query = d_item`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SoftmaxRidgeConfig {
    /// What similarities are multiplied by in the softmax; above 0. Default: 20.
    pub scale: f32,
    /// The `λ` of [`Ridge`] to choose from; above 0. Default: 100 to 0.1 by factors of about 3.
    pub regularisation: Vec<f64>,
    /// The shares to choose from; above 0. Default: 0.25 to 3.
    pub shares: Vec<f64>,
}

impl Default for SoftmaxRidgeConfig {
    fn default() -> Self {
        Self { scale: 20.0, regularisation: REGULARISATIONS.to_vec(), shares: SHARES.to_vec() }
    }
}

impl SoftmaxRidgeConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        check_list("scale", &[f64::from(self.scale)], "a finite number above 0", |scale| scale > 0.0)?;
        check_regularisation(&self.regularisation, f64::MIN_POSITIVE)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for SoftmaxRidgeConfig {
    said_of_ridge!("ridge against softmax");

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let fit = ridge(queries, softmax_residuals(queries, items, self.scale)?)?;
        Ok(Box::new(move |settings| Ok(fit(settings)?.plus_identity()?)))
    }
}

/// The ridge map of each `λ`.
fn ridge(
    queries: &QuerySet,
    targets: Array2<f64>,
) -> Result<impl Fn(&TrainingRecord) -> Result<AffineMap, Error> + use<>, Error> {
    let pairs = Pairs::new(queries.encodings(), targets)?;
    let ridge = match weights(queries) {
        None => Ridge::new(&pairs)?,
        Some(weights) => Ridge::weighted(&pairs, &weights)?,
    };
    Ok(move |settings: &TrainingRecord| Ok(ridge.fit(settings.setting(REGULARISATION)?)?))
}
