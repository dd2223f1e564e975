//! Building a graph index.

use ess_core::{Embeddings, Error as CoreError};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    GraphIndex, connect::connect, insert::Drawing, links::Links, points::Points, space::Space,
    starts::FEW_STARTS, starts::MAX_STARTS, starts::Starts, survey::Survey, survey::Trial, walk::MAX_ROWS,
};
use crate::error::Error;
use crate::exact::into_rows;
use crate::kernels::codes::{ByteQuery, Codes};
use crate::progress::Progress;
use crate::rows::Rows;

/// Up to this number of items, every search compares all.
const ALL_LOOKED_AT: usize = 1000;

/// The settings with which a [`GraphIndex`] is built.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{GraphBuilder, Progress};
///
/// let builder = GraphBuilder { degree: 16, ..GraphBuilder::default() };
/// let index = builder.build(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?, Progress::Silent)?;
/// assert_eq!(index.len(), 2);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphBuilder {
    /// The largest number of neighbours of an item ("R"), 4 to 256. Each takes 4 bytes. More neighbours raise the recall of
    /// hard data. Default: 32.
    pub degree: usize,
    /// The number of candidates of the walk that looks for an item's neighbours ("L", `ef_construction`), at least `degree`.
    /// More candidates make a better graph in more time. Default: 100.
    pub candidates: usize,
    /// The factor by which neighbours are spread ("alpha"), 1 to 2. A candidate is dropped when its squared distance to a chosen
    /// neighbour, times this factor, is below its squared distance to the item. Default: 1.1.
    pub spread: f32,
    /// The seed of the order in which items are inserted. Default: 0.
    pub seed: u64,
}

impl Default for GraphBuilder {
    fn default() -> Self {
        Self { degree: 32, candidates: 100, spread: 1.1, seed: 0 }
    }
}

impl GraphBuilder {
    /// Indexes `n × d` items of any norm. It runs in rayon's current thread pool. The same items, settings and seed give the
    /// same index in any number of threads.
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
        // Walks get lost among what is nearly alike.
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

    /// Trial queries for these items; `None` where a search compares all of so few.
    pub(super) fn trial(&self, rows: &Rows, codes: &Codes) -> Option<Trial> {
        (rows.len() > ALL_LOOKED_AT).then(|| Trial::new(rows, codes, self.seed))
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse =
            |name, expected, found| Err(CoreError::InvalidParameter { name, expected, found }.into());
        if !(4..=256).contains(&self.degree) {
            return refuse("degree", "4 to 256", self.degree.to_string());
        }
        if self.candidates < self.degree {
            return refuse("candidates", "at least the degree", self.candidates.to_string());
        }
        if !(1.0..=2.0).contains(&self.spread) {
            return refuse("spread", "1 to 2", self.spread.to_string());
        }
        Ok(())
    }

    /// All rows but the first one in the graph, shuffled: batches are to be alike.
    fn order(&self, len: usize, start: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..len as u32).filter(|&row| row != start).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        order
    }
}

pub(super) fn check_rows(rows: usize) -> Result<(), Error> {
    if rows < MAX_ROWS {
        return Ok(());
    }
    let found = rows.to_string();
    Err(CoreError::InvalidParameter { name: "items of a graph", expected: "fewer than 2^31", found }.into())
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
}
