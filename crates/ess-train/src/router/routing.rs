//! Sending queries to searching modules by what a router predicts.

use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Sends queries to searching modules by name. Read from JSON, it is checked: names that differ, and for each module as many finite
/// weights as for the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Weights")]
pub struct Router {
    pub(super) baseline: String,
    pub(super) modules: Vec<String>,
    /// For each module a weight for each component of a query and one more, which stands for itself.
    pub(super) weights: Vec<Vec<f32>>,
}

/// A router as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    baseline: String,
    modules: Vec<String>,
    weights: Vec<Vec<f32>>,
}

impl TryFrom<Weights> for Router {
    type Error = String;

    fn try_from(read: Weights) -> Result<Self, String> {
        let Weights { baseline, modules, weights } = read;
        check_names(&baseline, modules.iter().map(String::as_str)).map_err(|error| error.to_string())?;
        let dim = weights.first().map_or(0, Vec::len);
        if weights.len() != modules.len() || dim < 2 || weights.iter().any(|row| row.len() != dim) {
            let found: Vec<usize> = weights.iter().map(Vec::len).collect();
            return Err(format!(
                "a router of {} modules: expected as many weights for each, found {found:?}",
                modules.len()
            ));
        }
        if weights.iter().flatten().any(|weight| !weight.is_finite()) {
            return Err("a router: expected finite weights".to_owned());
        }
        Ok(Self { baseline, modules, weights })
    }
}

/// Refuses modules that their names do not tell apart.
pub(super) fn check_names<'a>(
    baseline: &'a str,
    modules: impl Iterator<Item = &'a str>,
) -> Result<(), Error> {
    let mut names = vec![baseline];
    for name in modules {
        if names.contains(&name) {
            let (parameter, expected) =
                ("the names of modules to route to", "different from each other and the baseline's");
            return Err(Error::Config { name: parameter, expected, found: format!("{name:?} twice") });
        }
        names.push(name);
    }
    Ok(())
}

impl Router {
    /// The dimension of the queries that it reads, `d_query`.
    pub fn query_dim(&self) -> usize {
        self.weights.first().map_or(0, |weights| weights.len().saturating_sub(1))
    }

    /// The name of the module for each of `n` queries (`n × d_query`), or that of the frozen encoder: what
    /// [`ModuleSet::apply`](ess_core::ModuleSet::apply) takes.
    ///
    /// # Errors
    /// [`Error::Core`] for queries of another dimension.
    pub fn route(&self, queries: &Embeddings) -> Result<Vec<&str>, Error> {
        let name = |taken: Option<usize>| taken.map_or(&*self.baseline, |module| &self.modules[module]);
        Ok(self.taken(queries)?.into_iter().map(name).collect())
    }

    /// For each query the module of the largest gain above 0, the first of equal ones.
    pub(super) fn taken(&self, queries: &Embeddings) -> Result<Vec<Option<usize>>, Error> {
        ess_core::Error::check_dim("queries given to a router", self.query_dim(), queries.dim())?;
        let gain = |weights: &[f32], query: &[f32]| {
            let products = weights.iter().zip(query).map(|(&w, &q)| f64::from(w) * f64::from(q));
            products.sum::<f64>() + weights.last().copied().map_or(0.0, f64::from)
        };
        let of_query = |query: &[f32]| {
            let mut best = (0.0, None);
            for (module, weights) in self.weights.iter().enumerate() {
                let gain = gain(weights, query);
                if gain > best.0 {
                    best = (gain, Some(module));
                }
            }
            best.1
        };
        Ok(queries.rows().map(of_query).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_that_does_not_fit_together_is_refused() {
        for text in [
            r#"{"baseline": "f", "modules": [], "weights": [[1, 1]]}"#,
            r#"{"baseline": "f", "modules": ["a", "b"], "weights": [[1, 1], [1]]}"#,
            r#"{"baseline": "f", "modules": ["f"], "weights": [[1, 1]]}"#,
            r#"{"baseline": "f", "modules": ["a"], "weights": [[1, 1e39]]}"#,
            r#"{"baseline": "f", "modules": ["a"], "weights": [[1]]}"#,
        ] {
            assert!(serde_json::from_str::<Router>(text).is_err(), "{text}");
        }
    }
}
