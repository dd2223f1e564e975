//! The graph index (Vamana).

use ess_core::{Capabilities, Effort, Embeddings, Error as CoreError, Hit, Index, MemoryUse, SearchParams};
use rayon::prelude::*;

mod answer;
mod build;
pub(crate) mod builder;
mod change;
mod connect;
pub(crate) mod default_recall;
mod defaults;
mod drawing;
pub(crate) mod index;
mod insert;
mod links;
mod neighbours;
mod points;
mod scratch;
mod space;
mod starts;
mod stored;
pub(crate) mod stored_recall;
mod survey;
mod trial;
mod walk;

use answer::MAX_CANDIDATES;
use index::GraphIndex;

/// The number of queries that one thread answers one after the other.
const QUERIES_TOGETHER: usize = 16;

impl Index for GraphIndex {
    fn dim(&self) -> usize {
        self.rows.dim()
    }

    fn len(&self) -> usize {
        self.live.len()
    }

    fn rows(&self) -> usize {
        self.live.rows()
    }

    /// As [`Index::search_with`].
    ///
    /// # Errors
    /// As [`Index::search_with`], and [`CoreError::NonFinite`] when a similarity that is compared exactly overflows.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, CoreError> {
        let k = self.check_search(queries, k)?;
        params.effort.check()?;
        let admitted = self.live.admitted(params.filter);
        let plan = self.plan(k, &params.effort, admitted.as_deref());
        let groups = queries.as_slice().par_chunks(QUERIES_TOGETHER * self.dim());
        let found: Vec<Vec<_>> = groups
            .map(|group| {
                let mut scratch = self.take_scratch();
                let queries = group.chunks_exact(self.dim());
                let hits = queries.map(|query| self.answer(query, &plan, &mut scratch)).collect();
                self.give_scratch(scratch);
                hits
            })
            .collect();
        let named = |(row, hits): (usize, Result<Vec<Hit>, (usize, f32)>)| {
            let what = "similarity of query (row) and item (column)";
            hits.map_err(|(column, value)| CoreError::NonFinite { what, row, column, value })
        };
        found.into_iter().flatten().enumerate().map(named).collect()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            any_norm: true,
            filter: true,
            add: true,
            remove: true,
            save: true,
            ef_search: true,
            rescore: true,
            ..Capabilities::default()
        }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        let parts = [self.rows.memory_use(), self.codes.memory_use(), self.links.memory_use()];
        Some(parts.iter().fold(MemoryUse::default(), |sum, part| MemoryUse {
            owned: sum.owned + part.owned,
            mapped: sum.mapped + part.mapped,
        }))
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        let k = k.min(self.len().max(1));
        let least = k + k / 2;
        let candidates = std::iter::successors(Some(least.max(12)), |&c| Some(c + c.div_ceil(4)));
        candidates
            .take_while(|&candidates| candidates < (64 * least).min(MAX_CANDIDATES))
            .map(|candidates| Effort { ef_search: Some(candidates), ..Effort::default() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use ess_core::RowSet;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::builder::GraphBuilder;
    use super::*;
    use crate::exact::index::FlatIndex;
    use crate::progress::Progress;

    /// Vectors near a surface of 6 dimensions: embeddings, too, are near one of few.
    fn surface(n: usize, dim: usize, seed: u64) -> Embeddings {
        let mut network = ChaCha8Rng::seed_from_u64(99);
        let waves: Vec<[f32; 6]> =
            (0..dim).map(|_| std::array::from_fn(|_| network.random_range(-2.0..2.0))).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::new();
        for _ in 0..n {
            let latent: [f32; 6] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
            let wave = |wave: &[f32; 6]| wave.iter().zip(&latent).map(|(w, x)| w * x).sum::<f32>().sin();
            values.extend(waves.iter().map(wave));
        }
        Embeddings::from_vec(values, dim).unwrap()
    }

    fn build(items: &Embeddings) -> GraphIndex {
        GraphBuilder::default().build(items.clone(), Progress::Silent).unwrap()
    }

    /// Items and their graph, for all tests that change neither.
    fn surface_and_graph() -> &'static (Embeddings, GraphIndex) {
        static BUILT: std::sync::LazyLock<(Embeddings, GraphIndex)> = std::sync::LazyLock::new(|| {
            let items = surface(2000, 40, 1);
            let index = build(&items);
            (items, index)
        });
        &BUILT
    }

    fn recall(index: &GraphIndex, items: &Embeddings, candidates: usize) -> f64 {
        let exact = FlatIndex::new(items.clone()).unwrap();
        let effort = Effort { ef_search: Some(candidates), ..Effort::default() };
        index.recall_against(&exact, &surface(100, items.dim(), 2), 10, &effort).unwrap()
    }

    fn unreachable(index: &GraphIndex) -> usize {
        let mut seen = vec![false; index.rows()];
        let mut open = index.starts.rows().to_vec();
        open.iter().for_each(|&start| seen[start as usize] = true);
        while let Some(row) = open.pop() {
            for next in index.links.of(row) {
                if !std::mem::replace(&mut seen[next as usize], true) {
                    open.push(next);
                }
            }
        }
        seen.iter().filter(|seen| !**seen).count()
    }

    #[test]
    fn walks_find_the_best_items() {
        let (items, index) = surface_and_graph();
        assert_eq!(unreachable(index), 0);
        // Without links every row would be a start, and every walk a scan.
        assert!(index.starts.rows().len() < 100 && (0..2000).all(|row| index.links.of(row).count() > 1));
        let found = recall(index, items, 60);
        assert!(found >= 0.97, "{found}");
    }

    #[test]
    fn items_of_any_norm_are_found() {
        let mut items = surface_and_graph().0.clone().into_matrix();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for mut item in items.rows_mut() {
            let norm: f32 = rng.random_range(-1.0_f32..1.0) + rng.random_range(-1.0..1.0);
            item.mapv_inplace(|x| x * norm.exp());
        }
        items.row_mut(17).mapv_inplace(|x| x * 100.0);
        let items = Embeddings::new(items).unwrap();
        let index = build(&items);
        assert_eq!(unreachable(&index), 0);
        let found = recall(&index, &items, 100);
        assert!(found >= 0.95, "{found}");
    }

    #[test]
    fn items_that_occur_many_times_do_not_cut_the_graph() {
        let distinct = surface(250, 20, 1);
        let items = distinct.select(&(0..2000).map(|i| i % 250).collect::<Vec<_>>()).unwrap();
        let index = build(&items);
        assert_eq!(unreachable(&index), 0);
        let exact = FlatIndex::new(items).unwrap();
        let queries = surface(100, 20, 2);
        let (found, best) = (index.search(&queries, 1).unwrap(), exact.search(&queries, 1).unwrap());
        let as_good =
            found.iter().zip(&best).filter(|(found, best)| found[0].similarity == best[0].similarity);
        let as_good = as_good.count();
        assert!(as_good >= 95, "{as_good} of 100");
    }

    #[test]
    fn the_same_seed_gives_the_same_graph_in_any_number_of_threads() {
        let items = surface(1100, 20, 1);
        let graphs = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| build(&items))
        });
        assert_eq!(graphs[0].links.numbers(), graphs[1].links.numbers());
    }

    #[test]
    fn items_added_are_found_as_well() {
        let items = &surface_and_graph().0;
        let first: Vec<usize> = (0..1200).collect();
        let second: Vec<usize> = (1200..2000).collect();
        let mut index = build(&items.select(&first).unwrap());
        ess_core::MutableIndex::add(&mut index, &items.select(&second).unwrap()).unwrap();
        assert_eq!(unreachable(&index), 0);
        let found = recall(&index, items, 60);
        assert!(found >= 0.95, "{found}");
    }

    #[test]
    fn filters_wide_and_narrow_are_kept_to() {
        let (items, index) = surface_and_graph();
        let queries = surface(50, 40, 2);
        let exact = FlatIndex::new(items.clone()).unwrap();
        let all_but_a_fifth = RowSet::from_predicate(2000, |row| row % 5 != 1);
        let one_of = |step: usize| RowSet::from_predicate(2000, move |row| row % step == 1);
        // What is wide is walked, what is narrow is scanned.
        for (set, scanned) in
            [(all_but_a_fifth, false), (one_of(2), true), (one_of(10), true), (one_of(1000), true)]
        {
            let params = SearchParams::from(&set);
            assert_eq!(GraphIndex::is_scan(&index.plan(10, &Effort::default(), Some(&set))), scanned);
            let (found, expected) = (
                index.search_with(&queries, 10, &params).unwrap(),
                exact.search_with(&queries, 10, &params).unwrap(),
            );
            let shared =
                found.iter().zip(&expected).flat_map(|(a, b)| a.iter().filter(|hit| b.contains(hit)));
            let (shared, all) = (shared.count(), expected.iter().flatten().count());
            assert!(shared as f64 >= 0.95 * all as f64, "{} admitted: {shared} of {all}", set.len());
        }
    }

    #[test]
    fn efforts_rise_by_a_quarter_and_memory_is_that_of_all_parts() {
        let (items, index) = surface_and_graph();
        let efforts =
            |k| index.efforts(k).into_iter().map(|effort| effort.ef_search.unwrap()).collect::<Vec<_>>();
        assert_eq!(efforts(10)[..5], [15, 19, 24, 30, 38]);
        assert_eq!((efforts(10).len(), efforts(10).last()), (19, Some(&888)));
        assert_eq!((efforts(1)[0], efforts(2000)[0], efforts(9999)[0]), (12, 3000, 3000));
        let parts = [index.rows.memory_use(), index.codes.memory_use(), index.links.memory_use()];
        let memory = index.memory_use().unwrap();
        assert_eq!((memory.owned, memory.mapped), (parts.iter().map(|part| part.owned).sum(), 0));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        ess_core::PersistentIndex::save(index, &path).unwrap();
        let mapped = <GraphIndex as ess_core::PersistentIndex>::open_mapped(&path).unwrap();
        assert!(mapped.memory_use().unwrap().mapped >= size_of_val(items.as_slice()));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for builder in [
            GraphBuilder { degree: 3, ..GraphBuilder::default() },
            GraphBuilder { candidates: 31, ..GraphBuilder::default() },
            GraphBuilder { spread: f32::NAN, ..GraphBuilder::default() },
        ] {
            assert!(builder.build(surface(3, 2, 1), Progress::Silent).is_err(), "{builder:?}");
        }
    }
}
