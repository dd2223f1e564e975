//! An engine whose requests fail as those of a real one do: before they are carried out, after, or not.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ess_core::{Effort, Embeddings, Hit, InnerProduct, Similarity, TopK};
use ess_engines::{Admitted, AppendId, Engine, Error, Extent};
use proptest::prelude::*;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Answered,
    /// It never arrives.
    LostBefore,
    /// It is carried out and the answer is lost.
    LostAfter,
    Refused,
    /// It is refused, after another client added an item behind all rows that were set aside.
    Overtaken,
}

/// What an engine of the tests holds.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) rows: BTreeMap<i64, Vec<f32>>,
    /// Rows below are taken, with items or without.
    reserved_until: usize,
    appends: BTreeMap<AppendId, usize>,
}

/// How rows are numbered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Numbering {
    /// By the index.
    Unknown,
    /// By the index, which knows others that write to the same place.
    Placed,
    /// By the engine, which sets rows aside.
    Reserved,
    /// By the engine, which stores all items or none.
    Own,
}

/// Items in memory behind a line that fails by a plan; after the plan, all is well.
pub(crate) struct Unreliable {
    dim: usize,
    held: Arc<Mutex<Held>>,
    numbering: Numbering,
    plan: Vec<Fate>,
    pub(crate) requests: AtomicUsize,
}

impl Unreliable {
    pub(crate) fn new(dim: usize, plan: Vec<Fate>) -> Self {
        Self::beside(&Arc::default(), Numbering::Unknown, dim, plan)
    }

    /// Another client of what is held.
    pub(crate) fn beside(held: &Arc<Mutex<Held>>, numbering: Numbering, dim: usize, plan: Vec<Fate>) -> Self {
        Self { dim, held: Arc::clone(held), numbering, plan, requests: AtomicUsize::new(0) }
    }

    /// Ends the plan.
    pub(crate) fn mend(&self) {
        self.requests.store(self.plan.len(), Ordering::SeqCst);
    }

    fn request<T>(&self, act: impl FnOnce(&mut BTreeMap<i64, Vec<f32>>) -> T) -> Result<T, Error> {
        self.request_held(|held| act(&mut held.rows))
    }

    fn request_held<T>(&self, act: impl FnOnce(&mut Held) -> T) -> Result<T, Error> {
        // Others come in between.
        thread::yield_now();
        let fate = self.plan.get(self.requests.fetch_add(1, Ordering::SeqCst)).copied();
        let (engine, address, operation) = ("memory", "here".to_owned(), "answer");
        let source = || "unplugged".into();
        if fate == Some(Fate::LostBefore) {
            return Err(Error::Unreachable { engine, address, operation, source: source() });
        }
        if fate == Some(Fate::Overtaken) {
            let mut held = self.held.lock().unwrap();
            let row = held.reserved_until;
            held.rows.insert(row as i64, vec![1.0; self.dim]);
            held.reserved_until += 1;
        }
        if matches!(fate, Some(Fate::Refused | Fate::Overtaken)) {
            return Err(Error::Refused { engine, address, operation, source: source() });
        }
        let answer = act(&mut self.held.lock().unwrap());
        match fate {
            Some(Fate::LostAfter) => Err(Error::Timeout { engine, address, operation, seconds: 0.0 }),
            _ => Ok(answer),
        }
    }
}

impl Engine for Unreliable {
    fn dim(&self) -> usize {
        self.dim
    }

    fn exact(&self) -> bool {
        true
    }

    fn extent(&self) -> Result<Extent, Error> {
        self.request(|rows| Extent {
            items: rows.len(),
            next_row: rows.last_key_value().map_or(0, |(&row, _)| row as usize + 1),
        })
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        self.request(|rows| {
            rows.extend(items.rows().enumerate().map(|(at, item)| ((first_row + at) as i64, item.to_vec())));
        })
    }

    fn numbers_rows(&self) -> bool {
        self.numbering == Numbering::Own
    }

    fn append(&self, id: AppendId, first_free: usize, items: &Embeddings) -> Result<usize, Error> {
        let appended = self.request_held(|held| {
            let last = held.rows.last_key_value().map_or(0, |(&row, _)| row as usize + 1);
            let first_row = *held.appends.entry(id).or_insert(first_free.max(last));
            let rows = (first_row..).map(|row| row as i64);
            held.rows.extend(rows.zip(items.rows().map(<[f32]>::to_vec)));
            first_row
        });
        // What a client library knows of a lost answer.
        appended.map_err(|error| match self.held.lock().unwrap().appends.get(&id) {
            Some(&first_row) => {
                Error::Uncertain { first_row, end: first_row + items.len(), source: Box::new(error) }
            }
            None => error,
        })
    }

    fn reserve(&self, first_free: usize, rows: usize) -> Result<Option<usize>, Error> {
        if self.numbering != Numbering::Reserved {
            return Ok(None);
        }
        self.request_held(|held| {
            let last = held.rows.last_key_value().map_or(0, |(&row, _)| row as usize + 1);
            let first_row = first_free.max(last).max(held.reserved_until);
            held.reserved_until = first_row + rows;
            Some(first_row)
        })
    }

    fn place(&self) -> Option<String> {
        (self.numbering == Numbering::Placed).then(|| format!("memory at {:p}", Arc::as_ptr(&self.held)))
    }

    fn delete(&self, deleted: &[i64]) -> Result<(), Error> {
        self.request(|rows| rows.retain(|row, _| !deleted.contains(row)))
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        _: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.request(|rows| {
            let admits = |row: &i64| match admitted {
                None => true,
                Some(Admitted::Only(rows)) => rows.contains(row),
                Some(Admitted::AllBut(rows)) => !rows.contains(row),
            };
            let answer = |query: &[f32]| {
                let query = Embeddings::from_rows(&[query]).unwrap();
                let mut best = TopK::new(k);
                for (&row, item) in rows.iter().filter(|(row, _)| admits(row)) {
                    let item = Embeddings::from_rows(&[item]).unwrap();
                    let similarity = InnerProduct.similarities(&query, &item);
                    best.push(Hit::new(row as usize, similarity.map_or(f32::INFINITY, |s| s[[0, 0]])));
                }
                best.into_sorted()
            };
            queries.rows().map(answer).collect()
        })
    }
}

/// What becomes of up to 20 requests; opening, which asks once, comes before them and is answered.
pub(crate) fn plans() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        Just(Fate::Answered),
        Just(Fate::LostBefore),
        Just(Fate::LostAfter),
        Just(Fate::Refused),
    ];
    proptest::collection::vec(fate, 0..20).prop_map(|plan| [vec![Fate::Answered], plan].concat())
}
