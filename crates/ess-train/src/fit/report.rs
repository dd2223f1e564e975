//! What came of a fit, as data.

use std::collections::BTreeMap;

use ess_search::PersistentModule;
use serde::{Deserialize, Serialize};

use super::guard::GuardDecision;
use crate::trainer::{config::TrainerConfig, curve::Curve};

/// A fitted searching module and how it came about.
pub struct Fitted<E: ess_core::Encoding = ess_core::Embeddings> {
    /// The module to search with: the trained one, or the identity.
    pub module: Box<dyn PersistentModule<E>>,
    /// The trained module, also where the identity was returned. It is for inspection, not for use.
    pub trained: Box<dyn PersistentModule<E>>,
    /// What happened.
    pub report: FitReport,
}

/// What happened in a fit, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// The settings.
    pub config: TrainerConfig,
    /// The number of training queries, without those of the refit.
    pub train_queries: usize,
    /// The number of dev queries.
    pub dev_queries: usize,
    /// Items.
    pub items: usize,
    /// The number of parameters of the trained module: the components of its tensors.
    pub parameters: usize,
    /// Which module was returned, and why; `floor` in reports of earlier versions.
    #[doc(alias = "floor")]
    #[serde(alias = "floor")]
    pub guard: GuardDecision,
    /// The runs that were judged on dev; several for an ensemble.
    pub curves: Vec<Curve>,
    /// The settings that the recipe chose on dev. Those of a part stand under its index and a dot.
    #[serde(default)]
    pub settings: BTreeMap<String, f64>,
    /// The runs on train and dev together; none without a refit.
    pub refit: Vec<Curve>,
    /// Whether every seed gives the same trained module, bit for bit, from the same train and dev queries. False where this
    /// is not known, and in reports of earlier versions.
    #[serde(default)]
    pub deterministic: bool,
    /// Wall-clock seconds, everything included.
    pub seconds: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::guard::Returned;

    #[test]
    fn a_report_that_calls_the_guard_a_floor_is_read() {
        let decision = GuardDecision {
            returned: Returned::Trained,
            reason: "better".to_owned(),
            measure: "ndcg@10".to_owned(),
            trained: 1.0,
            identity: Some(0.5),
            interval: Some([0.25, 0.75]),
            confidence: 0.99,
            p: Some(0.001),
            p_unseen_losses: Some(0.002),
            differing: Some(8),
            candidates: Some(1),
        };
        let report = FitReport {
            config: TrainerConfig::default(),
            train_queries: 8,
            dev_queries: 8,
            items: 8,
            parameters: 1,
            guard: decision.clone(),
            curves: Vec::new(),
            settings: BTreeMap::new(),
            refit: Vec::new(),
            deterministic: false,
            seconds: 0.5,
        };
        let json = serde_json::to_string(&report).unwrap();
        assert!(json.contains("\"guard\":{"), "{json}");
        let earlier = json.replace("\"guard\":{", "\"floor\":{");
        assert_eq!(serde_json::from_str::<FitReport>(&earlier).unwrap().guard, decision);
    }
}
