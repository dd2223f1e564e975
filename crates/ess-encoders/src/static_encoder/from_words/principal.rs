//! The direction that vectors share most.

/// Steps at most; each brings the direction nearer by the ratio of the two largest singular values, squared.
const STEPS: usize = 10_000;
const CHANGE: f64 = 1e-12;
/// The products of all components with one another take 128 MiB.
pub(super) const MAX_DIM: usize = 4096;

/// The first right singular vector of rows (`n × dim`, not centred), of unit norm, by power iteration; `None` where all rows
/// are zeros.
pub(super) fn first_direction<'a>(rows: impl Iterator<Item = &'a [f32]>, dim: usize) -> Option<Vec<f64>> {
    let mut products = vec![0.0_f64; dim * dim];
    for row in rows {
        for (products, &left) in products.chunks_exact_mut(dim).zip(row) {
            products.iter_mut().zip(row).for_each(|(sum, &right)| *sum += f64::from(left) * f64::from(right));
        }
    }
    // The longest column is not orthogonal to the direction unless all are.
    let longest = (0..dim).max_by(|&a, &b| products[a * dim + a].total_cmp(&products[b * dim + b]))?;
    let mut direction = products[longest * dim..][..dim].to_vec();
    unit(&mut direction)?;
    for _ in 0..STEPS {
        let dot = |row: &[f64]| row.iter().zip(&direction).map(|(x, y)| x * y).sum::<f64>();
        let mut next: Vec<f64> = products.chunks_exact(dim).map(dot).collect();
        unit(&mut next)?;
        let change = next.iter().zip(&direction).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        direction = next;
        if change < CHANGE {
            break;
        }
    }
    Some(direction)
}

fn unit(vector: &mut [f64]) -> Option<()> {
    let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm == 0.0 || !norm.is_finite() {
        return None;
    }
    vector.iter_mut().for_each(|x| *x /= norm);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_direction_of_the_largest_sum_of_squares() {
        let rows = [[3.0, 4.0, 0.0], [6.0, 8.0, 0.1], [-3.0, -4.0, 0.1], [0.0, 0.0, 1.0]];
        let found = first_direction(rows.iter().map(|row| row.as_slice()), 3).unwrap();
        assert!((found[0] - 0.6).abs() < 1e-3 && (found[1] - 0.8).abs() < 1e-3, "{found:?}");
        assert!(first_direction([[0.0_f32; 3]].iter().map(|row| row.as_slice()), 3).is_none());
        assert!(first_direction(std::iter::empty(), 2).is_none());
    }
}
