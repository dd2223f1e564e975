//! Whitening.

use ess_linalg::{Moments, Whitening};
use serde::{Deserialize, Serialize};

use super::{
    checks::{check_list, check_regularisation, check_shares},
    fit::{ClosedForm, Fit},
    said_by_config::said_by_config,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
};

const REGULARISATION: &str = "regularisation";
const POWER: &str = "power";

/// The vectors whose mean and covariance a fit without judgements uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The training queries'.
    #[default]
    Queries,
    /// The items': there are more of them. Needs `d_query = d_item`.
    Items,
}

impl Side {
    /// The mean and covariance.
    pub(super) fn moments(self, queries: &QuerySet, items: &Items<'_>) -> Result<Moments, Error> {
        let (query_dim, item_dim) = (queries.encodings().dim(), items.embeddings().dim());
        ess_core::Error::check_dim("queries of a fit that keeps the dimension", item_dim, query_dim)?;
        Ok(match self {
            Self::Queries => Moments::of(queries.encodings()),
            Self::Items => Moments::of(items.embeddings()),
        })
    }
}

/// Whitening of queries, whole or in part ([`Whitening`]), scaled to their norms and blended with the identity. It needs no
/// judgements but to choose its settings, and `d_query = d_item`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhiteningConfig {
    /// Whose mean and covariance. Default: the queries'.
    pub of: Side,
    /// The powers to choose from, from 0 (centring) over 0.5 (whitening) to 1. Default: 0, 0.25, 0.5 and 1.
    pub power: Vec<f64>,
    /// The `λ` of [`Whitening`] to choose from; above 0. Default: 10, 1 and 0.1.
    pub regularisation: Vec<f64>,
    /// The shares to choose from; above 0. Default: 0.25 to 1.
    pub shares: Vec<f64>,
}

impl Default for WhiteningConfig {
    fn default() -> Self {
        Self {
            of: Side::default(),
            power: vec![0.0, 0.25, 0.5, 1.0],
            regularisation: vec![10.0, 1.0, 0.1],
            shares: vec![0.25, 0.5, 0.75, 1.0],
        }
    }
}

impl WhiteningConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        check_list(POWER, &self.power, "numbers from 0 to 1", |power| (0.0..=1.0).contains(&power))?;
        check_regularisation(&self.regularisation, f64::MIN_POSITIVE)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for WhiteningConfig {
    said_by_config!("whitening");

    fn grid(&self, _query_dim: usize, _item_dim: usize) -> Vec<TrainingRecord> {
        let pairs = self.power.iter().flat_map(|&power| self.regularisation.iter().map(move |&l| (power, l)));
        pairs
            .map(|(power, lambda)| TrainingRecord::of_settings([(POWER, power), (REGULARISATION, lambda)]))
            .collect()
    }

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let whitening = Whitening::new(&self.of.moments(queries, items)?)?;
        Ok(Box::new(move |settings| {
            let map = whitening.map(settings.setting(POWER)?, settings.setting(REGULARISATION)?)?;
            Ok(map.rescaled(queries.encodings())?)
        }))
    }
}
