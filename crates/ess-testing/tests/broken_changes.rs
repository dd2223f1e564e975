//! Indexes that break a promise about filters, changes and files are found out.

use std::{ops::Range, path::Path};

use ess_core::{Capabilities, Embeddings, Error, Hit, Index, MutableIndex, PersistentIndex, SearchParams};
use ess_testing::index::{self, Promise};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    IgnoresFilters,
    ForgetsToRemove,
    GivesRowsAgain,
    ChangesBeforeItChecks,
}

/// Compares everything; `None` is a removed item.
struct Scan {
    rows: Vec<Option<Vec<f32>>>,
    dim: usize,
    fault: Fault,
}

impl Scan {
    fn new(items: Embeddings, fault: Fault) -> Self {
        let rows = items.rows().map(|row| Some(row.to_vec())).collect();
        Self { rows, dim: items.dim(), fault }
    }
}

impl Index for Scan {
    fn dim(&self) -> usize {
        self.dim
    }

    fn len(&self) -> usize {
        self.rows.iter().flatten().count()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.check_search(queries, k)?;
        params.effort.check()?;
        let filter = params.filter.filter(|_| self.fault != Fault::IgnoresFilters);
        let answer = |query: &[f32]| {
            let admitted =
                self.rows.iter().enumerate().filter(|(row, _)| filter.is_none_or(|f| f.admits(*row)));
            let mut hits: Vec<Hit> = admitted
                .filter_map(|(row, item)| item.as_ref().map(|item| (row, item)))
                .map(|(row, item)| Hit::new(row, query.iter().zip(item).map(|(q, x)| q * x).sum()))
                .map(|hit| Hit::new(hit.item, hit.similarity.clamp(f32::MIN, f32::MAX)))
                .collect();
            hits.sort_by(Hit::by_relevance);
            hits.truncate(k);
            hits
        };
        Ok(queries.rows().map(answer).collect())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { filter: true, ..Capabilities::default() }
    }
}

impl MutableIndex for Scan {
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
        Error::check_dim("items added", self.dim, items.dim())?;
        if self.fault == Fault::GivesRowsAgain && self.is_empty() {
            self.rows.clear();
        }
        let first = self.rows.len();
        self.rows.extend(items.rows().map(|row| Some(row.to_vec())));
        Ok(first..self.rows.len())
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
        if self.fault == Fault::ChangesBeforeItChecks {
            for &row in rows.iter().filter(|row| **row < 400) {
                self.rows[row] = None;
            }
        }
        self.check_remove(rows)?;
        let forgotten = usize::from(self.fault == Fault::ForgetsToRemove);
        rows.iter().skip(forgotten).for_each(|&row| self.rows[row] = None);
        Ok(())
    }
}

/// Keeps its numbers in a file with nothing to check them by.
impl PersistentIndex for Scan {
    fn save(&self, path: &Path) -> Result<(), Error> {
        let numbers: Vec<f32> = self.rows.iter().flatten().flatten().copied().collect();
        let mut bytes = (self.dim as u32).to_le_bytes().to_vec();
        bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        std::fs::write(path, bytes).map_err(Error::external)
    }

    fn open(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::external)?;
        let words = bytes.chunks(4).map(|word| word.try_into().map_err(|_| Error::external("torn")));
        let words = words.collect::<Result<Vec<[u8; 4]>, _>>()?;
        let [dim, components @ ..] = &words[..] else { return Err(Error::external("empty")) };
        let components = components.iter().map(|x| f32::from_le_bytes(*x)).collect();
        Ok(Self::new(Embeddings::from_vec(components, u32::from_le_bytes(*dim) as usize)?, Fault::None))
    }

    fn open_mapped(path: &Path) -> Result<Self, Error> {
        Self::open(path)
    }
}

fn changing(fault: Fault) {
    index::changing_conforms(|items| Scan::new(items, fault), &Promise::EXACT);
}

#[test]
fn without_a_fault_all_is_well() {
    index::conforms(|items| Scan::new(items, Fault::None), &Promise::EXACT);
    changing(Fault::None);
}

#[test]
#[should_panic(expected = "a filter that admits none")]
fn filters_ignored() {
    index::conforms(|items| Scan::new(items, Fault::IgnoresFilters), &Promise::EXACT);
}

#[test]
#[should_panic(expected = "remove: len and rows")]
fn an_item_not_removed() {
    changing(Fault::ForgetsToRemove);
}

#[test]
#[should_panic(expected = "rows are not given again")]
fn rows_given_again() {
    changing(Fault::GivesRowsAgain);
}

#[test]
#[should_panic(expected = "wrong changes change nothing")]
fn half_a_change() {
    changing(Fault::ChangesBeforeItChecks);
}

#[test]
#[should_panic(expected = "cut after")]
fn a_file_without_a_length() {
    index::persistent_conforms(|items| Scan::new(items, Fault::None));
}
