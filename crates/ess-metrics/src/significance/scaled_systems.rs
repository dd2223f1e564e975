//! The statistics of several systems on the same queries, with signs turned.

/// The differences of several systems from the baseline, each system's divided by their Euclidean norm. The statistic of a
/// system is their sum.
pub(super) struct ScaledSystems {
    count: usize,
    /// One row for each query on which any system differs; the chosen system comes first.
    rows: Vec<Vec<f64>>,
}

impl ScaledSystems {
    pub(super) fn of(chosen: &[f64], others: &[Vec<f64>]) -> Self {
        let mut systems = vec![chosen.to_vec()];
        systems.extend_from_slice(others);
        for system in &mut systems {
            let norm = system.iter().map(|x| x * x).sum::<f64>().sqrt();
            system.iter_mut().for_each(|x| *x /= norm);
        }
        let row = |query: usize| systems.iter().map(|system| system[query]).collect::<Vec<f64>>();
        let rows = (0..chosen.len()).map(row).filter(|row| row.iter().any(|&x| x != 0.0)).collect();
        Self { count: systems.len(), rows }
    }

    /// The number of systems, the chosen one included.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The number of queries on which any system differs from the baseline.
    pub(super) fn queries(&self) -> usize {
        self.rows.len()
    }

    /// The statistic of the chosen system.
    pub(super) fn observed(&self) -> f64 {
        self.rows.iter().map(|row| row[0]).sum()
    }

    /// The largest statistic with signs turned where bits, asked for 64 at a time, are set.
    pub(super) fn largest(&self, mut bits: impl FnMut() -> u64) -> f64 {
        let mut sums = vec![0.0; self.count];
        for block in self.rows.chunks(u64::BITS as usize) {
            let bits = bits();
            for (i, row) in block.iter().enumerate() {
                let sign = if bits >> i & 1 == 1 { -1.0 } else { 1.0 };
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += sign * value);
            }
        }
        sums.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }
}
