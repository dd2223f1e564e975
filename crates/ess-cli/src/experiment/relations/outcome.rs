//! How training ended with the chosen settings and one seed.

use anyhow::Result;
use cpu_time::ProcessTime;
use ess_relations::{Error, KnowledgeGraph, Progress, RelationTraining};
use serde::{Deserialize, Serialize};

use super::tested::Tested;

/// What was measured, or that training diverged. That is no error of the command's: other seeds go on without it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    /// In the form of cells of before there were others.
    Ended(Tested),
    Diverged(Diverged),
}

/// A training that left the finite numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Diverged {
    /// What training said.
    pub(super) error: String,
    /// The pass in which it diverged, from 1.
    pub(super) epoch: usize,
    /// What training took until then.
    pub(super) cpu_seconds: f64,
}

impl Outcome {
    /// Trains and, where training ends, measures on test triples.
    pub(super) fn measure(graph: &KnowledgeGraph, training: &RelationTraining) -> Result<Self> {
        let started = ProcessTime::now();
        let trained = training.train(graph, Progress::Silent);
        let cpu_seconds = started.elapsed().as_secs_f64();
        match trained {
            Ok(trained) => Ok(Self::Ended(Tested::of(graph, &trained, cpu_seconds)?)),
            Err(Error::Diverged { epoch }) => {
                let error = Error::Diverged { epoch }.to_string();
                Ok(Self::Diverged(Diverged { error, epoch, cpu_seconds }))
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ess_relations::ModelConfig;

    use super::*;

    #[test]
    fn training_that_diverges_is_an_outcome_and_is_kept_as_one() {
        let triples = [["a", "r", "b"], ["b", "r", "c"]];
        let graph = KnowledgeGraph::from_triples(&triples, &triples, &triples).unwrap();
        let model = ModelConfig { dim: 4, ..ModelConfig::default() };
        let tame = RelationTraining { model, epochs: 4, ..RelationTraining::default() };
        let wild = RelationTraining { learning_rate: 1e30, ..tame.clone() };
        let kept = |training: &RelationTraining| -> Outcome {
            let text = serde_json::to_string(&Outcome::measure(&graph, training).unwrap()).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        match kept(&wild) {
            Outcome::Diverged(Diverged { error, epoch, .. }) => {
                assert!(error.contains(&format!("in epoch {epoch}")), "{error}, epoch {epoch}");
            }
            _ => panic!("a rate of 1e30 was trained with"),
        }
        match kept(&tame) {
            Outcome::Ended(tested) => assert_eq!(tested.ranks.len(), 2),
            Outcome::Diverged(diverged) => panic!("{diverged:?}"),
        }
        assert!(Outcome::measure(&graph, &RelationTraining { epochs: 0, ..tame }).is_err());
    }

    #[test]
    fn what_was_kept_before_there_were_other_outcomes_is_read() {
        let earlier = r#"{"valid_mrr": 0.5, "best_epoch": 3, "parameters": 7, "cpu_seconds": 1.5, "ranks": [[1.0, 2.5]]}"#;
        match serde_json::from_str(earlier).unwrap() {
            Outcome::Ended(tested) => assert_eq!((tested.best_epoch, tested.ranks), (3, vec![[1.0, 2.5]])),
            Outcome::Diverged(diverged) => panic!("{diverged:?}"),
        }
    }
}
