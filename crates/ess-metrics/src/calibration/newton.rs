//! The minimum of a logistic loss of two parameters, by Newton's method.

/// The largest number of Newton steps; fits converge in far fewer.
const STEPS: usize = 100;

pub(super) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// The loss at one point, with its gradient and curvature.
pub(super) struct Newton {
    loss: f64,
    gradient: [f64; 2],
    /// `[[a, b], [b, c]]` as `[a, b, c]`.
    curvature: [f64; 3],
}

impl Newton {
    pub(super) fn at(rows: impl Iterator<Item = ([f64; 2], f64)>, [scale, bias]: [f64; 2]) -> Self {
        let mut sum = Self { loss: 0.0, gradient: [0.0; 2], curvature: [1e-12, 0.0, 1e-12] };
        for ([x, one], target) in rows {
            let logit = scale * x + bias;
            // −t log σ(z) − (1 − t) log(1 − σ(z)), without overflow
            sum.loss += (-logit.abs()).exp().ln_1p() + logit.max(0.0) - target * logit;
            let (p, error) = (sigmoid(logit), sigmoid(logit) - target);
            let weight = p * (1.0 - p);
            sum.gradient[0] += error * x;
            sum.gradient[1] += error * one;
            sum.curvature[0] += weight * x * x;
            sum.curvature[1] += weight * x;
            sum.curvature[2] += weight;
        }
        sum
    }

    /// The same with the second parameter held.
    pub(super) fn along_the_first(mut self) -> Self {
        (self.gradient[1], self.curvature[1], self.curvature[2]) = (0.0, 0.0, 1.0);
        self
    }

    fn direction(&self) -> [f64; 2] {
        let ([a, b, c], [g, h]) = (self.curvature, self.gradient);
        let determinant = a * c - b * b;
        [(b * h - c * g) / determinant, (b * g - a * h) / determinant]
    }
}

/// Newton's method with backtracking on a convex function of two parameters.
pub(super) fn minimise(mut at: [f64; 2], evaluate: impl Fn([f64; 2]) -> Newton) -> [f64; 2] {
    let mut here = evaluate(at);
    for _ in 0..STEPS {
        let direction = here.direction();
        let slope = here.gradient[0] * direction[0] + here.gradient[1] * direction[1];
        // Below what sums of so many terms can tell apart.
        if slope.is_nan() || slope >= -1e-12 * here.loss.abs().max(1e-12) {
            break;
        }
        let mut length = 1.0;
        let next = loop {
            let candidate = [at[0] + length * direction[0], at[1] + length * direction[1]];
            let there = evaluate(candidate);
            if there.loss <= here.loss + 1e-4 * length * slope {
                break Some((candidate, there));
            }
            length /= 2.0;
            if length < 1e-10 {
                break None;
            }
        };
        match next {
            Some((candidate, there)) => (at, here) = (candidate, there),
            None => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_slope_and_curvature_are_those_of_the_cross_entropy() {
        for (logit, target) in [(3.0_f64, 0.75), (-2.0, 0.25), (0.5, 0.0)] {
            let p = 1.0 / (1.0 + (-logit).exp());
            let loss = -target * p.ln() - (1.0 - target) * (1.0 - p).ln();
            // Of a score of 2: z = 2 · scale + bias.
            let found = Newton::at([([2.0, 1.0], target)].into_iter(), [1.0, logit - 2.0]);
            let weight = p * (1.0 - p);
            let expected = [loss, 2.0 * (p - target), p - target, 4.0 * weight, 2.0 * weight, weight];
            let ([scale, bias], [a, b, c]) = (found.gradient, found.curvature);
            let found = [found.loss, scale, bias, a, b, c];
            let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9);
            assert!(near, "{found:?}, not {expected:?}");
        }
    }
}
