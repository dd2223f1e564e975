//! The settings of automatic choice, as data.

use std::collections::BTreeMap;

use ess_lexical::Bm25Config;
use ess_search::{Mlp, MlpConfig};
use ess_searchers::{FeedbackWeights, QueryExpansion};
use ess_train::{EnsembleSettings, RecipeConfig, RidgeConfig, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    features::table::{find, known, own_names},
};

/// How a searching operation is chosen. The defaults are one recipe for every collection.
///
/// ```
/// use ess_auto::AutoConfig;
///
/// let config: AutoConfig = serde_json::from_str(r#"{"budget_seconds": 30.0, "seed": 3}"#).unwrap();
/// assert_eq!((config.budget_seconds, config.folds), (30.0, 5));
/// config.check()?;
/// # Ok::<(), ess_auto::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoConfig {
    /// CPU-seconds of all threads that make the choice together that may be spent, what a resumed run spent before included;
    /// what other threads of the process do is not counted. Above 0. A trial that is not expected to end within it is not
    /// begun. Default: 120.
    pub budget_seconds: f64,
    /// Parts of the nested cross-validation; 3 or more. A module is trained without each pair of them: `folds (folds − 1) / 2`
    /// times, on `folds − 2` of them. Default: 5.
    pub folds: usize,
    /// How many items of each search are candidates while choosing, and have their tokens looked at; at least 10. Default: 100.
    pub pool: usize,
    /// Which items of the first pass are read in feedback, and what each weighs; `attention` in settings of earlier versions.
    #[doc(alias = "attention")]
    #[serde(alias = "attention")]
    pub feedback_weights: FeedbackWeights,
    /// How many terms feedback adds to a query, as RM3 does; `expansion` in settings of earlier versions.
    #[doc(alias = "expansion")]
    #[serde(alias = "expansion")]
    pub query_expansion: QueryExpansion,
    /// The lexical encoder. Default: BM25 with `k1` 0.9 and `b` 0.75, of English texts.
    pub lexical: Bm25Config,
    /// The features that may be weighed, by name; the frozen similarity is always among them. Default: all ten of this
    /// crate; [`register_feature`](crate::register_feature) makes others known.
    pub features: Vec<String>,
    /// The trained modules to try, in this order, after none at all; simple and cheap ones should come first. Default: two
    /// ridge maps, a linear module after 40 and after 100 steps, then an MLP and the default ensemble after 40.
    #[serde(alias = "heads")]
    #[doc(alias = "heads")]
    pub trained_modules: Vec<TrainedModuleConfig>,
    /// What a weight's distance from the frozen encoder costs while weights are fitted to `n` queries: `penalty / √n`
    /// nDCG a unit. 0 or more. Default: 0.05.
    pub penalty: f64,
    /// A simpler choice is taken when it is worse by no more than so many standard errors of the difference: Breiman,
    /// Friedman, Olshen and Stone, "Classification and Regression Trees" (1984). 0 or more. Default: 1.
    pub standard_errors: f64,
    /// The level of the interval of the gain over the frozen encoder whose lower end must be above 0; between 0 and 1. It
    /// counts all trials and shares that are chosen from ([`Choice::interval`](crate::Choice::interval)): where nothing helps,
    /// something is chosen in `(1 − confidence) / 2` of choices at most, also where many queries gain a little and few lose much.
    /// Losses that no held-out query shows are allowed for by Gaffke's test
    /// ([`UnseenLosses`](ess_metrics::UnseenLosses)): a query may lose the whole range of nDCG, and nothing is assumed of which
    /// queries do. Small gains on few held-out queries are given up for it. `n` queries that gain `g` each show nothing below
    /// `n ln(1 + g)` of 3.7 for one trial and 5.8 for eight, at the default. A gain of .05 on each needs 76 queries with one
    /// trial, and 119 with eight. Default: 0.95.
    pub confidence: f64,
    /// The seed of every random step. Default: 0.
    pub seed: u64,
    /// CPU-milliseconds of one thread that searching for a query may take with what is chosen; above 0. The dearest features are
    /// left out before the first trial until the others fit, and trials that take more are not chosen; the report says which. What
    /// searching takes is measured on some of the queries, so that a choice with a search budget depends on the machine and
    /// may come out otherwise on another run. Nothing is cheaper than the frozen encoder, which is kept where nothing fits.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_budget: Option<f64>,
    /// CPU-milliseconds a query that features take beside what is measured, by name: encoding the query by a further encoder.
    /// 0 or more each. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_costs: BTreeMap<String, f64>,
}

/// A searching module to train, and for how long.
#[doc(alias = "HeadConfig")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedModuleConfig {
    /// How it is called in reports; one of a kind.
    pub name: String,
    /// The module: of any kind that reads embeddings. It is trained without dev queries
    /// ([`Recipe::train_without_dev`](ess_train::Recipe::train_without_dev)).
    pub module: RecipeConfig,
    /// How it is trained; all of `max_steps` are taken, since held-out queries judge it afterwards. A closed form (a ridge
    /// fit, Procrustes) takes the first of its regularisations and shares, and no steps.
    #[serde(default)]
    pub trainer: TrainerConfig,
}

impl Default for AutoConfig {
    fn default() -> Self {
        let trained = |kind: &str, module, max_steps| TrainedModuleConfig {
            name: format!("{kind}, {max_steps} steps"),
            module,
            trainer: TrainerConfig { max_steps, ..TrainerConfig::default() },
        };
        // How far it goes is the business of its weight.
        let ridge = |name: &str, regularisation| TrainedModuleConfig {
            name: name.to_owned(),
            module: RecipeConfig::of(RidgeConfig { regularisation: vec![regularisation], shares: vec![1.0] }),
            trainer: TrainerConfig::default(),
        };
        Self {
            budget_seconds: 120.0,
            folds: 5,
            pool: 100,
            feedback_weights: FeedbackWeights::default(),
            query_expansion: QueryExpansion::default(),
            lexical: Bm25Config { k1: 0.9, ..Bm25Config::default() },
            features: own_names().into_iter().map(str::to_owned).collect(),
            trained_modules: vec![
                ridge("ridge 30", 30.0),
                ridge("ridge 3", 3.0),
                trained("linear", RecipeConfig::default(), 40),
                trained("linear", RecipeConfig::default(), 100),
                trained("mlp", RecipeConfig::module::<Mlp>(MlpConfig::default()), 40),
                trained("ensemble", RecipeConfig::of(EnsembleSettings::default()), 40),
            ],
            penalty: 0.05,
            standard_errors: 1.0,
            confidence: 0.95,
            seed: 0,
            search_budget: None,
            feature_costs: BTreeMap::new(),
        }
    }
}

impl AutoConfig {
    /// Refuses settings that make no sense, before any work.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting, and those of the parts.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        let number = |x: f64| x.is_finite() && x >= 0.0;
        if !(number(self.budget_seconds) && self.budget_seconds > 0.0) {
            return refuse("budget_seconds", "a number above 0", self.budget_seconds.to_string());
        }
        if self.folds < 3 {
            return refuse("folds", "at least 3", self.folds.to_string());
        }
        if self.pool < 10 {
            return refuse("pool", "at least 10", self.pool.to_string());
        }
        if !number(self.penalty) {
            return refuse("penalty", "a number of 0 or more", self.penalty.to_string());
        }
        if !number(self.standard_errors) {
            return refuse("standard_errors", "a number of 0 or more", self.standard_errors.to_string());
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return refuse("confidence", "between 0 and 1", self.confidence.to_string());
        }
        if let Some(budget) = self.search_budget.filter(|budget| !(number(*budget) && *budget > 0.0)) {
            return refuse("search_budget", "a number above 0", budget.to_string());
        }
        if let Some((name, cost)) = self.feature_costs.iter().find(|(_, cost)| !number(**cost)) {
            return refuse("feature_costs", "numbers of 0 or more", format!("{cost} of {name:?}"));
        }
        if let Some(name) =
            self.features.iter().chain(self.feature_costs.keys()).find(|name| find(name).is_none())
        {
            return Err(Error::UnknownFeature { found: name.clone(), known: known() });
        }
        self.feedback_weights.check()?;
        self.query_expansion.check()?;
        let mut names: Vec<&str> = self.trained_modules.iter().map(|module| module.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return refuse("names of trained modules", "all different", pair[0].to_owned());
        }
        for trained in &self.trained_modules {
            trained.trainer.check()?;
            if trained.module.reads_token_states() {
                let found = format!("{} ({:?})", trained.module.kind(), trained.name);
                return refuse("trained_modules", "kinds that read embeddings, not token states", found);
            }
            if trained.module.has_scoring() {
                let found = format!("{} ({:?})", trained.module.kind(), trained.name);
                return refuse("trained_modules", "kinds that are compared by the inner product", found);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_named() {
        let default = AutoConfig::default;
        default().check().unwrap();
        let twice = [default().trained_modules[0].clone(), default().trained_modules[0].clone()];
        for (expected, config) in [
            ("budget_seconds", AutoConfig { budget_seconds: f64::NAN, ..default() }),
            ("folds", AutoConfig { folds: 2, ..default() }),
            ("pool", AutoConfig { pool: 3, ..default() }),
            ("penalty", AutoConfig { penalty: -1.0, ..default() }),
            ("standard_errors", AutoConfig { standard_errors: f64::INFINITY, ..default() }),
            ("confidence", AutoConfig { confidence: 1.0, ..default() }),
            ("search_budget", AutoConfig { search_budget: Some(0.0), ..default() }),
            ("feature_costs", AutoConfig { feature_costs: [("dense".to_owned(), -1.0)].into(), ..default() }),
            ("names of trained modules", AutoConfig { trained_modules: twice.to_vec(), ..default() }),
        ] {
            assert!(
                matches!(config.check(), Err(Error::Config { name, .. }) if name == expected),
                "{expected}"
            );
        }
        let unknown = AutoConfig { features: vec!["age".to_owned()], ..default() }.check().unwrap_err();
        let message = unknown.to_string();
        assert!(message.contains("age") && message.contains("dense, lexical, lexical_title"), "{message}");
        assert!(serde_json::from_str::<AutoConfig>(r#"{"budget": 3}"#).is_err());
        let unknown = AutoConfig { feature_costs: [("age".to_owned(), 1.0)].into(), ..default() }.check();
        assert!(matches!(unknown, Err(Error::UnknownFeature { found, .. }) if found == "age"));
        // Settings without a search budget are written as before there was one.
        assert!(!serde_json::to_string(&default()).unwrap().contains("search_budget"));
        // The names of earlier versions.
        let old = r#"{"attention": {"depth": 5, "temperature": 1.0}, "expansion": {"terms": 7}}"#;
        let old: AutoConfig = serde_json::from_str(old).unwrap();
        assert_eq!((old.feedback_weights.depth, old.query_expansion.terms), (5, 7));
    }
}
