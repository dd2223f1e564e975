//! Nested cross-validation: fitting weights without a fold, and judging them by it.

use super::{
    ascent::ascend,
    judged::{DEPTH, Table, ndcg},
    pair_modules::PairModules,
    setting::{Part, Trials},
    too_dear::TooDear,
    trial::{Learns, SHRINKS},
};
use crate::{
    error::Error,
    features::{
        candidates::Candidates,
        feature::Feature,
        passes::{FirstPass, Passes},
        table::used,
        trust::{Searched, gate},
        weights::{Weights, weighed},
    },
    input::{batch::Batch, variant::Variant},
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
#[derive(Clone)]
pub(crate) struct FittedWeights {
    pub(crate) first: Weights,
    pub(crate) second: Weights,
    pub(crate) gate: [f32; 2],
}

impl Trials<'_> {
    /// Fits on all folds but one, and judges by that one what would be deployed: the same gate, the same ranking. `None`
    /// when the budget ends.
    ///
    /// Nothing that judges the fold saw its labels: neighbours and module are made without it. The weights are fitted to the
    /// queries of the other folds, each with neighbours and a module that saw neither the judged fold's labels nor its own.
    /// What is made with a query's own label says nothing of what it is worth on new queries. The module that judges is one
    /// of those of pairs of folds.
    pub(crate) fn judge_fold(
        &self,
        at: usize,
        variant: Variant,
        learns: Learns<'_>,
        modules: &PairModules,
    ) -> Result<Option<JudgedFold>, Error> {
        let Some((weights, searched)) = self.search_fold(at, variant, learns, modules)? else {
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
    pub(crate) fn search_fold(
        &self,
        at: usize,
        variant: Variant,
        learns: Learns<'_>,
        modules: &PairModules,
    ) -> Result<Option<(FittedWeights, Searched)>, Error> {
        let (parts, judged) = (self.judged_parts(), &self.judged_parts()[at]);
        let Some(weights) = self.fit_without(judged, variant, learns, modules)? else {
            return Ok(None);
        };
        if self.budget.is_over() {
            return Ok(None);
        }
        let next = &parts[(at + 1) % parts.len()];
        let module = modules.without(judged.fold, next.fold);
        // As deployed: what is not weighed finds nothing either.
        let passes = self.passes(&[judged.fold], weighed(&weights.first, &weights.second), module);
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
        modules: &PairModules,
    ) -> Result<Option<FittedWeights>, Error> {
        let others: Vec<&Part> = self.judged_parts().iter().filter(|part| part.fold != judged.fold).collect();
        let batches: Vec<Batch> = others.iter().map(|part| part.fitted.batch.of_variant(variant)).collect();
        let features = self.features(variant, learns);
        let passes = |part: &&Part| {
            let module = modules.without(judged.fold, part.fold);
            self.passes(&[judged.fold, part.fold], features.clone(), module)
        };
        let passes: Vec<Passes<'_>> = others.iter().map(passes).collect();
        let fit = |candidates: Vec<Candidates>, feedback| {
            let judgements: Vec<_> =
                others.iter().flat_map(|part| part.fitted.judgements(self.queries)).collect();
            self.fit(&Table::new(&features, &candidates, &judgements), feedback)
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
            second.extend(passes.second(pass, |_| weights.clone())?);
        }
        Ok(Some(FittedWeights { first: weights, second: fit(second, true), gate }))
    }

    /// The features that a trial may weigh, of those that the settings name and a search budget has room for.
    pub(crate) fn features(&self, variant: Variant, learns: Learns<'_>) -> Vec<&'static dyn Feature> {
        let allowed = |feature: &&'static dyn Feature| {
            let texts = variant == Variant::Hybrid || !feature.reads_texts();
            let dear = |dear: &TooDear| dear.variant == variant && dear.name == feature.name();
            texts && learns.allows(*feature) && !self.too_dear.iter().any(dear)
        };
        used(&self.config.features).into_iter().filter(allowed).collect()
    }

    fn fit(&self, table: &Table, feedback: bool) -> Weights {
        let asked = table.features.iter().map(|feature| feedback || !feature.is_feedback());
        let features: Vec<usize> =
            asked.enumerate().filter(|&(at, asked)| asked && table.has(at)).map(|(at, _)| at).collect();
        let penalty = self.config.penalty / (table.queries() as f64).sqrt();
        ascend(table, &features, penalty)
    }
}
