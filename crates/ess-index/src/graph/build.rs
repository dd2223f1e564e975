//! Building a graph index.

use ess_core::Embeddings;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    builder::{GraphBuilder, check_rows},
    connect::connect,
    drawing::Drawing,
    index::GraphIndex,
    links::Links,
    points::Points,
    space::Space,
    starts::FEW_STARTS,
    starts::MAX_STARTS,
    starts::Starts,
    survey::Survey,
    trial::Trial,
};
use crate::error::Error;
use crate::into_rows::into_rows;
use crate::kernels::codes::{ByteQuery, Codes};
use crate::progress::Progress;
use crate::rows::Rows;

/// A graph of at most this many items is searched by a scan, unless its degree is below the default.
const ALL_LOOKED_AT: usize = 1000;

impl GraphBuilder {
    /// Indexes `n × d` items of any norm. It runs in rayon's current thread pool. The same items, settings and seed give the
    /// same index in any number of threads. Where [`GraphIndex::default_recall`] needs tuning, it says so through `tracing`.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter` for a setting out of range, more than 2^31 items or more than
    /// 65 536 dimensions.
    pub fn build(&self, items: Embeddings, progress: Progress) -> Result<GraphIndex, Error> {
        self.check()?;
        check_rows(items.len())?;
        Error::check_byte_dim(items.dim())?;
        let (len, dim) = (items.len(), items.dim());
        let codes = Codes::new(items.as_slice(), dim);
        let rows = Rows::new(into_rows(items).into(), dim);
        let first = central(&rows, &codes);
        let coarse = Points::new(&rows, &codes, false);
        let mut space = Space::new(&coarse, None, None);
        let trial = self.trial(&rows, &codes);
        let exactly = trial.as_ref().is_some_and(|trial| !trial.int8_suffices(&rows, &codes));
        let points = Points::new(&rows, &codes, exactly);
        if exactly {
            space = Space::new(&points, None, None);
        }
        // Walks do not find their way among near duplicates.
        let most = if exactly { MAX_STARTS } else { FEW_STARTS };
        let starts = Starts::chosen(&points, &space, first, most);
        let order = self.order(len, first);
        let mut links = Links::new(self.degree);
        links.grow(len);
        let bar = progress.start(len, "linking items");
        let drawing = Drawing { points, space: &space, builder: self, starts: starts.rows() };
        drawing.insert(&mut links, &order, 1, |items| bar.inc(items as u64));
        bar.finish_and_clear();
        let apart = connect(&mut links, starts.rows());
        let survey = Survey { exactly, ..Survey::none(space.norms_differ) };
        let mut index = GraphIndex::new(*self, rows, codes, space, links, starts, survey);
        index.starts.add(&apart);
        if let Some(trial) = &trial {
            index.choose_starts(trial, &apart);
        }
        index.finish_survey(trial.as_ref());
        Ok(index)
    }

    /// Trial queries for these items; `None` for at most [`ALL_LOOKED_AT`].
    pub(super) fn trial(&self, rows: &Rows, codes: &Codes) -> Option<Trial> {
        (rows.len() > ALL_LOOKED_AT).then(|| Trial::new(rows, codes, self.seed))
    }

    /// All rows but the first one in the graph, shuffled, so that batches are alike.
    fn order(&self, len: usize, start: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..len as u32).filter(|&row| row != start).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        order
    }
}

/// The item closest to the mean of all, where walks start.
fn central(rows: &Rows, codes: &Codes) -> u32 {
    let mut mean = vec![0.0_f64; rows.dim()];
    for row in rows.numbers().chunks_exact(rows.dim()) {
        for (sum, &x) in mean.iter_mut().zip(row) {
            *sum += f64::from(x) / rows.len() as f64;
        }
    }
    let mean: Vec<f32> = mean.iter().map(|&x| x as f32).collect();
    let query = ByteQuery::new(&mean, codes.stride());
    let all: Vec<u32> = (0..codes.len() as u32).collect();
    let mut products = Vec::new();
    codes.products(&query, &all, &mut products);
    let similarity = |row: &u32| codes.scale(*row as usize) * products[*row as usize] as f32;
    all.iter().copied().max_by(|a, b| similarity(a).total_cmp(&similarity(b)).then(b.cmp(a))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::walk::MAX_ROWS;
    use super::*;

    #[test]
    fn rows_have_a_limit_and_the_central_one_is_closest_to_the_mean() {
        assert!(check_rows(MAX_ROWS - 1).is_ok() && check_rows(MAX_ROWS).is_err());
        // Means of (2, 1) and of (1, 1).
        for (numbers, expected) in [([3.0, 0.0, 3.0, 1.0, 0.0, 2.0], 1), ([1.0, 0.0, 0.0, 1.0, 2.0, 2.0], 2)]
        {
            let (rows, codes) = (Rows::new(numbers.to_vec().into(), 2), Codes::new(&numbers, 2));
            assert_eq!(central(&rows, &codes), expected, "{numbers:?}");
        }
    }

    #[test]
    fn defaults_are_tried_where_a_search_does_not_compare_all() {
        let tried = |rows: usize| {
            let numbers: Vec<f32> = (0..2 * rows).map(|i| (i as f32 * 0.7).sin()).collect();
            let (rows, codes) = (Rows::new(numbers.clone().into(), 2), Codes::new(&numbers, 2));
            GraphBuilder::default().trial(&rows, &codes).is_some()
        };
        assert_eq!(
            [ALL_LOOKED_AT - 1, ALL_LOOKED_AT, ALL_LOOKED_AT + 1, 1200].map(tried),
            [false, false, true, true]
        );
    }
}
