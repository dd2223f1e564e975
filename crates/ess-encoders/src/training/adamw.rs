//! AdamW over all parameters of one tower.

use rayon::prelude::*;

use super::layout::Named;

const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
// Parameters that one thread takes at a time.
const PIECE: usize = 1 << 16;

/// Moments of the gradients (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019), with PyTorch's defaults.
#[derive(Clone, Debug)]
pub(crate) struct AdamW {
    pub(crate) means: Vec<f32>,
    pub(crate) squares: Vec<f32>,
}

/// What one update is taken with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    /// The step, from 1.
    pub(crate) step: usize,
    pub(crate) rate: f64,
    pub(crate) weight_decay: f32,
    /// What gradients are multiplied by first.
    pub(crate) scale: f32,
}

impl AdamW {
    pub(crate) fn new(parameters: usize) -> Self {
        Self { means: vec![0.0; parameters], squares: vec![0.0; parameters] }
    }

    /// One update of the values of all tensors.
    pub(crate) fn update(
        &mut self,
        values: &mut [f32],
        gradients: &[f32],
        tensors: &[Named],
        update: Update,
    ) {
        let power = |beta: f32| 1.0 - f64::from(beta).powi(update.step as i32);
        let size = (update.rate / power(BETAS[0])) as f32;
        let root = power(BETAS[1]).sqrt() as f32;
        for tensor in tensors {
            let range = tensor.range.clone();
            let decay = if tensor.decays() { update.rate * f64::from(update.weight_decay) } else { 0.0 };
            let kept = (1.0 - decay) as f32;
            let pieces = values[range.clone()].par_chunks_mut(PIECE);
            let moments = self.means[range.clone()].par_chunks_mut(PIECE);
            let moments = moments.zip(self.squares[range.clone()].par_chunks_mut(PIECE));
            let all = pieces.zip(moments).zip(gradients[range].par_chunks(PIECE));
            all.for_each(|((values, (means, squares)), gradients)| {
                let each = values.iter_mut().zip(means).zip(squares).zip(gradients);
                for (((value, mean), square), gradient) in each {
                    let gradient = gradient * update.scale;
                    *mean = BETAS[0] * *mean + (1.0 - BETAS[0]) * gradient;
                    *square = BETAS[1] * *square + (1.0 - BETAS[1]) * gradient * gradient;
                    *value = *value * kept - size * *mean / (square.sqrt() / root + EPSILON);
                }
            });
        }
    }
}

/// The Euclidean norm of all gradients together; the sum is taken in a fixed order.
pub(crate) fn norm<'g>(gradients: impl IntoIterator<Item = &'g [f32]>) -> f64 {
    let piece = |values: &[f32]| values.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>();
    let of_tower = |gradients: &[f32]| {
        let sums: Vec<f64> = gradients.par_chunks(PIECE).map(piece).collect();
        sums.into_iter().sum::<f64>()
    };
    gradients.into_iter().map(of_tower).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_updates_are_what_the_paper_says() {
        let tensor = |shape: Vec<usize>, range| Named { name: String::new(), shape, range };
        let tensors = [tensor(vec![1, 1], 0..1), tensor(vec![1], 1..2)];
        let (mut values, mut adam) = (vec![2.0, 2.0], AdamW::new(2));
        let update = |step| Update { step, rate: 0.1, weight_decay: 0.5, scale: 0.5 };
        // The first step is of the rate, whatever the gradient; the decay takes 0.1 · 0.5 of 2 away from the matrix.
        adam.update(&mut values, &[8.0, -8.0], &tensors, update(1));
        assert!((values[0] - 1.8).abs() < 1e-6 && (values[1] - 2.1).abs() < 1e-6, "{values:?}");
        // Gradients of 4 and of 0: means .36 / .19, squares (.001 · 16 · .999) / .001999.
        adam.update(&mut values, &[0.0, 0.0], &tensors, update(2));
        let step = 0.1 * (0.36 / 0.19) / (0.015_984_f32 / 0.001_999).sqrt();
        assert!((values[0] - (1.8 * 0.95 - step)).abs() < 1e-5, "{values:?}");
        assert!((values[1] - (2.1 + step)).abs() < 1e-5, "{values:?}");
    }

    #[test]
    fn the_norm_is_of_all_gradients_together() {
        assert_eq!(norm([&[3.0_f32][..], &[0.0, 4.0]]), 5.0);
    }
}
