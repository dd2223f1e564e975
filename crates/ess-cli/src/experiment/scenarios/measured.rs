//! What one place of the dial gives.

use anyhow::Result;
use ess_core::{Embeddings, SearchModule};
use ess_linalg::{AffineMap, Moments};
use ess_search::{LowRank, LowRankConfig};
use ess_train::{QuerySet, RecipeConfig};
use serde::{Deserialize, Serialize};

use crate::{
    data::split_data_set::Opened,
    experiment::{
        kept::Kept,
        over_seeds::OverSeeds,
        task::{Task, Trained},
    },
};

use super::{
    dial::{self, Dial},
    directions, leace,
    setting::Setting,
};

/// A data set at one place of the dial, with one seed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) setting: Setting,
    /// The share of the items' variance that the encodings keep.
    pub(super) kept: f64,
    /// nDCG@10 of each test query by the encodings alone.
    pub(super) frozen: Vec<f64>,
    #[serde(flatten)]
    pub(super) trained: Trained,
}

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    /// The kind of searching module.
    pub(super) module: String,
    pub(super) measured: Vec<Kept<Measured>>,
}

/// A place of the dial over all seeds.
pub(super) struct Place<'a> {
    pub(super) setting: &'a Setting,
    pub(super) kept: f64,
    pub(super) frozen: OverSeeds,
    pub(super) trained: OverSeeds,
    /// In how many runs the guard returned the module, of how many.
    pub(super) returned: [usize; 2],
}

impl Measured {
    /// Measures it. `other` is the data set that a task's directions are taken of.
    pub(super) fn of(
        setting: &Setting,
        whole: &RecipeConfig,
        data: &Opened,
        other: Option<&Opened>,
        seed: u64,
    ) -> Result<Self> {
        let mut dial = dial_of(setting, data.dataset.items(), other, seed)?;
        // A length that a change gives a vector is no part of what it should say.
        let task = Task::encoded(data, |vectors| Ok((dial.change)(vectors)?.normalized()))?;
        let module = match setting {
            Setting::Rank(rank) => {
                RecipeConfig::module::<LowRank>(LowRankConfig { rank: *rank, ..LowRankConfig::default() })
            }
            _ => whole.clone(),
        };
        let (frozen, trained) = (task.frozen()?, task.fit(&module, seed)?);
        Ok(Self { setting: setting.clone(), kept: dial.kept, frozen, trained })
    }
}

fn dial_of(setting: &Setting, items: &Embeddings, other: Option<&Opened>, seed: u64) -> Result<Dial> {
    type OfTask = fn(&Embeddings, &QuerySet, usize) -> Result<AffineMap>;
    let of_task = |count: usize, map: OfTask| {
        let other = other.ok_or_else(|| anyhow::anyhow!("no data set to take directions of"))?;
        let map = map(other.dataset.items(), &other.train.set, count)?;
        let kept = Moments::of(&map.apply(items)?).mean_variance() / Moments::of(items).mean_variance();
        Ok(Dial { change: Box::new(move |vectors: &Embeddings| Ok(map.apply(vectors)?)), kept })
    };
    match setting {
        Setting::Generic | Setting::Rank(_) => {
            Ok(Dial { change: Box::new(|vectors| Ok(vectors.clone())), kept: 1.0 })
        }
        Setting::Noise(percent) => Ok(dial::noise(f64::from(*percent) / 100.0, seed)),
        Setting::Components(count) => dial::components(items, *count),
        Setting::Bits(bits) => dial::bits(items, *bits),
        Setting::Only(_, count) => of_task(*count, directions::only),
        Setting::Without(_, count) => of_task(*count, directions::without),
        Setting::OnlyByLeace(_, count) => of_task(*count, leace::only),
        Setting::WithoutByLeace(_, count) => of_task(*count, leace::without),
    }
}

impl Results {
    /// The places of a data set, each over its seeds, in the order in which they were measured.
    pub(super) fn places(&self, name: &str) -> Vec<Place<'_>> {
        let on: Vec<&Measured> =
            self.measured.iter().filter(|kept| kept.name() == name).map(|kept| &kept.found).collect();
        let place = |runs: &[&'_ Measured]| {
            let of = |values: fn(&Measured) -> &[f64]| OverSeeds::of(runs.iter().map(|run| values(run)));
            let returned = runs.iter().filter(|run| run.trained.returned).count();
            (of(|run| &run.frozen), of(|run| &run.trained.trained), [returned, runs.len()])
        };
        on.chunk_by(|one, other| one.setting == other.setting)
            .map(|runs| {
                let (frozen, trained, returned) = place(runs);
                Place { setting: &runs[0].setting, kept: runs[0].kept, frozen, trained, returned }
            })
            .collect()
    }
}
