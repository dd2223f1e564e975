//! What training sees of a task: some of its queries and items.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use ess_core::Embeddings;
use ess_train::{Judgement, QuerySet};
use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How much of a task training sees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Training queries at most, and as many of dev.
    pub(crate) queries: usize,
    /// Items at most, beside those that the queries are judged on.
    pub(crate) items: usize,
}

/// Queries and items of one task, or of several.
pub(crate) struct Sample {
    pub(crate) items: Embeddings,
    pub(crate) train: QuerySet,
    pub(crate) dev: QuerySet,
}

impl Sample {
    /// Draws from the training and dev queries of one task, which are judged on these items.
    pub(crate) fn of(sets: [&QuerySet; 2], all: &Embeddings, limits: Limits, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut some = |set: &QuerySet| {
            let mut rows = sample(&mut rng, set.len(), set.len().min(limits.queries)).into_vec();
            rows.sort_unstable();
            set.select(&rows)
        };
        let (train, dev) = (some(sets[0])?, some(sets[1])?);
        let judged = [&train, &dev].into_iter().flat_map(|set| set.judgements()).flatten();
        let mut rows: BTreeSet<usize> = judged.map(|judgement| judgement.item).collect();
        rows.extend(sample(&mut rng, all.len(), all.len().min(limits.items)));
        let rows: Vec<usize> = rows.into_iter().collect();
        let numbers: BTreeMap<usize, usize> = rows.iter().enumerate().map(|(at, &row)| (row, at)).collect();
        let number = |item: usize| numbers.get(&item).copied();
        let items = all.select(&rows)?;
        Ok(Self { items, train: renumbered(&train, number)?, dev: renumbered(&dev, number)? })
    }

    /// Several tasks as one, over the items of all.
    pub(crate) fn join(samples: Vec<Self>) -> Result<Self> {
        let mut samples = samples.into_iter();
        let Some(mut all) = samples.next() else { anyhow::bail!("no source to train on") };
        for more in samples {
            let before = all.items.len();
            let moved = |set: &QuerySet| renumbered(set, |item| Some(item + before));
            let (train, dev) = (all.train.join(&moved(&more.train)?)?, all.dev.join(&moved(&more.dev)?)?);
            let items = [all.items.as_slice(), more.items.as_slice()].concat();
            all = Self { items: Embeddings::from_vec(items, more.items.dim())?, train, dev };
        }
        Ok(all)
    }
}

/// The same queries over items with other numbers; what has no number is left out.
fn renumbered(set: &QuerySet, number: impl Fn(usize) -> Option<usize>) -> Result<QuerySet> {
    let of_query = |judged: &Vec<Judgement>| {
        let known =
            judged.iter().filter_map(|judged| Some(Judgement { item: number(judged.item)?, ..*judged }));
        known.collect()
    };
    let renumbered = QuerySet::new(set.encodings().clone(), set.judgements().iter().map(of_query).collect())?;
    let own = set.left_out().iter().map(|own| own.and_then(&number)).collect::<Vec<_>>();
    Ok(if own.is_empty() { renumbered } else { renumbered.with_left_out(own)? })
}
