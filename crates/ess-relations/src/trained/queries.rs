//! Questions to a knowledge graph.

use ess_core::{Embeddings, Encoding, Error};
use serde::{Deserialize, Serialize};

/// Which end of a relation is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The tail, from the head: (h, r, ?).
    #[default]
    Tail,
    /// The head, from the tail: (?, r, t).
    Head,
}

/// Encoded entities, each with the relation that is asked of it: what [`AnyRelation`](crate::AnyRelation) reads.
///
/// Made by [`RelationSet::queries`](crate::RelationSet::queries).
#[derive(Clone, Debug, PartialEq)]
pub struct RelationQueries {
    entities: Embeddings,
    relations: Vec<u32>,
}

impl RelationQueries {
    pub(super) fn new(entities: Embeddings, relations: Vec<u32>) -> Self {
        Self { entities, relations }
    }

    /// The encodings of the entities, `n × d`.
    pub fn entities(&self) -> &Embeddings {
        &self.entities
    }

    /// The relations, by row of the parameters: those of the graph, then their reverses.
    pub(super) fn relations(&self) -> &[u32] {
        &self.relations
    }
}

impl Encoding for RelationQueries {
    fn rows(&self) -> usize {
        self.relations.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        let entities = self.entities.select(rows)?;
        Ok(Self { entities, relations: rows.iter().map(|&row| self.relations[row]).collect() })
    }
}
