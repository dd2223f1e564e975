//! The settings of training.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{normalisation::Normalisation, precision::Precision};
use crate::{
    error::Error,
    model::{config::ModelConfig, definition::RelationModel},
};

/// How relations are trained: softmax over all entities (1-vs-all), in both directions.
///
/// Training triples that ask for the same head and relation are one row of a batch with several targets, which is the same loss
/// for fewer rows.
///
/// ```
/// use ess_relations::RelationTraining;
///
/// let training: RelationTraining = serde_json::from_str(r#"{"epochs": 20, "optimizer": "adagrad"}"#).unwrap();
/// assert_eq!((training.epochs, training.batch_size), (20, 256));
/// assert!(serde_json::from_str::<RelationTraining>(r#"{"epoch": 20}"#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelationTraining {
    /// The relation model. Default: ComplEx of 200 components.
    pub model: ModelConfig,
    /// The seed of starting values, batches and dropout; the same seed gives the same bits in any number of threads. Default: 0.
    pub seed: u64,
    /// The maximum number of passes over the training triples; from 1. Default: 200.
    pub epochs: usize,
    /// Pairs of head and relation in a step; from 1, from 2 with batch normalisation, for which a lone last pair joins the batch
    /// before. Default: 256.
    pub batch_size: usize,
    /// What a pair with several known tails counts. Default: `triples`.
    pub counting: Counting,
    /// Default: `adam`.
    pub optimizer: OptimizerKind,
    /// Above 0. Default: 0.003.
    pub learning_rate: f32,
    /// What the learning rate is multiplied by after each epoch; above 0, at most 1. Default: 1.
    pub decay: f32,
    /// The weight of N3: the sum of the cubes of the moduli of head, relation and tail (Lacroix et al., ICML 2018), in the mean over
    /// triples. Of `cp` a head counts by its first half and a tail by its second, as in the paper; of `rotate` the angles of a
    /// relation do not count, since the modulus of `e^{iθ}` is 1. Default: 0.
    pub n3: f32,
    /// The weight of the squares of the same components. Default: 0.
    pub l2: f32,
    /// The weight of `Σₖ |‖r_k‖ − 1|³`, in the mean over triples, which keeps the partitions of a relation near unit norm: MEIM's, as its
    /// authors train it on WN18RR. Default: 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub relation_norm: f32,
    /// The share of a head's components that a step leaves out, after batch normalisation; from 0, below 1. Default: 0.
    pub head_dropout: f32,
    /// The share of a query's components that a step leaves out, after batch normalisation; from 0, below 1. Default: 0.
    pub query_dropout: f32,
    /// Whether heads and queries are batch-normalised, as MEI's are; an affine map on either side of f_r afterwards. Default: no.
    pub batch_norm: bool,
    /// How, where they are. Default: both, as usual.
    #[serde(skip_serializing_if = "Normalisation::is_default")]
    pub normalisation: Normalisation,
    /// How finely products with all entities are taken. Default: `f32`.
    #[serde(skip_serializing_if = "Precision::is_f32")]
    pub precision: Precision,
    /// Epochs between two looks at the valid triples, if there are any; from 1. Default: 5.
    pub check_every: usize,
    /// Looks without a higher MRR after which training stops; from 1. Default: 10.
    pub patience: usize,
    /// Seconds after which no epoch begins; none means no limit. With a limit the result depends on the machine. Default: none.
    pub max_seconds: Option<f64>,
}

/// What a pair of head and relation counts in the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// As many times as it has triples: 1-vs-all.
    #[default]
    Triples,
    /// Once, its tails sharing the target: k-vs-all.
    Queries,
}

/// How a step changes the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerKind {
    /// Adam (Kingma and Ba, ICLR 2015), with moments .9 and .999.
    #[default]
    Adam,
    /// Adagrad (Duchi et al., JMLR 2011).
    Adagrad,
    /// Adam whose second moments never fall (Reddi et al., ICLR 2018), with the same moments.
    AmsGrad,
}

/// Whether a setting is left out.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

impl Default for RelationTraining {
    fn default() -> Self {
        Self {
            model: ModelConfig::default(),
            seed: 0,
            epochs: 200,
            batch_size: 256,
            counting: Counting::Triples,
            optimizer: OptimizerKind::Adam,
            learning_rate: 0.003,
            decay: 1.0,
            n3: 0.0,
            l2: 0.0,
            relation_norm: 0.0,
            head_dropout: 0.0,
            query_dropout: 0.0,
            batch_norm: false,
            normalisation: Normalisation::default(),
            precision: Precision::F32,
            check_every: 5,
            patience: 10,
            max_seconds: None,
        }
    }
}

impl RelationTraining {
    /// Fails for settings with which [`RelationTraining::train`] would fail on any graph; to be asked before a long row of trainings.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range or one that the model does not take, [`Error::UnknownModel`].
    pub fn check(&self) -> Result<(), Error> {
        self.checked_model().map(|_| ())
    }

    /// The model, where all settings are such as it takes.
    pub(super) fn checked_model(&self) -> Result<Arc<dyn RelationModel>, Error> {
        self.check_ranges()?;
        let model = self.model.build()?;
        self.check_parts(&*model)?;
        let expected = "left out for a model whose items have a component of their own";
        let refuse = |name, found| Err(Error::Config { name, expected, found });
        match model.item_dim() == model.entity_dim() {
            true => Ok(model),
            false if self.batch_norm => refuse("batch_norm", self.batch_norm.to_string()),
            false if self.query_dropout > 0.0 => refuse("query_dropout", self.query_dropout.to_string()),
            false => Ok(model),
        }
    }

    /// Fails for settings of partitions that the model has not.
    fn check_parts(&self, model: &dyn RelationModel) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        let parts = self.model.partitions;
        let found = self.relation_norm.to_string();
        match () {
            () if self.normalisation.shared && !model.entity_dim().is_multiple_of(parts) => {
                refuse("shared", "false for a model whose partitions differ", "true".to_owned())
            }
            () if self.relation_norm == 0.0 => Ok(()),
            () if !model.penalises_relations() => {
                refuse("relation_norm", "left out for a model that penalises no relation", found)
            }
            () if !model.relation_dim().is_multiple_of(parts) => {
                refuse("relation_norm", "left out for a model whose partitions differ", found)
            }
            () => Ok(()),
        }
    }

    fn check_ranges(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        let counts = [
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
            ("check_every", self.check_every),
            ("patience", self.patience),
        ];
        if let Some((name, found)) = counts.into_iter().find(|&(_, count)| count == 0) {
            return refuse(name, "at least 1", found.to_string());
        }
        for (name, found) in [("n3", self.n3), ("l2", self.l2), ("relation_norm", self.relation_norm)] {
            if !(found >= 0.0 && found.is_finite()) {
                return refuse(name, "a finite number of at least 0", found.to_string());
            }
        }
        if self.batch_norm && self.batch_size < 2 {
            return refuse("batch_size", "at least 2 with batch_norm", self.batch_size.to_string());
        }
        for (name, found) in [("head_dropout", self.head_dropout), ("query_dropout", self.query_dropout)] {
            if !(0.0..1.0).contains(&found) {
                return refuse(name, "at least 0 and below 1", found.to_string());
            }
        }
        self.normalisation.check(self.batch_norm)?;
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate", "a finite number above 0", self.learning_rate.to_string());
        }
        if !(self.decay > 0.0 && self.decay <= 1.0) {
            return refuse("decay", "above 0 and at most 1", self.decay.to_string());
        }
        match self.max_seconds {
            Some(found) if !(found > 0.0 && found.is_finite()) => {
                refuse("max_seconds", "a finite number above 0", found.to_string())
            }
            _ => Ok(()),
        }
    }
}
