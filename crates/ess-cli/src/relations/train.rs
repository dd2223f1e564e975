//! `ess relations train`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use ess_data::EmbeddingStore;
use ess_relations::{KnowledgeGraph, Progress, RelationTraining, TrainedRelations, TrainingReport};
use serde::Serialize;

use crate::{
    arguments::{paths, relation_model},
    output::options::Output,
    settings::relation_training,
};

const EXAMPLES: &str = "\
Examples:
  ess relations train --graph data/umls --model complex --dim 100 --epochs 60 --out target/umls.relations
  ess relations train --graph data/umls --settings docs/results/relations/complex_small.json --out target/umls.relations
  ess relations train --graph my-graph --entities my-graph/entities.safetensors --out target/frozen.relations";

/// Train the relations of a knowledge graph, and encodings of its entities unless they are given.
///
/// Reads train.txt and valid.txt of a folder; the valid triples choose the epoch that is kept, by ranks that training and valid
/// triples filter. test.txt is not looked at, but for its names.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Train {
    /// A folder with train.txt, valid.txt and test.txt: a head, a relation and a tail a line, separated by tabs.
    #[arg(long, value_name = "DIR", value_parser = paths::GRAPH.read())]
    graph: PathBuf,
    /// Settings of training as JSON; flags change them.
    #[arg(long, value_name = "FILE", value_parser = paths::RELATION_SETTINGS.read())]
    settings: Option<PathBuf>,
    /// The relation model [default: that of the settings, complex without].
    #[arg(long, value_name = "MODEL", value_parser = relation_model::parser())]
    model: Option<String>,
    /// The components of an entity's encoding [default: those of the settings, 200 without; those of --entities].
    #[arg(long)]
    dim: Option<usize>,
    /// The partitions of mei and meim.
    #[arg(long)]
    partitions: Option<usize>,
    /// The maximum number of passes over the training triples.
    #[arg(long)]
    epochs: Option<usize>,
    /// The step size of training.
    #[arg(long)]
    learning_rate: Option<f32>,
    /// Seconds after which no pass begins.
    #[arg(long, value_name = "SECONDS")]
    max_seconds: Option<f64>,
    /// The seed of training [default: that of the settings, 0 without].
    #[arg(long)]
    seed: Option<u64>,
    /// Encodings of the entities, by name, which stay as they are: only relations are trained.
    #[arg(long, value_name = "STORE", value_parser = paths::STORE.read())]
    entities: Option<PathBuf>,
    /// The file to save the relations in.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    out: PathBuf,
}

#[derive(Serialize)]
struct Results<'a> {
    entities: usize,
    relations: usize,
    triples: usize,
    training: &'a RelationTraining,
    report: &'a TrainingReport,
}

impl Train {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let _locks = output.lock_files(&[("--out", &self.out)])?;
        let graph = KnowledgeGraph::open(&self.graph)?;
        let mut training = self.training()?;
        let progress = if output.quiet { Progress::Silent } else { Progress::Bar };
        let trained = match &self.entities {
            None => training.train(&graph, progress)?,
            Some(path) => self.train_on(path, &graph, &mut training, progress)?,
        };
        let TrainedRelations { relations, report } = trained;
        relations.save(&self.out)?;
        say!(
            "{}: {} entities, {} relations, {} triples; epoch {} of {} kept{}, {:.1} s; saved to {}",
            training.model.name,
            graph.entities().len(),
            graph.relations().len(),
            graph.train().len(),
            report.best_epoch,
            report.epochs,
            report.best().map_or_else(String::new, |best| format!(", valid MRR {:.3}", best.mrr)),
            report.seconds,
            self.out.display()
        );
        let (entities, relations) = (graph.entities().len(), graph.relations().len());
        let triples = graph.train().len();
        output.write(&Results { entities, relations, triples, training: &training, report: &report })
    }

    /// The settings of the file, changed by flags.
    fn training(&self) -> Result<RelationTraining> {
        let mut training = match &self.settings {
            None => RelationTraining::default(),
            Some(path) => relation_training::read(path)?,
        };
        if let Some(name) = &self.model {
            training.model.name.clone_from(name);
        }
        let set = |place: &mut usize, flag: Option<usize>| *place = flag.unwrap_or(*place);
        set(&mut training.model.dim, self.dim);
        set(&mut training.model.partitions, self.partitions);
        set(&mut training.epochs, self.epochs);
        training.learning_rate = self.learning_rate.unwrap_or(training.learning_rate);
        training.seed = self.seed.unwrap_or(training.seed);
        training.max_seconds = self.max_seconds.or(training.max_seconds);
        Ok(training)
    }

    fn train_on(
        &self,
        path: &Path,
        graph: &KnowledgeGraph,
        training: &mut RelationTraining,
        progress: Progress,
    ) -> Result<TrainedRelations> {
        let store = EmbeddingStore::open(path)?;
        let names: Vec<&str> = graph.entities().all().iter().map(String::as_str).collect();
        let entities = store.embeddings_of(&names).context("--entities lacks an entity of the graph")?;
        if self.dim.is_none() {
            training.model.dim = entities.dim();
        }
        Ok(training.train_on(graph, &entities, progress)?)
    }
}
