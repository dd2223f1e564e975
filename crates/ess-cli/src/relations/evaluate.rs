//! `ess relations evaluate`

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use ess_relations::{KnowledgeGraph, Part, RankEvaluation, RelationSet};

use super::table::{HEADINGS, row};
use crate::{
    arguments::paths,
    output::{options::Output, table::Table},
};

const EXAMPLES: &str = "\
Examples:
  ess relations evaluate --relations target/umls.relations --graph data/umls
  ess relations evaluate --relations target/umls.relations --graph data/umls --by-relation --json umls.json";

/// Measure relations: filtered MRR and Hits@k over heads and tails.
///
/// All entities are ranked for each triple, but for those that any of the three files knows to be right as well; ties count half.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Evaluate {
    /// The relations, as `ess relations train` saved them.
    #[arg(long, value_name = "FILE", value_parser = paths::RELATIONS.read())]
    relations: PathBuf,
    /// A folder with train.txt, valid.txt and test.txt: a head, a relation and a tail a line, separated by tabs.
    #[arg(long, value_name = "DIR", value_parser = paths::GRAPH.read())]
    graph: PathBuf,
    /// The triples that are measured.
    #[arg(long, value_enum, default_value = "test")]
    triples: MeasuredPart,
    /// Also a row for each relation.
    #[arg(long)]
    by_relation: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum MeasuredPart {
    Train,
    Valid,
    Test,
}

impl Evaluate {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let set = RelationSet::load(&self.relations)?;
        let graph = KnowledgeGraph::open(&self.graph)?;
        let part = match self.triples {
            MeasuredPart::Train => Part::Train,
            MeasuredPart::Valid => Part::Valid,
            MeasuredPart::Test => Part::Test,
        };
        let files = || format!("{}, measured by {}", self.graph.display(), self.relations.display());
        let found = set.evaluate(&graph, part).with_context(files)?;
        say!("{}", table(&found, self.by_relation));
        let [low, high] = found.interval;
        say!("95 % interval of the MRR over triples: {low:.3} to {high:.3}");
        let leakage = &found.leakage;
        say!(
            "given away by training triples: {:.1} % stand there as they are, {:.1} % under a near-inverse relation, {:.1} % under a \
             near-duplicate; {:.1} % have their entities joined somehow",
            100.0 * leakage.copies,
            100.0 * leakage.inverse,
            100.0 * leakage.duplicate,
            100.0 * leakage.joined
        );
        output.write(&found)
    }
}

fn table(found: &RankEvaluation, by_relation: bool) -> Table {
    let mut table = Table::new(&HEADINGS);
    table.row(row("heads and tails", &found.both));
    table.row(row("heads", &found.heads));
    table.row(row("tails", &found.tails));
    for of in &found.categories {
        table.row(row(&format!("{}, heads", of.category.name()), &of.heads));
        table.row(row(&format!("{}, tails", of.category.name()), &of.tails));
    }
    for of in found.relations.iter().filter(|_| by_relation) {
        table.row(row(&format!("{} ({})", of.relation, of.category.name()), &of.both));
    }
    table
}
