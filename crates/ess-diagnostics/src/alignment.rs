//! Whether what belongs together is near, and all else spread: Wang and Isola, "Understanding contrastive representation
//! learning through alignment and uniformity on the hypersphere", ICML 2020.

use ess_core::Embeddings;

use crate::{distances::Distances, error::Error};

/// The mean squared distance of two vectors that belong together, brought to unit norm: row `i` of `queries` and row `i` of
/// `items`, both `n × d`. From 0 to 4; smaller is better, 2 is chance in many dimensions.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::alignment;
///
/// let queries = Embeddings::from_rows(&[[2.0, 0.0], [0.0, 1.0]])?;
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [1.0, 0.0]])?;
/// assert_eq!(alignment(&queries, &items)?, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Rows`] and [`Error::Dimension`] when they differ in shape.
pub fn alignment(queries: &Embeddings, items: &Embeddings) -> Result<f64, Error> {
    check_pairs(queries, items)?;
    let (queries, items) = (queries.clone().normalized(), items.clone().normalized());
    let components = queries.as_slice().iter().zip(items.as_slice());
    let sum: f64 = components.map(|(&q, &d)| (f64::from(q) - f64::from(d)).powi(2)).sum();
    Ok(sum / queries.len() as f64)
}

/// `ln` of the mean of `exp(−2 ‖x − y‖²)` over all pairs of different vectors, brought to unit norm. From −8 to 0; smaller is more
/// uniform, and vectors that are uniform on the sphere have about −4 in many dimensions.
///
/// Of `n` vectors the time is that of an `n × n` product: give a sample of some thousands.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::uniformity;
///
/// // Opposite: squared distance 4.
/// let pair = Embeddings::from_rows(&[[1.0, 0.0], [-1.0, 0.0]])?;
/// assert!((uniformity(&pair)? - -8.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] for a single vector.
pub fn uniformity(embeddings: &Embeddings) -> Result<f64, Error> {
    Error::check_count("embeddings", 2, embeddings.len())?;
    let distances = Distances::between(&embeddings.clone().normalized());
    let of_row = |at: usize, squares: &[f64]| {
        let near = squares.iter().enumerate().filter(|(other, _)| *other != at);
        near.map(|(_, square)| (-2.0 * square).exp()).sum::<f64>()
    };
    let sum: f64 = distances.of_each(of_row).into_iter().sum();
    let count = embeddings.len() as f64;
    Ok((sum / (count * (count - 1.0))).ln())
}

/// Refuses queries and items that are no pairs.
pub(crate) fn check_pairs(queries: &Embeddings, items: &Embeddings) -> Result<(), Error> {
    let what = "items of pairs";
    if queries.len() != items.len() {
        return Err(Error::Rows { what, expected: queries.len(), found: items.len() });
    }
    if queries.dim() != items.dim() {
        return Err(Error::Dimension { what, expected: queries.dim(), found: items.dim() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pair_is_refused() {
        let two = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
        let one = Embeddings::from_rows(&[[1.0, 0.0]]).unwrap();
        let long = Embeddings::from_rows(&[[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]).unwrap();
        assert!(matches!(alignment(&two, &one), Err(Error::Rows { expected: 2, found: 1, .. })));
        assert!(matches!(alignment(&two, &long), Err(Error::Dimension { expected: 2, found: 3, .. })));
        assert!(matches!(uniformity(&one), Err(Error::TooFew { .. })));
    }

    /// By the definition, in two loops.
    #[test]
    fn uniformity_is_that_of_all_pairs() {
        let rows: Vec<[f32; 3]> = (0..300_u16)
            .map(|i| {
                [f32::from(i % 17) - 8.0, f32::from(i % 5) + 0.5, f32::from(i % 50 * (i % 31) % 23) - 11.0]
            })
            .collect();
        let embeddings = Embeddings::from_rows(&rows).unwrap();
        let units = embeddings.clone().normalized();
        let mut sum = 0.0;
        for (i, x) in units.rows().enumerate() {
            for (_, y) in units.rows().enumerate().filter(|(j, _)| *j != i) {
                let square: f64 = x.iter().zip(y).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum();
                sum += (-2.0 * square).exp();
            }
        }
        let expected = (sum / (300.0 * 299.0)).ln();
        assert!((uniformity(&embeddings).unwrap() - expected).abs() < 1e-9);
    }
}
