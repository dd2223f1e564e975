//! A triangular factor that grows by a row at a time.

/// `L` with `L Lᵀ = A` for a symmetric positive definite `A`, row by row.
#[derive(Default)]
pub(super) struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Adds the last row of `A`, its diagonal entry behind the others. False, and nothing is added, where `A` is singular by
    /// rounding.
    pub(super) fn push(&mut self, row: &[f64]) -> bool {
        let Some((&diagonal, others)) = row.split_last() else { return false };
        let mut added = self.forward(others);
        let left = diagonal - added.iter().map(|x| x * x).sum::<f64>();
        if left <= 1e-12 * diagonal {
            return false;
        }
        added.push(left.sqrt());
        self.rows.push(added);
        true
    }

    /// The solution of `A x = 1`.
    pub(super) fn solve_ones(&self) -> Vec<f64> {
        let mut x = self.forward(&vec![1.0; self.rows.len()]);
        for at in (0..x.len()).rev() {
            x[at] /= self.rows[at][at];
            let (done, value) = (&self.rows[at], x[at]);
            x[..at].iter_mut().zip(done).for_each(|(x, l)| *x -= l * value);
        }
        x
    }

    /// The solution of `L x = b`.
    fn forward(&self, b: &[f64]) -> Vec<f64> {
        let mut x = Vec::with_capacity(b.len() + 1);
        for (row, b) in self.rows.iter().zip(b) {
            let before: f64 = row.iter().zip(&x).map(|(l, x)| l * x).sum();
            x.push((b - before) / row[x.len()]);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_of_two_is_solved_and_a_singular_row_is_refused() {
        let mut factor = Cholesky::default();
        assert!(factor.push(&[4.0]) && factor.push(&[2.0, 5.0]));
        // 4x + 2y = 1 and 2x + 5y = 1.
        let x = factor.solve_ones();
        assert!((x[0] - 3.0 / 16.0).abs() < 1e-12 && (x[1] - 1.0 / 8.0).abs() < 1e-12, "{x:?}");
        assert!(!factor.push(&[2.0, 5.0, 5.0]));
        assert_eq!(factor.solve_ones().len(), 2);
    }
}
