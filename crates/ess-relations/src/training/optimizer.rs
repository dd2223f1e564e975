//! Adam and Adagrad.

use rayon::prelude::*;

use super::config::OptimizerKind;

/// Numbers that a thread changes at a time.
const CHUNK: usize = 1 << 15;
const MOMENTS: [f32; 2] = [0.9, 0.999];

/// The state of an optimiser for one vector of parameters.
pub(super) enum Optimizer {
    Adam { first: Vec<f32>, second: Vec<f32>, steps: i32 },
    Adagrad { squares: Vec<f32> },
}

impl Optimizer {
    pub(super) fn new(kind: OptimizerKind, len: usize) -> Self {
        match kind {
            OptimizerKind::Adam => Self::Adam { first: vec![0.0; len], second: vec![0.0; len], steps: 0 },
            OptimizerKind::Adagrad => Self::Adagrad { squares: vec![0.0; len] },
        }
    }

    /// Changes the values by their gradient, which becomes zeros.
    pub(super) fn step(&mut self, values: &mut [f32], gradient: &mut [f32], rate: f32) {
        let values = values.par_chunks_mut(CHUNK).zip(gradient.par_chunks_mut(CHUNK));
        match self {
            Self::Adam { first, second, steps } => {
                *steps = steps.saturating_add(1);
                let [one, two] = MOMENTS.map(|moment| 1.0 - moment.powi(*steps));
                let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
                values.zip(moments).for_each(|((values, gradient), (first, second))| {
                    pulp::Arch::new().dispatch(|| adam(values, gradient, first, second, rate / one, two));
                });
            }
            Self::Adagrad { squares } => {
                values.zip(squares.par_chunks_mut(CHUNK)).for_each(|((values, gradient), squares)| {
                    pulp::Arch::new().dispatch(|| adagrad(values, gradient, squares, rate));
                });
            }
        }
    }
}

#[inline(always)]
fn adam(
    values: &mut [f32],
    gradient: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    rate: f32,
    two: f32,
) {
    let inverse = two.sqrt().recip();
    for (((x, g), first), second) in values.iter_mut().zip(gradient).zip(first).zip(second) {
        *first += (1.0 - MOMENTS[0]) * (*g - *first);
        *second += (1.0 - MOMENTS[1]) * (*g * *g - *second);
        *x -= rate * *first / (second.sqrt() * inverse + 1e-8);
        *g = 0.0;
    }
}

#[inline(always)]
fn adagrad(values: &mut [f32], gradient: &mut [f32], squares: &mut [f32], rate: f32) {
    for ((x, g), square) in values.iter_mut().zip(gradient).zip(squares) {
        *square += *g * *g;
        *x -= rate * *g / (square.sqrt() + 1e-10);
        *g = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_find_a_minimum() {
        for (kind, rate) in [(OptimizerKind::Adam, 0.02), (OptimizerKind::Adagrad, 0.5)] {
            let mut values = vec![3.0, -2.0];
            let mut optimizer = Optimizer::new(kind, 2);
            for _ in 0..1000 {
                let mut gradient = [2.0 * (values[0] - 1.0), 20.0 * (values[1] - 0.5)];
                optimizer.step(&mut values, &mut gradient, rate);
                assert_eq!(gradient, [0.0, 0.0]);
            }
            assert!((values[0] - 1.0).abs() < 1e-2 && (values[1] - 0.5).abs() < 1e-2, "{kind:?}: {values:?}");
        }
    }

    /// The first step of Adam is the learning rate, whatever the gradient's size.
    #[test]
    fn the_first_step_of_adam_has_the_length_of_the_rate() {
        let mut values = vec![0.0, 0.0];
        Optimizer::new(OptimizerKind::Adam, 2).step(&mut values, &mut [5.0, -0.01], 0.1);
        assert!((values[0] + 0.1).abs() < 1e-6 && (values[1] - 0.1).abs() < 1e-5, "{values:?}");
    }
}
