//! A candidate's training, of which the valid triples say how good it is.

use anyhow::Result;
use cpu_time::ProcessTime;
use ess_relations::{Error, KnowledgeGraph, Progress, RelationTraining};
use serde::{Deserialize, Serialize};

/// What training with a candidate's settings gave. Test triples are not looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Candidate {
    /// Of the pass that was kept, filtered by training and valid triples; none where training diverged.
    pub(super) valid_mrr: Option<f64>,
    /// The pass that was kept.
    pub(super) best_epoch: usize,
    /// The passes that were made.
    pub(super) epochs: usize,
    /// What training took.
    pub(super) cpu_seconds: f64,
}

impl Candidate {
    /// Trains. Settings that diverge are no error of the graph's: the others go on without them.
    pub(super) fn measure(graph: &KnowledgeGraph, training: &RelationTraining) -> Result<Self> {
        let started = ProcessTime::now();
        let trained = training.train(graph, Progress::Silent);
        let cpu_seconds = started.elapsed().as_secs_f64();
        match trained {
            Ok(trained) => {
                let valid_mrr = trained.report.best().map(|point| point.mrr);
                let (best_epoch, epochs) = (trained.report.best_epoch, trained.report.epochs);
                Ok(Self { valid_mrr, best_epoch, epochs, cpu_seconds })
            }
            Err(Error::Diverged { epoch }) => {
                Ok(Self { valid_mrr: None, best_epoch: 0, epochs: epoch, cpu_seconds })
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
    fn training_that_diverges_has_no_valid_mrr_and_is_no_error() {
        let triples = [["a", "r", "b"], ["b", "r", "c"]];
        let graph = KnowledgeGraph::from_triples(&triples, &triples, &triples).unwrap();
        let model = ModelConfig { dim: 4, ..ModelConfig::default() };
        let tame = RelationTraining { model, epochs: 4, ..RelationTraining::default() };
        let found = Candidate::measure(&graph, &tame).unwrap();
        assert!(found.valid_mrr.is_some_and(|mrr| mrr > 0.0) && found.epochs == 4, "{found:?}");
        let wild = RelationTraining { learning_rate: 1e30, ..tame.clone() };
        assert_eq!(Candidate::measure(&graph, &wild).unwrap().valid_mrr, None);
        assert!(Candidate::measure(&graph, &RelationTraining { epochs: 0, ..tame }).is_err());
    }
}
