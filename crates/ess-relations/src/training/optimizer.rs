//! Adam, AMSGrad and Adagrad.

use rayon::prelude::*;

use super::config::OptimizerKind;

/// Numbers that a thread changes at a time.
const CHUNK: usize = 1 << 15;
const MOMENTS: [f32; 2] = [0.9, 0.999];

/// The state of an optimiser for one vector of parameters.
pub(super) enum Optimizer {
    Adam { first: Vec<f32>, second: Vec<f32>, steps: i32 },
    Adagrad { squares: Vec<f32> },
    AmsGrad { first: Vec<f32>, second: Vec<f32>, most: Vec<f32>, steps: i32 },
}

impl Optimizer {
    pub(super) fn new(kind: OptimizerKind, len: usize) -> Self {
        match kind {
            OptimizerKind::Adam => Self::Adam { first: vec![0.0; len], second: vec![0.0; len], steps: 0 },
            OptimizerKind::Adagrad => Self::Adagrad { squares: vec![0.0; len] },
            OptimizerKind::AmsGrad => {
                let [first, second, most] = [(); 3].map(|()| vec![0.0; len]);
                Self::AmsGrad { first, second, most, steps: 0 }
            }
        }
    }

    /// Changes the values by their gradient, which becomes zeros.
    pub(super) fn step(&mut self, values: &mut [f32], gradient: &mut [f32], rate: f32) {
        let values = values.par_chunks_mut(CHUNK).zip(gradient.par_chunks_mut(CHUNK));
        match self {
            Self::Adam { first, second, steps } => {
                let [one, two] = corrections(steps);
                let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
                values.zip(moments).for_each(|((values, gradient), (first, second))| {
                    pulp::Arch::new().dispatch(|| adam(values, gradient, first, second, rate / one, two));
                });
            }
            Self::AmsGrad { first, second, most, steps } => {
                let [one, two] = corrections(steps);
                let second = second.par_chunks_mut(CHUNK).zip(most.par_chunks_mut(CHUNK));
                let moments = first.par_chunks_mut(CHUNK).zip(second);
                values.zip(moments).for_each(|((values, gradient), (first, (second, most)))| {
                    pulp::Arch::new()
                        .dispatch(|| ams_grad(values, gradient, first, [second, most], rate / one, two));
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

/// Counts a step; returns what moments that began at 0 are divided by.
fn corrections(steps: &mut i32) -> [f32; 2] {
    *steps = steps.saturating_add(1);
    MOMENTS.map(|moment| 1.0 - moment.powi(*steps))
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

/// As [`adam`], by the largest second moment so far.
#[inline(always)]
fn ams_grad(
    values: &mut [f32],
    gradient: &mut [f32],
    first: &mut [f32],
    [second, most]: [&mut [f32]; 2],
    rate: f32,
    two: f32,
) {
    let inverse = two.sqrt().recip();
    let seconds = second.iter_mut().zip(most);
    for (((x, g), first), (second, most)) in values.iter_mut().zip(gradient).zip(first).zip(seconds) {
        *first += (1.0 - MOMENTS[0]) * (*g - *first);
        *second += (1.0 - MOMENTS[1]) * (*g * *g - *second);
        *most = most.max(*second);
        *x -= rate * *first / (most.sqrt() * inverse + 1e-8);
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
    fn all_find_a_minimum() {
        let kinds =
            [(OptimizerKind::Adam, 0.02), (OptimizerKind::Adagrad, 0.5), (OptimizerKind::AmsGrad, 0.02)];
        for (kind, rate) in kinds {
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

    /// After a gradient of 1, gradients of 0 make Adam's second moment fall and AMSGrad's not. A second step by hand.
    #[test]
    fn the_second_moment_of_ams_grad_never_falls() {
        let second_step = |kind| {
            let (mut values, mut optimizer) = (vec![0.0], Optimizer::new(kind, 1));
            optimizer.step(&mut values, &mut [1.0], 0.1);
            let before = values[0];
            optimizer.step(&mut values, &mut [0.0], 0.1);
            f64::from(values[0] - before)
        };
        // .09 / .19 over the root of what is left of .001, of all or of .999 of it, over .001999.
        let expected = |second: f64| -0.1 * (0.09 / 0.19) / (second / 0.001_999).sqrt();
        assert!((second_step(OptimizerKind::AmsGrad) - expected(0.001)).abs() < 1e-5);
        assert!((second_step(OptimizerKind::Adam) - expected(0.000_999)).abs() < 1e-5);
        assert!((expected(0.001) - expected(0.000_999)).abs() > 2e-5);
    }
}
