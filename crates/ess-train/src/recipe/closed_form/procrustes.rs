//! Orthogonal Procrustes.

use ess_linalg::{Pairs, Procrustes};
use serde::{Deserialize, Serialize};

use super::{
    checks::{check_regularisation, check_shares},
    fit::{ClosedForm, Fit},
    said_by_config::said_by_config,
    targets::mean_positives,
    weights::weights,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
};

const REGULARISATION: &str = "regularisation";

/// The rotation from queries to the mean of their relevant items ([`Procrustes`]), blended with the identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcrustesConfig {
    /// The `λ` of [`Procrustes`] to choose from, towards the identity; at least 0, and left out between spaces of
    /// different dimension. Default: 30 to 0.
    pub regularisation: Vec<f64>,
    /// The shares of the rotation to choose from; above 0. Default: 0.25 to 1.
    pub shares: Vec<f64>,
}

impl Default for ProcrustesConfig {
    fn default() -> Self {
        Self { regularisation: vec![30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.0], shares: vec![0.25, 0.5, 0.75, 1.0] }
    }
}

impl ProcrustesConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        check_regularisation(&self.regularisation, 0.0)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for ProcrustesConfig {
    said_by_config!("procrustes");

    fn grid(&self, query_dim: usize, item_dim: usize) -> Vec<TrainingRecord> {
        let record = |&lambda: &f64| TrainingRecord::of_settings([(REGULARISATION, lambda)]);
        if query_dim == item_dim {
            self.regularisation.iter().map(record).collect()
        } else {
            vec![record(&0.0)]
        }
    }

    fn takes_weights(&self) -> bool {
        true
    }

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let pairs = Pairs::new(queries.encodings(), mean_positives(queries, items)?)?;
        let procrustes = match weights(queries) {
            None => Procrustes::new(&pairs),
            Some(weights) => Procrustes::weighted(&pairs, &weights)?,
        };
        Ok(Box::new(move |settings| Ok(procrustes.fit(settings.setting(REGULARISATION)?)?)))
    }
}
