//! Principal components: keeping the first, or removing them.

use ess_linalg::PrincipalComponents;
use serde::{Deserialize, Serialize};

use super::{
    checks::{check_list, check_shares},
    fit::{ClosedForm, Fit},
    said_by_config::said_by_config,
    whitening::Side,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
};

const COMPONENTS: &str = "components";

/// A share of `all` components, as their number: at least 1.
pub(super) fn count(share: f64, all: usize) -> f64 {
    (share * all as f64).round().clamp(1.0, all as f64)
}

/// The first principal directions of queries and nothing else ([`PrincipalComponents::keep`]), blended with the identity.
/// It needs no judgements but to choose its settings, and `d_query = d_item`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PcaConfig {
    /// Whose principal directions. Default: the queries'.
    pub of: Side,
    /// The shares of directions that are kept to choose from; above 0, at most 1. Default: 7/8 to 1/8.
    pub components: Vec<f64>,
    /// The shares of the map to choose from; above 0. Default: 0.25 to 1.
    pub shares: Vec<f64>,
}

impl Default for PcaConfig {
    fn default() -> Self {
        Self {
            of: Side::default(),
            components: vec![0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125],
            shares: vec![0.25, 0.5, 0.75, 1.0],
        }
    }
}

impl PcaConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let expected = "numbers above 0 and at most 1";
        check_list(COMPONENTS, &self.components, expected, |share| share > 0.0 && share <= 1.0)?;
        check_shares(&self.shares)
    }
}

impl ClosedForm for PcaConfig {
    said_by_config!("pca");

    fn grid(&self, query_dim: usize, _item_dim: usize) -> Vec<TrainingRecord> {
        let mut counts: Vec<f64> = self.components.iter().map(|&share| count(share, query_dim)).collect();
        counts.dedup();
        counts.into_iter().map(|count| TrainingRecord::of_settings([(COMPONENTS, count)])).collect()
    }

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let components = PrincipalComponents::new(&self.of.moments(queries, items)?)?;
        Ok(Box::new(move |settings| Ok(components.keep(settings.setting(COMPONENTS)? as usize)?)))
    }
}

/// Queries without their mean and the first principal directions ([`PrincipalComponents::remove`]), blended with the
/// identity. It needs no judgements but to choose its settings, and `d_query = d_item`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllButTheTopConfig {
    /// Whose mean and principal directions. Default: the queries'.
    pub of: Side,
    /// The numbers of directions that are removed to choose from; those that the dimension does not have are left out.
    /// Default: 0, 1, 2, 3, 5 and 8.
    pub components: Vec<usize>,
    /// The shares of the map to choose from; above 0. Default: 0.25 to 1.
    pub shares: Vec<f64>,
}

impl Default for AllButTheTopConfig {
    fn default() -> Self {
        Self { of: Side::default(), components: vec![0, 1, 2, 3, 5, 8], shares: vec![0.25, 0.5, 0.75, 1.0] }
    }
}

impl AllButTheTopConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        if self.components.is_empty() {
            let (name, expected) = (COMPONENTS, "at least one number");
            return Err(Error::Config { name, expected, found: "an empty list".to_owned() });
        }
        check_shares(&self.shares)
    }
}

impl ClosedForm for AllButTheTopConfig {
    said_by_config!("all but the top");

    fn grid(&self, query_dim: usize, _item_dim: usize) -> Vec<TrainingRecord> {
        let possible = self.components.iter().filter(|&&count| count < query_dim);
        possible.map(|&count| TrainingRecord::of_settings([(COMPONENTS, count as f64)])).collect()
    }

    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let components = PrincipalComponents::new(&self.of.moments(queries, items)?)?;
        Ok(Box::new(move |settings| Ok(components.remove(settings.setting(COMPONENTS)? as usize)?)))
    }
}
