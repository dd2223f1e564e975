//! A feature of automatic choice that looks at the norms of pairs of dimensions.

use ess_kit::{
    auto::{Asked, Feature},
    core::{Error, Hit, TopK},
};

/// `Σᵢ ‖qᵢ‖ ‖dᵢ‖ / ‖q‖ ‖d‖` over pairs `i` of dimensions: the similarity that a rotation of each pair leaves as it is.
pub struct PairNorms;

impl Feature for PairNorms {
    fn name(&self) -> &'static str {
        "pair_norms"
    }

    fn cautious_weight(&self) -> f32 {
        0.1
    }

    fn finds(&self, asked: &Asked<'_>, depth: usize) -> Result<Option<Vec<u32>>, Error> {
        let rows: Vec<u32> = (0..asked.collection().len() as u32).collect();
        let Some(values) = self.values(asked, &rows)? else { return Ok(None) };
        let mut best = TopK::new(depth);
        rows.iter().zip(values).for_each(|(&row, value)| best.push(Hit::new(row as usize, value)));
        Ok(Some(best.into_sorted().iter().map(|hit| hit.item as u32).collect()))
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let (query, all) = (norms(asked.query()), asked.collection().items());
        let value = |&item: &u32| {
            let item = norms(all.row(item as usize));
            query.iter().zip(item).map(|(q, d)| q * d).sum()
        };
        Ok(Some(items.iter().map(value).collect()))
    }
}

/// The norm of each pair of dimensions, of a vector brought to unit norm.
fn norms(vector: &[f32]) -> Vec<f32> {
    let norm = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>().sqrt();
    let whole = norm(vector).max(f32::MIN_POSITIVE);
    vector.chunks(2).map(|pair| norm(pair) / whole).collect()
}
