//! What is minimised, and how it changes with the scores.

use super::{config::PairLoss, lists::List};

/// The loss of a step and its gradient with respect to the scores, which are those of the lists one after another.
pub(super) fn loss_of(loss: PairLoss, lists: &[List], scores: &[f32]) -> (f64, Vec<f32>) {
    let (mut sum, mut gradient) = (0.0, Vec::with_capacity(scores.len()));
    let count = match loss {
        PairLoss::Binary => scores.len(),
        PairLoss::Listwise | PairLoss::Teacher => lists.len(),
    };
    let mut start = 0;
    for list in lists {
        let own: Vec<f64> = scores[start..start + list.items.len()].iter().copied().map(f64::from).collect();
        start += list.items.len();
        let (value, of_scores) = match loss {
            PairLoss::Binary => binary(list.relevant, &own),
            PairLoss::Listwise => divergence(&relevant(list), &own),
            PairLoss::Teacher => {
                let teacher: Vec<f64> = list.teacher.iter().copied().map(f64::from).collect();
                divergence(&log_softmax(&teacher).into_iter().map(f64::exp).collect::<Vec<_>>(), &own)
            }
        };
        sum += value;
        gradient.extend(of_scores.into_iter().map(|of_score| (of_score / count as f64) as f32));
    }
    (sum / count as f64, gradient)
}

/// All weight on what is relevant.
fn relevant(list: &List) -> Vec<f64> {
    (0..list.items.len()).map(|at| f64::from(u8::from(at < list.relevant))).collect()
}

/// Binary cross-entropies, summed, of scores of which the first are of relevant items.
fn binary(relevant: usize, scores: &[f64]) -> (f64, Vec<f64>) {
    // ln(1 + exp(x)), which does not overflow.
    let soft = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let values = scores.iter().enumerate().map(|(at, &s)| soft(if at < relevant { -s } else { s })).sum();
    let slope = |(at, &s): (usize, &f64)| 1.0 / (1.0 + (-s).exp()) - f64::from(u8::from(at < relevant));
    (values, scores.iter().enumerate().map(slope).collect())
}

/// The Kullback–Leibler divergence of the softmax of scores from a distribution.
fn divergence(target: &[f64], scores: &[f64]) -> (f64, Vec<f64>) {
    let logs = log_softmax(scores);
    let term = |(&p, &log): (&f64, &f64)| if p > 0.0 { p * (p.ln() - log) } else { 0.0 };
    let value = target.iter().zip(&logs).map(term).sum();
    (value, target.iter().zip(&logs).map(|(p, log)| log.exp() - p).collect())
}

fn log_softmax(scores: &[f64]) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum = scores.iter().map(|score| (score - most).exp()).sum::<f64>().ln() + most;
    scores.iter().map(|score| score - sum).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(teacher: &[f32], items: usize) -> List {
        List { query: 0, items: (0..items).collect(), relevant: 1, teacher: teacher.to_vec() }
    }

    #[test]
    fn losses_are_what_they_say() {
        let close = |(found, _): (f64, Vec<f32>), expected: f64| {
            assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
        };
        let two = [list(&[], 2), list(&[], 1)];
        let softplus = |x: f64| (1.0 + x.exp()).ln();
        close(
            loss_of(PairLoss::Binary, &two, &[0.5, -1.0, 2.0]),
            (softplus(-0.5) + softplus(-1.0) + softplus(-2.0)) / 3.0,
        );
        let listwise = -(0.5_f64.exp() / (0.5_f64.exp() + (-1.0_f64).exp())).ln();
        close(loss_of(PairLoss::Listwise, &two, &[0.5, -1.0, 2.0]), listwise / 2.0);
        // A teacher that is agreed with but for a constant.
        close(loss_of(PairLoss::Teacher, &[list(&[3.0, 1.0], 2)], &[0.5, -1.5]), 0.0);
        let teacher: Vec<f64> = [2.0_f64, 0.0].iter().map(|s| s.exp() / (2.0_f64.exp() + 1.0)).collect();
        let divergence = teacher.iter().map(|p| p * (p / 0.5).ln()).sum();
        close(loss_of(PairLoss::Teacher, &[list(&[2.0, 0.0], 2)], &[7.0, 7.0]), divergence);
    }

    #[test]
    fn large_scores_that_are_all_wrong_lose_as_much_as_they_are_apart() {
        for (loss, value, slope) in
            [(PairLoss::Binary, 1e4, 0.5), (PairLoss::Listwise, 2e4, 1.0), (PairLoss::Teacher, 2e4, 1.0)]
        {
            let found = loss_of(loss, &[list(&[1e30, -1e30], 2)], &[-1e4, 1e4]);
            assert_eq!(found, (value, vec![-slope, slope]), "{loss:?}");
        }
    }

    proptest! {
        #[test]
        fn gradients_are_those_of_small_steps(
            scores in proptest::collection::vec(-3f32..3.0, 5), teacher in proptest::collection::vec(-3f32..3.0, 5),
        ) {
            let lists = [list(&teacher[..2], 2), list(&teacher[2..], 3)];
            for loss in [PairLoss::Binary, PairLoss::Listwise, PairLoss::Teacher] {
                let (_, gradient) = loss_of(loss, &lists, &scores);
                for at in 0..scores.len() {
                    let moved = |by: f32| {
                        let mut scores = scores.clone();
                        scores[at] += by;
                        loss_of(loss, &lists, &scores).0
                    };
                    let step = 1.0 / 128.0;
                    let expected = (moved(step) - moved(-step)) / f64::from(2.0 * step);
                    prop_assert!((f64::from(gradient[at]) - expected).abs() < 1e-4, "{loss:?} {at}");
                }
            }
        }
    }
}
