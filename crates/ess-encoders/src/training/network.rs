//! The layers of a transformer, forwards and backwards over a run of tokens.

use super::{
    block::{BlockTape, Sums},
    layout::Layout,
    shape::Shape,
    weights_of_step::{StepBlock, StepNorm},
};
use crate::{
    compute::host::{elementwise::add_row, norm_gradient::Normalized},
    transformer::token_batch::TokenBatch,
};

/// The transformer with the weights of one step.
pub(crate) struct Network<'p> {
    shape: &'p Shape,
    layout: &'p Layout,
    values: &'p [f32],
    norm: StepNorm<'p>,
    blocks: Vec<StepBlock<'p>>,
}

/// What the gradients of one run of tokens need.
pub(crate) struct Tape {
    norm: Normalized,
    blocks: Vec<BlockTape>,
}

/// The gradients of one run of tokens.
pub(crate) struct Gradients {
    /// Of all parameters behind the tables.
    pub(crate) behind_tables: Vec<f32>,
    /// Of the sum of each token's rows of the tables, `T × d`.
    pub(crate) tokens: Vec<f32>,
}

impl<'p> Network<'p> {
    /// Lays out the values; `back` for gradients too.
    pub(crate) fn new(shape: &'p Shape, layout: &'p Layout, values: &'p [f32], back: bool) -> Self {
        let blocks = layout.blocks.iter().map(|at| StepBlock::new(values, at, back)).collect();
        Self { shape, layout, values, norm: StepNorm::new(values, &layout.norm), blocks }
    }

    /// The states of all tokens behind the last block, `T × d`.
    pub(crate) fn states(&self, batch: &TokenBatch) -> (Vec<f32>, Tape) {
        let StepNorm { weight, bias, .. } = self.norm;
        let (norm, mut states) = Normalized::of(self.embed(batch), weight, bias, self.shape.epsilon);
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (tape, output) = block.forward(self.shape, batch, states);
            blocks.push(tape);
            states = output;
        }
        (states, Tape { norm, blocks })
    }

    /// Gradients of zero, and where those behind the tables are added up.
    pub(crate) fn no_gradients(&self) -> Gradients {
        let behind_tables = vec![0.0; self.values.len() - self.layout.tables()];
        Gradients { behind_tables, tokens: Vec::new() }
    }

    /// Takes the gradients of the states (`T × d`) back to all parameters.
    pub(crate) fn states_back(
        &self,
        batch: &TokenBatch,
        tape: &Tape,
        mut states: Vec<f32>,
        gradients: &mut Gradients,
    ) {
        let first = self.layout.tables();
        let mut sums = Sums { values: &mut gradients.behind_tables, first };
        for (block, tape) in self.blocks.iter().zip(&tape.blocks).rev() {
            states = block.back(self.shape, batch, tape, states, &mut sums);
        }
        sums.norm_back(&self.norm, &tape.norm, &mut states);
        gradients.tokens = states;
    }

    /// Adds gradients to those of all parameters, in the order of the tokens.
    pub(crate) fn add_up(&self, batch: &TokenBatch, gradients: &Gradients, all: &mut [f32]) {
        add_row(&mut all[self.layout.tables()..], &gradients.behind_tables);
        let dim = self.shape.dim;
        let tokens = gradients.tokens.chunks_exact(dim).zip(self.rows_of(batch));
        for (gradient, rows) in tokens {
            for row in rows.into_iter().flatten() {
                add_row(&mut all[row..row + dim], gradient);
            }
        }
    }

    /// Where each token's rows of the tables begin among the parameters.
    fn rows_of(&self, batch: &TokenBatch) -> impl Iterator<Item = [Option<usize>; 3]> {
        let Layout { words, positions, types, .. } = self.layout;
        let (dim, of_positions) = (self.shape.dim, batch.positions(self.shape.padding));
        batch.ids.iter().zip(of_positions).zip(&batch.types).map(move |((&id, position), &of_type)| {
            let row = |table: &std::ops::Range<usize>, row: u32| table.start + row as usize * dim;
            let of_type = (!types.is_empty()).then(|| row(types, of_type));
            [Some(row(words, id)), Some(row(positions, position)), of_type]
        })
    }

    fn embed(&self, batch: &TokenBatch) -> Vec<f32> {
        let dim = self.shape.dim;
        let mut states = vec![0.0; batch.tokens() * dim];
        for (state, rows) in states.chunks_exact_mut(dim).zip(self.rows_of(batch)) {
            for row in rows.into_iter().flatten() {
                add_row(state, &self.values[row..row + dim]);
            }
        }
        states
    }
}
