//! `ess relations search`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ess_core::{IndexSearcher, Searcher};
use ess_index::FlatIndex;
use ess_relations::{Direction, RelationSet};
use serde::Serialize;

use crate::{arguments::paths, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess relations search --relations target/umls.relations --head virus --relation causes -k 5
  ess relations search --relations target/umls.relations --tail virus --relation treats -k 5";

/// Search the entities: the tails of a head and a relation, or the heads of a tail and a relation.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Search {
    /// The relations, as `ess relations train` saved them.
    #[arg(long, value_name = "FILE", value_parser = paths::RELATIONS.read())]
    relations: PathBuf,
    /// The entity that the relation leads from; its tails are found.
    #[arg(long, value_name = "ENTITY", required_unless_present = "tail", conflicts_with = "tail")]
    head: Option<String>,
    /// The entity that the relation leads to; its heads are found.
    #[arg(long, value_name = "ENTITY")]
    tail: Option<String>,
    /// The relation.
    #[arg(long, value_name = "RELATION")]
    relation: String,
    /// The number of hits for each query.
    #[arg(short, long, default_value_t = 10)]
    k: usize,
}

#[derive(Serialize)]
struct Found<'a> {
    entity: &'a str,
    similarity: f32,
}

impl Search {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let set = RelationSet::load(&self.relations)?;
        let asked = match (&self.head, &self.tail) {
            (Some(head), _) => (head.as_str(), self.relation.as_str(), Direction::Tail),
            (None, tail) => (tail.as_deref().unwrap_or_default(), self.relation.as_str(), Direction::Head),
        };
        let searcher = IndexSearcher::new(set.any_relation(), FlatIndex::new(set.items()?)?)?;
        let hits = searcher.search(&set.queries(&[asked])?, self.k)?;
        let found: Vec<Found<'_>> = hits
            .iter()
            .flatten()
            .map(|hit| Found { entity: set.entities().name(hit.item), similarity: hit.similarity })
            .collect();
        for Found { entity, similarity } in &found {
            say!("{entity}  {similarity:.4}");
        }
        output.write(&found)
    }
}
