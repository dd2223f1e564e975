//! What a system reaches on each query, over its seeds.

/// A figure for each query: the mean over seeds.
pub(crate) struct OverSeeds {
    pub(crate) per_query: Vec<f64>,
    /// The standard deviation of the mean over seeds; none for one.
    pub(crate) spread: Option<f64>,
}

impl OverSeeds {
    /// Takes the figures of each seed, query by query.
    pub(crate) fn of<'a>(runs: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let runs: Vec<&[f64]> = runs.into_iter().collect();
        let queries = runs.iter().map(|run| run.len()).min().unwrap_or(0);
        let of_query = |row| runs.iter().map(|run| run[row]).sum::<f64>() / runs.len() as f64;
        let means: Vec<f64> = runs.iter().map(|run| mean(run)).collect();
        Self {
            per_query: (0..queries).map(of_query).collect(),
            spread: (means.len() > 1).then(|| deviation(&means)),
        }
    }
}

/// The mean; not a number for none.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of a sample of at least two.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_averaged_query_by_query_and_spread_is_of_their_means() {
        let found = OverSeeds::of([&[0.0, 1.0, 0.5][..], &[1.0, 1.0, 1.0]]);
        assert_eq!(found.per_query, [0.5, 1.0, 0.75]);
        // Means .5 and 1: a deviation of .5 / √2 · … = √(2 · .25²).
        assert!((found.spread.unwrap() - 0.125_f64.sqrt()).abs() < 1e-12);
        assert!(OverSeeds::of([&[0.5][..]]).spread.is_none());
    }
}
