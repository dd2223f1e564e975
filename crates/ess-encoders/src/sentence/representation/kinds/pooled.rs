//! The model's own vector.

use crate::sentence::representation::{
    kind::{RepresentationKind, TextStates},
    settings::Representation,
};

/// The pooled states of the last layer, through the model's dense layers and normalisation.
pub(in super::super) struct Pooled;

impl RepresentationKind for Pooled {
    fn name(&self) -> &'static str {
        "pooled"
    }

    fn vectors(&self, _: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
        vec![states.pooled()]
    }
}
