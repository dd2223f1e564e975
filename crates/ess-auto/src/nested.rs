//! Nested cross-validation: fitting weights without a fold, and judging them by it.

use crate::{
    Error, Signal, Variant, Weights,
    ascent::ascend,
    batch::Batch,
    candidates::Candidates,
    gated::{Searched, gate},
    pair_heads::PairHeads,
    passes::{FirstPass, Passes},
    table::{DEPTH, Table, ndcg},
    trial::{Learns, SHRINKS},
    trials::{Part, Trials},
};

/// What was fitted without a fold, and how good it is on that fold.
pub(crate) struct JudgedFold {
    pub(crate) weights: FittedWeights,
    /// nDCG@10 of each query under each share of [`SHRINKS`].
    pub(crate) values: Vec<Vec<f32>>,
    /// nDCG@10 of each query by the frozen encoder.
    pub(crate) frozen: Vec<f32>,
    /// The cosine of each query to the nearest training query.
    pub(crate) near: Vec<f32>,
}

/// Weights of both passes, and how near a query must be for them to be trusted.
#[derive(Clone, Copy)]
pub(crate) struct FittedWeights {
    pub(crate) first: Weights,
    pub(crate) second: Weights,
    pub(crate) gate: [f32; 2],
}

impl Trials<'_> {
    /// Fits on all folds but one, and judges by that one what would be deployed: the same gate, the same ranking. `None`
    /// when the budget ends.
    ///
    /// Nothing that judges the fold saw its labels: memory and head are made without it. The weights are fitted to the
    /// queries of the other folds, each with a memory and a head that saw neither the judged fold's labels nor its own:
    /// what is made with a query's own label says nothing of what it is worth on new queries. The head that judges is one
    /// of those of pairs of folds.
    pub(crate) fn judge_fold(
        &self,
        at: usize,
        variant: Variant,
        learns: Learns<'_>,
        heads: &PairHeads,
    ) -> Result<Option<JudgedFold>, Error> {
        let Some((weights, searched)) = self.search_fold(at, variant, learns, heads)? else {
            return Ok(None);
        };
        let judgements = self.judged_parts()[at].held.judgements(self.queries);
        let values = |second: &Weights| -> Vec<f32> {
            let one = |(row, judged)| ndcg(&searched.rank(row, second, DEPTH), judged) as f32;
            judgements.iter().copied().enumerate().map(one).collect()
        };
        Ok(Some(JudgedFold {
            values: SHRINKS.iter().map(|&share| values(&weights.second.shrunk(share))).collect(),
            frozen: values(&Weights::frozen()),
            weights,
            near: searched.near,
        }))
    }

    /// What was fitted without a fold, and its queries searched with that: all without a look at its labels.
    fn search_fold(
        &self,
        at: usize,
        variant: Variant,
        learns: Learns<'_>,
        heads: &PairHeads,
    ) -> Result<Option<(FittedWeights, Searched)>, Error> {
        let (parts, judged) = (self.judged_parts(), &self.judged_parts()[at]);
        let Some(weights) = self.fit_without(judged, variant, learns, heads)? else {
            return Ok(None);
        };
        if self.budget.is_over() {
            return Ok(None);
        }
        let next = &parts[(at + 1) % parts.len()];
        let passes = self.passes(&[judged.fold], heads.without(judged.fold, next.fold));
        let batch = judged.held.batch.of_variant(variant);
        let searched = passes.search(&batch, &weights.first, weights.gate)?;
        Ok(Some((weights, searched)))
    }

    /// Weights for a fold by the queries of all others.
    fn fit_without(
        &self,
        judged: &Part,
        variant: Variant,
        learns: Learns<'_>,
        heads: &PairHeads,
    ) -> Result<Option<FittedWeights>, Error> {
        let others: Vec<&Part> = self.judged_parts().iter().filter(|part| part.fold != judged.fold).collect();
        let batches: Vec<Batch> = others.iter().map(|part| part.fitted.batch.of_variant(variant)).collect();
        let passes =
            |part: &&Part| self.passes(&[judged.fold, part.fold], heads.without(judged.fold, part.fold));
        let passes: Vec<Passes<'_>> = others.iter().map(passes).collect();
        let allowed = |signal, feedback| learns.allows(signal) && variant.allows(signal, feedback);
        let fit = |candidates: Vec<Candidates>, feedback| {
            let judgements: Vec<_> =
                others.iter().flat_map(|part| part.fitted.judgements(self.queries)).collect();
            self.fit(&Table::new(&candidates, &judgements), |signal| allowed(signal, feedback))
        };
        let mut first: Vec<FirstPass<'_>> = Vec::new();
        for (passes, batch) in passes.iter().zip(&batches) {
            if self.budget.is_over() {
                return Ok(None);
            }
            first.push(passes.first(batch)?);
        }
        let gate = gate(first.iter().flat_map(FirstPass::near));
        let weights = fit(first.iter().flat_map(|pass| pass.candidates.iter().cloned()).collect(), false);
        let mut second = Vec::new();
        for (passes, pass) in passes.iter().zip(&first) {
            if self.budget.is_over() {
                return Ok(None);
            }
            second.extend(passes.second(pass, |_| weights)?);
        }
        Ok(Some(FittedWeights { first: weights, second: fit(second, true), gate }))
    }

    fn fit(&self, table: &Table, allowed: impl Fn(Signal) -> bool) -> Weights {
        let signals: Vec<Signal> =
            Signal::ALL.into_iter().filter(|&signal| allowed(signal) && table.has(signal)).collect();
        let penalty = self.config.penalty / (table.queries() as f64).sqrt();
        ascend(table, &signals, penalty)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::tensor::Device;
    use ess_core::{Embeddings, Ids, Searcher};
    use ess_train::{Judgement, QuerySet};

    use super::*;
    use crate::{
        AutoConfig, AutoModule, AutoQueries, Choice, Collection, TrainingQueries,
        auto_module::{Plan, SavedMemory},
        budget::{Budget, in_own_threads},
        head::HeadItems,
        inputs,
        memory::Memory,
        passes::Scale,
    };

    /// Items on a circle whose texts name them, and queries a little beside theirs, some far from all others.
    fn small() -> (Collection, TrainingQueries) {
        let point = |angle: f32| [angle.cos(), angle.sin(), 0.3 * (5.0 * angle).sin()];
        let items: Vec<_> = (0..50).map(|item| point(item as f32 * 0.12)).collect();
        let ids = Ids::new((0..50).map(|item| format!("d{item}")).collect()).unwrap();
        let texts: Vec<String> = (0..50).map(|item| format!("name{} of many", item % 40)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let collection = Collection::new(ids, Embeddings::from_rows(&items).unwrap()).unwrap();
        let collection = collection.with_texts(&texts, AutoConfig::default().lexical).unwrap();
        let asked = |query: usize| (query * 7) % 25;
        let queries: Vec<_> = (0..60)
            .map(|query| {
                let [x, y, z] = point(asked(query) as f32 * 0.12 + 0.2 + 0.01 * (query % 9) as f32);
                if query % 6 == 0 { [x, y, z - 0.4 - 0.05 * query as f32] } else { [x, y, z] }
            })
            .collect();
        let judged = (0..60).map(|query| vec![Judgement { item: asked(query), grade: 1 }]).collect();
        let set = QuerySet::new(Embeddings::from_rows(&queries).unwrap(), judged).unwrap();
        let texts = (0..60).map(|query| format!("name{} please", asked(query))).collect();
        (collection, TrainingQueries::new(set).with_texts(texts).unwrap())
    }

    /// The module that would be deployed had the fold not been there.
    fn deployed(
        trials: &Trials<'_>,
        weights: FittedWeights,
        share: f32,
        learned: &TrainingQueries,
    ) -> AutoModule {
        let choice = Choice {
            trial: Some("no head".to_owned()),
            first: weights.first,
            second: weights.second.shrunk(share),
            gate: weights.gate,
            ..Choice::frozen("", trials.config)
        };
        let plan = Plan {
            scale: trials.scale,
            pool: trials.config.pool,
            attention: trials.config.attention,
            expansion: trials.config.expansion,
            lexical: trials.config.lexical,
            dense: choice.clone(),
            hybrid: Some(choice),
            stems: None,
            memory: SavedMemory::new(trials.collection, learned),
        };
        AutoModule::new(plan, Vec::new(), learned.set().encodings().clone())
    }

    fn some(queries: &TrainingQueries, rows: &[usize]) -> TrainingQueries {
        let texts = rows.iter().map(|&row| queries.texts().unwrap()[row].clone()).collect();
        TrainingQueries::new(queries.set().select(rows).unwrap()).with_texts(texts).unwrap()
    }

    fn encoded(collection: &Collection, queries: &TrainingQueries, variant: Variant) -> AutoQueries {
        let texts: Vec<&str> = queries.texts().unwrap().iter().map(String::as_str).collect();
        match variant {
            Variant::Dense => AutoQueries::new(queries.set().encodings().clone()),
            Variant::Hybrid => collection.encode(queries.set().encodings(), &texts).unwrap(),
        }
    }

    /// Does something with the trials of 60 queries, the `n`th of which is in fold `n % 5`.
    fn with_trials<T: Send>(
        collection: &Collection,
        queries: &TrainingQueries,
        work: impl FnOnce(&Trials<'_>) -> Result<T, Error> + Send,
    ) -> T {
        let config = AutoConfig { pool: 10, ..AutoConfig::default() };
        let batch = inputs::batch(collection, queries).unwrap();
        let fold_of: Vec<usize> = (0..60).map(|query| query % 5).collect();
        in_own_threads(|| {
            let budget = Budget::new(1e6, 0.0);
            let mut trials = Trials {
                memory: Memory::of_all(queries, &batch).with_folds(&fold_of),
                parts: Vec::new(),
                collection,
                queries,
                batch: &batch,
                fold_of: &fold_of,
                head_items: &HeadItems::new(collection.len(), 0, &Device::flex()),
                config: &config,
                scale: Scale::of(&batch.dense, collection),
                budget: &budget,
                tick: &|| Ok(()),
            };
            trials.parts = Part::all(queries, &batch, &fold_of, 5, &trials.passes(&[], None))?;
            work(&trials)
        })
        .unwrap()
    }

    #[test]
    fn a_held_out_query_is_judged_by_what_the_deployed_searcher_ranks() {
        let (collection, queries) = small();
        with_trials(&collection, &queries, |trials| {
            let mut differing = BTreeMap::new();
            for (fold, variant) in (0..5).flat_map(|fold| [(fold, Variant::Dense), (fold, Variant::Hybrid)]) {
                let heads = PairHeads::default();
                let judged = trials.judge_fold(fold, variant, Learns::Memory, &heads)?.unwrap();
                let rows = |held| (0..60).filter(move |row| (row % 5 == fold) == held).collect::<Vec<_>>();
                let (held, learned) = (some(&queries, &rows(true)), some(&queries, &rows(false)));
                for (at, &share) in SHRINKS.iter().enumerate() {
                    let module = deployed(trials, judged.weights, share, &learned);
                    let searcher = module.bind(&collection)?;
                    let hits = searcher.search(&encoded(&collection, &held, variant), DEPTH)?;
                    let found =
                        hits.iter().zip(held.set().judgements()).map(|(hits, judged)| ndcg(hits, judged));
                    let found: Vec<f32> = found.map(|value| value as f32).collect();
                    assert_eq!(found, judged.values[at], "{variant:?}, fold {fold}, share {share}");
                    let differs = found.iter().zip(&judged.frozen).filter(|(a, b)| a != b).count();
                    *differing.entry(variant).or_insert(0) += differs;
                }
                assert!(judged.near.iter().any(|&near| near < judged.weights.gate[1]) || fold > 0);
            }
            assert!(differing.values().all(|&differing| differing > 20), "{differing:?}");
            Ok(())
        });
    }

    /// Weights, gate and rankings of each fold, with a memory and with a head, by embeddings and by texts too.
    fn judges(collection: &Collection, queries: &TrainingQueries) -> Vec<Vec<String>> {
        with_trials(collection, queries, |trials| {
            let head = &trials.config.heads[0];
            let learns = [Learns::Memory, Learns::Head(head)];
            let with_heads = PairHeads::train(trials, Some(head))?.unwrap();
            let of_fold = |fold| -> Result<Vec<String>, Error> {
                let mut judges = Vec::new();
                for (variant, learns) in
                    [Variant::Dense, Variant::Hybrid].into_iter().flat_map(|v| learns.map(|l| (v, l)))
                {
                    let none = PairHeads::default();
                    let heads = if learns.head().is_some() { &with_heads } else { &none };
                    let (fitted, searched) = trials.search_fold(fold, variant, learns, heads)?.unwrap();
                    judges.push(format!("{:?} {:?} {:?}", fitted.first, fitted.second, fitted.gate));
                    for share in SHRINKS {
                        let second = fitted.second.shrunk(share);
                        let rankings = (0..searched.near.len()).map(|row| searched.rank(row, &second, DEPTH));
                        judges.push(format!("{:?}", rankings.collect::<Vec<_>>()));
                    }
                }
                Ok(judges)
            };
            (0..5).map(of_fold).collect()
        })
    }

    #[test]
    fn the_labels_of_a_fold_change_nothing_that_judges_it_and_something_of_all_others() {
        let (collection, queries) = small();
        let before = judges(&collection, &queries);
        for fold in 0..5 {
            let other = |(row, judged): (usize, &Vec<Judgement>)| match judged[0] {
                Judgement { item, grade } if row % 5 == fold => {
                    vec![Judgement { item: (item + 19) % 50, grade }]
                }
                same => vec![same],
            };
            let judged = queries.set().judgements().iter().enumerate().map(other).collect();
            let set = QuerySet::new(queries.set().encodings().clone(), judged).unwrap();
            let relabelled = TrainingQueries::new(set).with_texts(queries.texts().unwrap().to_vec()).unwrap();
            let after = judges(&collection, &relabelled);
            for judged in 0..5 {
                assert_eq!(before[judged] == after[judged], judged == fold, "{fold} {judged}");
            }
        }
    }
}
