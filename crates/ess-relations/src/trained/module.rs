//! Relations as searching modules.

use std::sync::Arc;

use ess_core::{Embeddings, Error, SearchModule};

use super::{mapping::Mapping, queries::RelationQueries};

/// f_r of one relation and direction: encodings of entities in, queries out. One of
/// [`RelationSet::module`](crate::RelationSet::module).
#[derive(Clone)]
pub struct RelationModule {
    mapping: Arc<Mapping>,
    relation: u32,
}

impl RelationModule {
    pub(super) fn new(mapping: Arc<Mapping>, relation: u32) -> Self {
        Self { mapping, relation }
    }
}

impl SearchModule for RelationModule {
    fn query_dim(&self) -> usize {
        self.mapping.model.entity_dim()
    }

    fn item_dim(&self) -> usize {
        self.mapping.model.item_dim()
    }

    fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, Error> {
        Error::check_dim("entities given to a relation", self.query_dim(), encodings.dim())?;
        map(&self.mapping, encodings, &vec![self.relation; encodings.len()])
    }
}

/// f_r chosen by each query: [`RelationQueries`] in, queries out, in one batch. One of
/// [`RelationSet::any_relation`](crate::RelationSet::any_relation).
#[derive(Clone)]
pub struct AnyRelation {
    mapping: Arc<Mapping>,
}

impl AnyRelation {
    pub(super) fn new(mapping: Arc<Mapping>) -> Self {
        Self { mapping }
    }
}

impl SearchModule<RelationQueries> for AnyRelation {
    fn query_dim(&self) -> usize {
        self.mapping.model.entity_dim()
    }

    fn item_dim(&self) -> usize {
        self.mapping.model.item_dim()
    }

    fn apply(&self, encodings: &RelationQueries) -> Result<Embeddings, Error> {
        Error::check_dim(
            "entities given to relations",
            self.mapping.model.entity_dim(),
            encodings.entities().dim(),
        )?;
        // Queries may come from another set of relations.
        let len = self.mapping.parameters.relations.len();
        if let Some(&row) = encodings.relations().iter().find(|&&relation| relation as usize >= len) {
            return Err(Error::RowOutOfRange { what: "relations of queries", row: row as usize, len });
        }
        map(&self.mapping, encodings.entities(), encodings.relations())
    }
}

fn map(mapping: &Mapping, entities: &Embeddings, relations: &[u32]) -> Result<Embeddings, Error> {
    let queries = mapping.queries(entities.as_slice(), relations).map_err(Error::external)?;
    Embeddings::from_vec(queries, mapping.model.item_dim())
}
