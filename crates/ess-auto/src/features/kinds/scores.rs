//! What another system scores of its first items.

use ess_core::Error;

use crate::{
    features::{asked::Asked, feature::Feature},
    input::{auto_queries::AutoQueries, further_queries::FurtherQueries},
};

/// The score of the item by a system of this name ([`AutoQueries::with_scores`]), brought to 0 to 1 among those of the query's
/// items: 0 is the least of them, and so are items without one.
pub(crate) struct Scores {
    pub(crate) name: &'static str,
}

impl Scores {
    fn of<'a>(&self, asked: &Asked<'a>) -> Option<&'a [(u32, f32)]> {
        asked.scores(self.name).filter(|scores| !scores.is_empty())
    }
}

impl Feature for Scores {
    fn name(&self) -> &'static str {
        self.name
    }

    fn encoding(&self) -> Option<&str> {
        Some(self.name)
    }

    fn has_queries(&self, queries: &AutoQueries) -> bool {
        matches!(queries.further.get(self.name), Some(FurtherQueries::Scores(_)))
    }

    // As of a further encoder: a guess, which no measurement stands behind.
    fn cautious_weight(&self) -> f32 {
        0.5
    }

    fn finds(&self, asked: &Asked<'_>, depth: usize) -> Result<Option<Vec<u32>>, Error> {
        let Some(scores) = self.of(asked) else { return Ok(None) };
        let mut best = scores.to_vec();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(Some(best.into_iter().take(depth).map(|(item, _)| item).collect()))
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        Ok(self.of(asked).map(|scores| shares(scores, items)))
    }
}

/// Where the score of each item is between the least and the largest of all; 0 for items without one.
fn shares(scores: &[(u32, f32)], items: &[u32]) -> Vec<f32> {
    let ends = scores.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[least, most], (_, score)| {
        [least.min(*score), most.max(*score)]
    });
    let [least, most] = ends.map(f64::from);
    let share = |item: &u32| match scores.binary_search_by_key(item, |(scored, _)| *scored) {
        Ok(at) if most > least => ((f64::from(scores[at].1) - least) / (most - least)) as f32,
        _ => 0.0,
    };
    items.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn scores_go_from_0_to_1_whatever_they_are_and_others_are_as_the_least() {
        let scores = [(2, -9.0), (5, 11.0), (6, 1.0)];
        assert_eq!(shares(&scores, &[1, 2, 5, 6, 7]), [0.0, 0.0, 1.0, 0.5, 0.0]);
        assert_eq!(shares(&[(2, 4.0)], &[2, 3]), [0.0, 0.0]);
        assert_eq!(shares(&[(0, f32::MIN), (1, f32::MAX)], &[0, 1]), [0.0, 1.0]);
    }
}
