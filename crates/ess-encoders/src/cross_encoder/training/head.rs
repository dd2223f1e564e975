//! The head of a cross-encoder among the parameters.

use crate::{
    compute::host::activation_gradient::Differentiable,
    error::Error,
    model::{
        architecture::definition::{Classifier, Pooled, Stated},
        transformer_config::TransformerConfig,
    },
    training::{
        draws::normal,
        layout::{Layout, LinearAt, Named},
    },
    weights::Weights,
};

// The standard deviation of new weights: `initializer_range` of BERT and all of its family.
const NEW_WEIGHTS: f64 = 0.02;

/// Where the head lies: `w₂ · activation(W₁ x + b₁) + b₂` of the first token's state `x`.
#[derive(Clone, Debug)]
pub(super) struct HeadAt {
    pub(super) dense: LinearAt,
    pub(super) activation: Differentiable,
    pub(super) score: LinearAt,
}

/// The head that an architecture has, where it can be trained.
///
/// # Errors
/// [`Error::NotTrainable`] for one of another form, or of which none is known.
pub(super) fn classifier(config: &TransformerConfig) -> Result<(&'static Classifier, Differentiable), Error> {
    let plain = |head: &&Classifier| {
        head.pooled == Pooled::First
            && head.dense.is_some()
            && head.norm.is_none()
            && head.score_bias
            && head.stated == Stated::Nothing
    };
    let head = config.architecture.classifier.as_ref().filter(plain);
    let known = head.and_then(|head| Some((head, Differentiable::of(head.activation)?)));
    known.ok_or_else(|| Error::NotTrainable {
        expected: "the head of BERT's, RoBERTa's, DistilBERT's or ELECTRA's sequence classification model",
        found: config.architecture.model_types.join(", "),
    })
}

/// Reads the head behind all other parameters, or makes a new one from a seed.
pub(super) struct HeadReader<'r> {
    pub(super) weights: &'r Weights,
    pub(super) config: &'r TransformerConfig,
    pub(super) layout: &'r mut Layout,
    pub(super) values: &'r mut Vec<f32>,
    pub(super) seed: u64,
}

impl HeadReader<'_> {
    /// The head; whether the folder has one of its own is what its last layer says.
    pub(super) fn read(
        mut self,
        (head, activation): (&Classifier, Differentiable),
        own: bool,
    ) -> Result<HeadAt, Error> {
        let dim = self.config.dim;
        let dense = self.linear(head.dense.unwrap_or_default(), [dim, dim], own)?;
        Ok(HeadAt { dense, activation, score: self.linear(head.score, [1, dim], own)? })
    }

    /// A layer of the folder. One of a folder without a head of its own may be there under its plain name, as BERT's pooler is, and
    /// is new where it is not: normal weights, and biases of zero.
    fn linear(&mut self, name: &str, [d_out, d_in]: [usize; 2], own: bool) -> Result<LinearAt, Error> {
        let prefix = self.config.architecture.names.prefix;
        let plain = name.strip_prefix(prefix).filter(|_| !own).unwrap_or(name);
        let is_there = |name: &&str| self.weights.has(&format!("{name}.weight"));
        let found = [name, plain].into_iter().find(is_there).or(own.then_some(name));
        let (weight, bias) = match found {
            Some(found) => {
                let weight = self.weights.read(&format!("{found}.weight"), &[d_out, d_in])?;
                (weight, self.weights.read(&format!("{found}.bias"), &[d_out])?)
            }
            None => (normal(d_out * d_in, NEW_WEIGHTS, self.seed, d_out as u64), vec![0.0; d_out]),
        };
        let weight = self.push(format!("{name}.weight"), vec![d_out, d_in], weight);
        Ok(LinearAt { weight, bias: self.push(format!("{name}.bias"), vec![d_out], bias) })
    }

    fn push(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) -> std::ops::Range<usize> {
        let start = self.values.len();
        self.values.extend(values);
        let range = start..self.values.len();
        self.layout.tensors.push(Named { name, shape, range: range.clone() });
        range
    }
}
