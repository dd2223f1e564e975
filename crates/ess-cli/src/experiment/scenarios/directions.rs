//! The directions that are specific to a task.

use anyhow::{Result, ensure};
use burn::tensor::Device;
use ess_core::Embeddings;
use ess_linalg::{AffineMap, linear_algebra};
use ess_train::{Items, QuerySet, mean_positives};
use ndarray::{Array2, Axis, s};

/// The directions in which queries agree with their relevant items, the strongest first (`d × count`, orthonormal): those of the
/// covariance `C` of the two, by the eigenvectors of `C Cᵀ + Cᵀ C`, so that both sides have the same. To erase them is spectral
/// attribute removal (Shao, Ziser and Cohen, "Gold doesn't always glitter", EACL 2023) with the relevant item as the attribute; it
/// leaves no linear agreement along them, on both sides, and does not whiten before, as LEACE does.
pub(super) fn directions(items: &Embeddings, queries: &QuerySet, count: usize) -> Result<Array2<f64>> {
    let dim = items.dim();
    ensure!(count < dim, "{count} directions: expected fewer than the {dim} of the encodings");
    let targets = mean_positives(queries, &Items::new(items, &Device::flex()))?;
    let queries = centred(queries.encodings().view().mapv(f64::from));
    let covariance = queries.t().dot(&centred(targets));
    let both = covariance.dot(&covariance.t()) + covariance.t().dot(&covariance);
    let eigen = linear_algebra().symmetric_eigen(both.view())?;
    Ok(eigen.vectors.slice(s![.., ..count]).to_owned())
}

fn centred(rows: Array2<f64>) -> Array2<f64> {
    match rows.mean_axis(Axis(0)) {
        Some(mean) => rows - mean,
        None => rows,
    }
}

/// What vectors have along the directions.
pub(super) fn only(items: &Embeddings, queries: &QuerySet, count: usize) -> Result<AffineMap> {
    let directions = directions(items, queries, count)?;
    Ok(AffineMap::linear(directions.dot(&directions.t()))?)
}

/// What they have besides.
pub(super) fn without(items: &Embeddings, queries: &QuerySet, count: usize) -> Result<AffineMap> {
    let directions = directions(items, queries, count)?;
    Ok(AffineMap::linear(Array2::eye(directions.nrows()) - directions.dot(&directions.t()))?)
}

#[cfg(test)]
mod tests {
    use ess_core::SearchModule;
    use ess_train::Judgement;

    use super::*;

    #[test]
    fn what_queries_and_items_share_is_found_and_erased() {
        // Queries and items agree along the first dimension alone; the second is as large and says nothing.
        let side = |at: usize| if at.is_multiple_of(2) { 1.0_f32 } else { -1.0 };
        let items: Vec<_> = (0..8).map(|at| [side(at), side(at / 2), 0.0]).collect();
        let queries: Vec<_> = (0..8).map(|at| [side(at), side(at / 4), 0.0]).collect();
        let items = Embeddings::from_rows(&items).unwrap();
        let queries = Embeddings::from_rows(&queries).unwrap();
        let judged = (0..8).map(|item| vec![Judgement { item, grade: 1 }]).collect();
        let set = QuerySet::new(queries.clone(), judged).unwrap();
        let found = directions(&items, &set, 1).unwrap();
        assert!((found[[0, 0]].abs() - 1.0).abs() < 1e-9, "{found}");
        let erased = without(&items, &set, 1).unwrap().apply(&queries).unwrap();
        assert!(erased.rows().all(|row| row[0].abs() < 1e-6 && row[1].abs() == 1.0));
        let kept = only(&items, &set, 1).unwrap().apply(&queries).unwrap();
        assert!(kept.rows().all(|row| row[0].abs() > 0.99 && row[1].abs() < 1e-6));
        assert!(directions(&items, &set, 3).is_err());
    }
}
