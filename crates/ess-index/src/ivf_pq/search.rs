//! Answering queries: lists, candidates, exact rescoring.

use ess_core::{Embeddings, Error, Hit, Index, SearchParams, TopK};
use rayon::prelude::*;

use super::coder::normalise;
use super::index::IvfPqIndex;
use super::inverted_file::{best::Best, lists::Lists};
use super::pq::tables::Tables;
use super::scan::{Scan, Visit};
use crate::live_rows::Admitted;

/// Queries that are answered together: they share the loading of centres and lists.
const QUERIES_TOGETHER: usize = 64;

/// One exact comparison takes about as long as this many comparisons by codes.
const ITEMS_A_CANDIDATE: usize = 32;

/// The numbers of lists and candidates of one search.
#[derive(Clone, Copy, Debug)]
struct Thoroughness {
    /// The hits wanted.
    k: usize,
    /// The number of lists that are scanned.
    probes: usize,
    /// The candidates compared exactly.
    refine: usize,
}

impl IvfPqIndex {
    /// The hits of queries that were checked.
    pub(super) fn search_admitted(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let admitted = self.live.admitted(params.filter);
        let found = admitted.as_ref().map_or(self.rows(), |admitted| admitted.len());
        let thoroughness = self.thoroughness(k, params, found);
        let exactly = self.compares_all(found, thoroughness);
        let groups = queries.as_slice().par_chunks(QUERIES_TOGETHER * self.dim()).enumerate();
        let hits: Vec<Vec<Vec<Hit>>> = groups
            .map(|(group, queries)| {
                let first_query = group * QUERIES_TOGETHER;
                if exactly {
                    self.search_exactly(queries, first_query, k, &admitted)
                } else {
                    self.search_together(queries, first_query, thoroughness, &admitted)
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(hits.into_iter().flatten().collect())
    }

    /// Whether comparing all of this many items exactly takes no longer than scanning lists.
    fn compares_all(&self, admitted: usize, thoroughness: Thoroughness) -> bool {
        let items = self.len() * thoroughness.probes / self.lists();
        admitted <= thoroughness.refine + items / ITEMS_A_CANDIDATE
    }

    /// With a filter, the number of scanned lists is multiplied by the number of items per admitted item.
    fn thoroughness(&self, k: usize, params: &SearchParams<'_>, admitted: usize) -> Thoroughness {
        let probes = params.effort.nprobe.unwrap_or(self.lists().div_ceil(16).max(32)) as u128;
        let wider =
            probes * self.segments.iter().map(Lists::len).sum::<usize>() as u128 / admitted.max(1) as u128;
        let refine = params.effort.rescore.unwrap_or(k.saturating_mul(8).max(64));
        Thoroughness {
            k: k.min(admitted),
            probes: wider.clamp(1, self.lists() as u128) as usize,
            refine: refine.max(k).min(admitted).max(1),
        }
    }

    /// The hits of row-major queries; `first_query` is the row of the first, for the error.
    fn search_together(
        &self,
        queries: &[f32],
        first_query: usize,
        thoroughness: Thoroughness,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let mut directions = queries.to_vec();
        normalise(&mut directions, self.dim());
        let mut projected = Vec::new();
        self.coder.projection.project(&directions, &mut projected);
        let mut tables = Tables::default();
        tables.fill(self.instructions, &self.coder.codebooks, &projected);
        let mut scan = Scan::new(self, &tables, admitted, thoroughness.refine);
        self.visit_lists(&projected, thoroughness, &mut scan);
        let queries = queries.chunks_exact(self.dim()).zip(scan.into_best()).enumerate();
        queries
            .map(|(row, (query, best))| self.refined(query, first_query + row, best, thoroughness.k))
            .collect()
    }

    /// Scans the nearest lists of each query, first the very nearest, so that what follows is pruned quickly;
    /// then into others, as long as there are too few candidates.
    fn visit_lists(&self, projected: &[f32], thoroughness: Thoroughness, scan: &mut Scan<'_>) {
        let (lists, probes) = (self.lists(), thoroughness.probes);
        let mut products = Vec::new();
        self.coder.centres.inner_products(projected, &mut products);
        let products = products.chunks_exact(lists).enumerate();
        let nearest: Vec<Vec<Visit>> =
            products.clone().map(|(query, products)| nearest(query, products, probes)).collect();
        let first = probes.div_ceil(8);
        scan.visit(nearest.iter().flat_map(|visits| &visits[..first]).copied().collect());
        scan.visit(nearest.iter().flat_map(|visits| &visits[first..]).copied().collect());
        for (query, products) in products {
            if probes < lists && scan.candidates(query) < thoroughness.k {
                scan.visit(self::nearest(query, products, lists).split_off(probes));
            }
        }
    }

    fn refined(&self, query: &[f32], row: usize, best: Best, k: usize) -> Result<Vec<Hit>, Error> {
        let positions: Vec<(&Lists, usize)> =
            best.into_positions().map(|(position, _)| self.at(position)).collect();
        let mut top = TopK::new(k);
        for (i, &(lists, position)) in positions.iter().enumerate() {
            if let Some(&(lists, position)) = positions.get(i + AHEAD) {
                lists.rows().prefetch(query.len(), position);
            }
            top.push(self.hit(query, row, lists, position)?);
        }
        Ok(top.into_sorted())
    }

    /// Compares every admitted item.
    fn search_exactly(
        &self,
        queries: &[f32],
        first_query: usize,
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let mut top = vec![TopK::new(k); queries.len() / self.dim()];
        for lists in &self.segments {
            let positions = lists.names().iter().enumerate().filter(|&(_, &name)| admits(admitted, name));
            for (position, _) in positions {
                for (row, (query, top)) in queries.chunks_exact(self.dim()).zip(&mut top).enumerate() {
                    top.push(self.hit(query, first_query + row, lists, position)?);
                }
            }
        }
        Ok(top.into_iter().map(TopK::into_sorted).collect())
    }

    #[inline]
    fn hit(&self, query: &[f32], row: usize, lists: &Lists, position: usize) -> Result<Hit, Error> {
        let item = lists.names()[position] as usize;
        if item >= self.rows() {
            // Only in a damaged file that is mapped.
            return Err(Error::RowOutOfRange { what: "items of the index", row: item, len: self.rows() });
        }
        let similarity = lists.rows().inner_product(self.instructions, query, position);
        if similarity.is_finite() {
            return Ok(Hit::new(item, similarity));
        }
        let what = "similarity of query (row) and item (column)";
        Err(Error::NonFinite { what, row, column: item, value: similarity })
    }

    /// The segment and position of what counts through all segments.
    fn at(&self, position: u32) -> (&Lists, usize) {
        let mut position = position as usize;
        for lists in &self.segments {
            if position < lists.len() {
                return (lists, position);
            }
            position -= lists.len();
        }
        unreachable!("positions come from the segments")
    }
}

fn admits(admitted: &Admitted<'_>, name: u32) -> bool {
    admitted.as_ref().is_none_or(|admitted| admitted.contains(name as usize))
}

/// How many candidates ahead memory is asked for.
const AHEAD: usize = 2;

/// The visits of a query to its nearest lists, the nearest first.
fn nearest(query: usize, products: &[f32], probes: usize) -> Vec<Visit> {
    let mut best = Best::new(probes);
    best.extend((0..).zip(products.iter().copied()));
    best.into_sorted().map(|(list, product)| Visit { list, query: query as u32, product }).collect()
}

#[cfg(test)]
mod tests {
    use ess_core::Effort;

    use super::*;
    use crate::{ivf_pq::builder::IvfPqBuilder, progress::Progress};

    /// 640 items of 16 dimensions.
    fn index(lists: usize, scale: f32) -> IvfPqIndex {
        let items = (0..640 * 16).map(|i| (i as f32 * 0.37).sin() * scale).collect();
        let builder = IvfPqBuilder { lists: Some(lists), ..IvfPqBuilder::default() };
        builder.build(Embeddings::from_vec(items, 16).unwrap(), Progress::Silent).unwrap()
    }

    fn effort(nprobe: usize, rescore: usize) -> SearchParams<'static> {
        SearchParams::from(Effort { nprobe: Some(nprobe), rescore: Some(rescore), ..Effort::default() })
    }

    #[test]
    fn all_are_compared_where_that_costs_no_more_than_codes() {
        // 2 of 4 lists hold 320 items, which cost as much as 10 candidates.
        let (index, thoroughness) = (index(4, 1.0), Thoroughness { k: 1, probes: 2, refine: 5 });
        assert!(index.compares_all(15, thoroughness));
        assert!(!index.compares_all(16, thoroughness));
    }

    #[test]
    fn more_lists_are_looked_into_while_there_are_too_few_candidates() {
        // A list has 16 items on average, too few for 60 hits.
        let queries =
            Embeddings::from_vec((0..5 * 16).map(|i| (i as f32 * 0.41).cos()).collect(), 16).unwrap();
        let hits = index(40, 1.0).search_with(&queries, 60, &effort(1, 60)).unwrap();
        assert!(hits.iter().all(|hits| hits.len() == 60));
        // All 4 lists were scanned.
        let hits = index(4, 1.0).search_with(&queries, 600, &effort(4, 600)).unwrap();
        assert!(hits.iter().all(|hits| hits.len() == 600));
    }

    #[test]
    fn a_similarity_that_overflows_is_of_the_query_named() {
        // The 67th query is in the second group.
        let queries = (0..70 * 16).map(|i| if i / 16 == 66 { 1e30 } else { 1e-30 }).collect();
        let queries = Embeddings::from_vec(queries, 16).unwrap();
        let index = index(4, 1e30);
        for candidates in [1, 640] {
            let error = index.search_with(&queries, 1, &effort(1, candidates)).unwrap_err();
            assert!(matches!(error, Error::NonFinite { row: 66, .. }), "{candidates}: {error}");
        }
    }
}
