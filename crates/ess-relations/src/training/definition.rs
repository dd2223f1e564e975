//! Training as a whole.

use std::{sync::Arc, time::Instant};

use ess_core::Embeddings;
use indicatif::ProgressBar;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    asked::Asked,
    batches::batches,
    config::RelationTraining,
    progress::Progress,
    report::{TrainingReport, ValidPoint},
    state::State,
    step::step,
};
use crate::{
    affine::Affine,
    error::Error,
    evaluation::{ranks::ranks, summary::RankSummary},
    graph::{
        definition::{KnowledgeGraph, Part},
        known::Known,
    },
    model::definition::RelationModel,
    parameters::Parameters,
    rows::Rows,
    trained::{definition::RelationSet, mapping::Mapping},
};

/// What training returns.
pub struct TrainedRelations {
    /// The relations, with the parameters of the best pass.
    pub relations: RelationSet,
    /// The course of training.
    pub report: TrainingReport,
}

/// A run on its way.
struct Run<'a> {
    config: &'a RelationTraining,
    model: Arc<dyn RelationModel>,
    graph: &'a KnowledgeGraph,
    state: State,
    random: ChaCha8Rng,
    best: Option<(f64, Mapping)>,
    report: TrainingReport,
}

impl RelationTraining {
    /// Trains relations and entities on a graph's training triples; its valid triples choose the pass that is kept.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range, [`Error::UnknownModel`], [`Error::Diverged`].
    pub fn train(&self, graph: &KnowledgeGraph, progress: Progress) -> Result<TrainedRelations, Error> {
        self.run(graph, None, progress)
    }

    /// As [`RelationTraining::train`], with given encodings of the entities (`n × d`, in the order of the graph's), which stay as they
    /// are: only relations are trained. That is Eq. 3's separation.
    ///
    /// # Errors
    /// As [`RelationTraining::train`]; [`Error::Size`] for another number of encodings than entities, or of components than the
    /// model's.
    pub fn train_on(
        &self,
        graph: &KnowledgeGraph,
        entities: &Embeddings,
        progress: Progress,
    ) -> Result<TrainedRelations, Error> {
        Error::check_size("encodings of entities", graph.entities().len(), entities.len())?;
        Error::check_size("components of the entities' encodings", self.model.dim, entities.dim())?;
        self.run(graph, Some(Rows::from_vec(entities.as_slice().to_vec(), entities.dim())?), progress)
    }

    fn run(
        &self,
        graph: &KnowledgeGraph,
        given: Option<Rows>,
        progress: Progress,
    ) -> Result<TrainedRelations, Error> {
        let model = self.checked_model()?;
        let (entities, relations) = (graph.entities().len(), graph.relations().len());
        let frozen = given.is_some();
        let idle = frozen && !model.penalises_relations();
        if let Some((name, found)) =
            [("n3", self.n3), ("l2", self.l2)].into_iter().find(|of| idle && of.1 > 0.0)
        {
            let expected = "0 on given entities for a model that penalises no relation";
            return Err(Error::Config { name, expected, found: found.to_string() });
        }
        let parameters = Parameters::start(&*model, entities, relations, given, self.seed);
        let state = State::new(self, &*model, parameters, frozen);
        let report =
            TrainingReport { epochs: 0, best_epoch: 0, losses: Vec::new(), valid: Vec::new(), seconds: 0.0 };
        // Another stream than that of the starting values.
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(1);
        Run { config: self, model, graph, state, random, best: None, report }.finish(progress)
    }
}

impl Run<'_> {
    fn finish(mut self, progress: Progress) -> Result<TrainedRelations, Error> {
        let (began, bar) = (Instant::now(), progress.start(self.config.epochs));
        let known = self.graph.known(&[Part::Train]);
        // Test triples must not choose the pass that is kept, not even as answers that a rank leaves out.
        let filter = self.graph.known(&[Part::Train, Part::Valid]);
        let mut rate = self.config.learning_rate;
        for epoch in 1..=self.config.epochs {
            let late = self.config.max_seconds.is_some_and(|most| began.elapsed().as_secs_f64() > most);
            if late && epoch > 1 {
                break;
            }
            let loss = self.epoch(&known, rate)?;
            if !(loss.is_finite() && self.state.parameters.are_finite()) {
                return Err(Error::Diverged { epoch });
            }
            self.report.losses.push(loss);
            self.report.epochs = epoch;
            rate *= self.config.decay;
            bar.inc(1);
            if epoch.is_multiple_of(self.config.check_every) && !self.look(&filter, &bar)? {
                break;
            }
        }
        if self.report.valid.last().is_none_or(|last| last.epoch < self.report.epochs) {
            self.look(&filter, &bar)?;
        }
        bar.finish_and_clear();
        self.report.seconds = began.elapsed().as_secs_f64();
        let (config, graph) = (self.config.model.clone(), self.graph);
        let mapping = match self.best.take() {
            Some((_, mapping)) => mapping,
            None => self.mapping(),
        };
        if self.report.best_epoch == 0 {
            self.report.best_epoch = self.report.epochs;
        }
        let relations =
            RelationSet::new(config, graph.entities().clone(), graph.relations().clone(), mapping);
        Ok(TrainedRelations { relations, report: self.report })
    }

    /// One pass; returns its mean loss.
    fn epoch(&mut self, known: &Known, rate: f32) -> Result<f64, Error> {
        let mut pairs: Vec<usize> = (0..known.len()).collect();
        pairs.shuffle(&mut self.random);
        let (mut losses, mut steps) = (0.0, 0.0);
        for pairs in batches(&mut pairs, self.config.batch_size, self.config.batch_norm) {
            let asked = Asked::new(known, pairs, self.config.counting);
            losses += step(self.config, &*self.model, &mut self.state, &asked, rate, &mut self.random)?;
            steps += 1.0;
        }
        Ok(losses / steps)
    }

    /// Measures on the valid triples, and keeps the parameters if they are the best; says whether to go on.
    fn look(&mut self, filter: &Known, bar: &ProgressBar) -> Result<bool, Error> {
        let valid = self.graph.part(Part::Valid);
        if valid.is_empty() {
            return Ok(true);
        }
        let epoch = self.report.epochs;
        let mapping = self.mapping();
        let ranks = ranks(&mapping, filter, valid, self.graph.relations().len())?;
        let mrr = RankSummary::of(ranks.into_iter().flatten()).mrr;
        self.report.valid.push(ValidPoint { epoch, mrr });
        bar.set_message(format!("valid MRR {mrr:.3}"));
        tracing::debug!(epoch, mrr, loss = self.report.losses.last(), "valid triples ranked");
        if self.best.as_ref().is_none_or(|(best, _)| mrr > *best) {
            self.best = Some((mrr, mapping));
            self.report.best_epoch = epoch;
        }
        let since = self.report.valid.iter().filter(|point| point.epoch > self.report.best_epoch).count();
        Ok(since < self.config.patience)
    }

    fn mapping(&self) -> Mapping {
        let dims = [self.model.entity_dim(), self.model.item_dim()];
        let [before, after] =
            [0, 1].map(|at| self.state.norms[at].as_ref().map(|norm| norm.affine().of_parts(dims[at])));
        let around = match (before, after) {
            (None, None) => None,
            (before, after) => {
                let or_identity = |map: Option<Affine>, dim| map.unwrap_or_else(|| Affine::identity(dim));
                Some([or_identity(before, dims[0]), or_identity(after, dims[1])])
            }
        };
        Mapping { model: self.model.clone(), parameters: self.state.parameters.clone(), around }
    }
}
