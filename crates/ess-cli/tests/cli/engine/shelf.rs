//! An engine of the tests' own: items in a file, which outlives processes, and faults by its settings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use ess_core::{Effort, Embeddings, Hit, TopK};
use ess_engines::{Admitted, Engine, EngineSettings, Error, Extent, NamedEngine};
use serde::{Deserialize, Serialize};

/// Where items are, and what goes wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShelfConfig {
    pub(crate) file: PathBuf,
    pub(crate) dim: usize,
    /// After it stored for the so manieth time, the process is gone.
    #[serde(default)]
    pub(crate) dies_after: Option<usize>,
    /// It does not answer from the so manieth time on that items are to be stored.
    #[serde(default)]
    pub(crate) lost_from: Option<usize>,
}

/// What the file has.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Held {
    dim: usize,
    /// The bits of each item's components.
    rows: BTreeMap<usize, Vec<u32>>,
    /// First row and number of items of all that was ever stored, in order.
    pub(crate) stored: Vec<(usize, usize)>,
}

impl Held {
    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).ok();
        text.map_or_else(Self::default, |text| serde_json::from_str(&text).unwrap())
    }

    /// Whether there are these items in their rows, and no others.
    pub(crate) fn are(&self, items: &Embeddings) -> bool {
        let bits = items.rows().map(bits);
        self.rows.keys().copied().eq(0..items.len()) && bits.eq(self.rows.values().cloned())
    }
}

fn bits(item: &[f32]) -> Vec<u32> {
    item.iter().map(|value| value.to_bits()).collect()
}

pub(crate) struct Shelf {
    config: ShelfConfig,
    stored: AtomicUsize,
}

impl NamedEngine for Shelf {
    const NAME: &'static str = "shelf";
    type Config = ShelfConfig;

    fn open(config: ShelfConfig, _: &EngineSettings) -> Result<Self, Error> {
        let found = Held::read(&config.file).dim;
        if found != 0 && found != config.dim {
            let (engine, collection) = ("shelf", config.file.display().to_string());
            let (expected, found) = (format!("dimension {}", config.dim), found.to_string());
            return Err(Error::Collection { engine, collection, expected, found });
        }
        Ok(Self { config, stored: AtomicUsize::new(0) })
    }
}

impl Shelf {
    fn change(&self, change: impl FnOnce(&mut Held)) {
        let mut held = Held::read(&self.config.file);
        held.dim = self.config.dim;
        change(&mut held);
        std::fs::write(&self.config.file, serde_json::to_string(&held).unwrap()).unwrap();
    }
}

impl Engine for Shelf {
    fn dim(&self) -> usize {
        self.config.dim
    }

    fn exact(&self) -> bool {
        true
    }

    fn place(&self) -> Option<String> {
        Some(format!("the shelf {}", self.config.file.display()))
    }

    fn extent(&self) -> Result<Extent, Error> {
        let rows = Held::read(&self.config.file).rows;
        let next_row = rows.last_key_value().map_or(0, |(row, _)| row + 1);
        Ok(Extent { items: rows.len(), next_row })
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let time = 1 + self.stored.fetch_add(1, Ordering::SeqCst);
        if self.config.lost_from.is_some_and(|from| time >= from) {
            let (engine, address, operation) = ("shelf", "the hall".to_owned(), "store items");
            return Err(Error::Unreachable { engine, address, operation, source: "it is unplugged".into() });
        }
        self.change(|held| {
            held.rows.extend((first_row..).zip(items.rows().map(bits)));
            held.stored.push((first_row, items.len()));
        });
        if self.config.dies_after == Some(time) {
            // As when the process is killed: nothing is dropped or written any more.
            std::process::exit(9);
        }
        Ok(())
    }

    fn delete(&self, rows: &[i64]) -> Result<(), Error> {
        self.change(|held| held.rows.retain(|row, _| !rows.contains(&(*row as i64))));
        Ok(())
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        _: &Effort,
        _: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let rows = Held::read(&self.config.file).rows;
        let product = |query: &[f32], item: &[u32]| {
            query.iter().zip(item).map(|(value, &bits)| value * f32::from_bits(bits)).sum()
        };
        let answer = |query: &[f32]| {
            let mut best = TopK::new(k);
            rows.iter().for_each(|(&row, item)| best.push(Hit::new(row, product(query, item))));
            best.into_sorted()
        };
        Ok(queries.rows().map(answer).collect())
    }
}
