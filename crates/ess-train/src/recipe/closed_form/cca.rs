//! Canonical correlation analysis.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use ess_linalg::{Cca, Pairs};
use serde::{Deserialize, Serialize};

use super::{
    checks::{check_list, check_regularisation, check_shares},
    fit::{ClosedForm, Fit},
    said_by_config::said_by_config,
    targets::mean_positives,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
};

const REGULARISATION: &str = "regularisation";
const COMPONENTS: &str = "components";

/// The directions in which queries and the means of their relevant items correlate ([`Cca`]), scaled to the queries' norms
/// and blended with the identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CcaConfig {
    /// The `λ` of [`Cca`] to choose from; above 0. Default: 10, 3, 1, 0.3 and 0.1.
    pub regularisation: Vec<f64>,
    /// The shares of the canonical directions that are kept to choose from; above 0, at most 1. Default: 1/4, 1/2 and 1.
    pub components: Vec<f64>,
    /// The shares of the map to choose from; above 0. Default: 0.1 to 1.
    pub shares: Vec<f64>,
}

impl Default for CcaConfig {
    fn default() -> Self {
        Self {
            regularisation: vec![10.0, 3.0, 1.0, 0.3, 0.1],
            components: vec![0.25, 0.5, 1.0],
            shares: vec![0.1, 0.25, 0.5, 0.75, 1.0],
        }
    }
}

impl CcaConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        check_regularisation(&self.regularisation, f64::MIN_POSITIVE)?;
        let expected = "numbers above 0 and at most 1";
        check_list(COMPONENTS, &self.components, expected, |share| share > 0.0 && share <= 1.0)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for CcaConfig {
    said_by_config!("cca");

    fn grid(&self, query_dim: usize, item_dim: usize) -> Vec<TrainingRecord> {
        let mut counts: Vec<f64> = self
            .components
            .iter()
            .map(|&share| super::components::count(share, query_dim.min(item_dim)))
            .collect();
        counts.dedup();
        let pairs = self.regularisation.iter().flat_map(|&lambda| counts.iter().map(move |&k| (lambda, k)));
        pairs
            .map(|(lambda, count)| {
                TrainingRecord::of_settings([(REGULARISATION, lambda), (COMPONENTS, count)])
            })
            .collect()
    }

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let pairs = Pairs::new(queries.encodings(), mean_positives(queries, items)?)?;
        // One analysis serves every number of components.
        let analyses: RefCell<HashMap<u64, Rc<Cca>>> = RefCell::default();
        Ok(Box::new(move |settings| {
            let lambda = settings.setting(REGULARISATION)?;
            let known = analyses.borrow().get(&lambda.to_bits()).cloned();
            let cca = match known {
                Some(cca) => cca,
                None => Rc::new(Cca::new(&pairs, lambda)?),
            };
            analyses.borrow_mut().insert(lambda.to_bits(), cca.clone());
            let map = cca.map(settings.setting(COMPONENTS)? as usize)?;
            // Between different dimensions lengths cannot be compared, and need not be.
            Ok(if map.query_dim() == map.item_dim() { map.rescaled(queries.encodings())? } else { map })
        }))
    }
}
