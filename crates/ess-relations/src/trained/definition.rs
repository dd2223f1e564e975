//! A set of trained relations with its entities.

use std::{path::Path, sync::Arc};

use ess_core::Embeddings;

use super::{
    file,
    mapping::Mapping,
    module::{AnyRelation, RelationModule},
    queries::{Direction, RelationQueries},
};
use crate::{error::Error, model::config::ModelConfig, names::Names, rows::Rows};

/// Trained relations over one set of entities: score(h, r, t) = ⟨f_r(enc(h)), enc(t)⟩ (Eq. 3).
///
/// The items are indexed once, in any index of inner products; each relation is a searching module over it.
///
/// ```
/// use ess_core::{ExactIndex, IndexSearcher, Searcher};
/// use ess_relations::{Direction, KnowledgeGraph, Progress, RelationTraining};
///
/// let graph = KnowledgeGraph::open("../../data/umls")?;
/// let training = RelationTraining { epochs: 5, learning_rate: 0.02, ..Default::default() };
/// let set = training.train(&graph, Progress::Silent)?.relations;
///
/// let searcher = IndexSearcher::new(set.any_relation(), ExactIndex::new(set.items()?))?;
/// let asked = set.queries(&[("virus", "causes", Direction::Tail), ("virus", "causes", Direction::Head)])?;
/// for hit in &searcher.search(&asked, 3)?[0] {
///     println!("{} {:.2}", set.entities().name(hit.item), hit.similarity);
/// }
/// # Ok::<(), ess_relations::Error>(())
/// ```
#[derive(Clone)]
pub struct RelationSet {
    config: ModelConfig,
    entities: Arc<Names>,
    relations: Arc<Names>,
    mapping: Arc<Mapping>,
}

impl RelationSet {
    pub(crate) fn new(config: ModelConfig, entities: Names, relations: Names, mapping: Mapping) -> Self {
        let [entities, relations] = [entities, relations].map(Arc::new);
        Self { config, entities, relations, mapping: Arc::new(mapping) }
    }

    /// The settings of the model.
    pub fn model(&self) -> &ModelConfig {
        &self.config
    }

    /// The entities, by their rows.
    pub fn entities(&self) -> &Names {
        &self.entities
    }

    /// The relations.
    pub fn relations(&self) -> &Names {
        &self.relations
    }

    /// How many numbers the set has: encodings of entities, relations in both directions, what these share, and the affine maps
    /// that batch normalisation became.
    pub fn parameters(&self) -> usize {
        self.mapping.len()
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The encodings of the entities, `n × d`: what the modules read.
    ///
    /// # Errors
    /// [`Error::Core`], for none at all.
    pub fn encodings(&self) -> Result<Embeddings, Error> {
        let entities = &self.mapping.parameters.entities;
        Ok(Embeddings::from_vec(entities.as_slice().to_vec(), entities.dim())?)
    }

    /// What is to be indexed, `n × d_item`: the encodings, but for models whose similarity needs one more component (RotatE).
    ///
    /// # Errors
    /// [`Error::Core`], for none at all.
    pub fn items(&self) -> Result<Embeddings, Error> {
        let items = self.mapping.items();
        Ok(Embeddings::from_vec(items.as_slice().to_vec(), items.dim())?)
    }

    /// The searching module of one relation, asked for its tails or its heads.
    ///
    /// # Errors
    /// [`Error::UnknownName`], with the nearest relation.
    pub fn module(&self, relation: &str, direction: Direction) -> Result<RelationModule, Error> {
        Ok(RelationModule::new(self.mapping.clone(), self.relation_row(relation, direction)?))
    }

    /// The searching module that takes the relation from each query.
    pub fn any_relation(&self) -> AnyRelation {
        AnyRelation::new(self.mapping.clone())
    }

    /// Questions: a known entity, a relation, and which end is asked for. With [`Direction::Head`] the entity is the tail.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest entity or relation; [`Error::Core`] for no question.
    pub fn queries(&self, asked: &[(&str, &str, Direction)]) -> Result<RelationQueries, Error> {
        let (mut rows, mut relations) = (Vec::new(), Vec::new());
        for &(entity, relation, direction) in asked {
            rows.extend_from_slice(self.mapping.parameters.entities.row(self.entities.find(entity)?));
            relations.push(self.relation_row(relation, direction)?);
        }
        Ok(RelationQueries::new(Embeddings::from_vec(rows, self.config.dim)?, relations))
    }

    /// How well a triple fits; of RotatE it is the negative squared distance plus ‖h‖², which is the same for all tails.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest entity or relation.
    pub fn score(&self, head: &str, relation: &str, tail: &str) -> Result<f32, Error> {
        let asked = self.queries(&[(head, relation, Direction::Tail)])?;
        let query = self.mapping.queries(asked.entities().as_slice(), asked.relations())?;
        let entities = &self.mapping.parameters.entities;
        let tail = Rows::from_vec(entities.row(self.entities.find(tail)?).to_vec(), entities.dim())?;
        let item = self.mapping.model.items(&tail);
        Ok(query.iter().zip(item.as_slice()).map(|(x, y)| x * y).sum())
    }

    /// A relation as a vector: what was trained of it.
    ///
    /// # Errors
    /// [`Error::UnknownName`], with the nearest relation.
    pub fn relation_vector(&self, relation: &str, direction: Direction) -> Result<&[f32], Error> {
        Ok(self.mapping.parameters.relations.row(self.relation_row(relation, direction)? as usize))
    }

    fn relation_row(&self, relation: &str, direction: Direction) -> Result<u32, Error> {
        let row = self.relations.find(relation)?;
        let reverse = direction == Direction::Head;
        Ok((row + if reverse { self.relations.len() } else { 0 }) as u32)
    }

    /// Saves the set as one file, which is all there or not there: a magic, a version, names and settings, numbers, a checksum.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written, or another writes it at the moment.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        file::write(path.as_ref(), &self.config, [&self.entities, &self.relations], &self.mapping)
    }

    /// Loads a set. Of a model of one's own, register it first.
    ///
    /// # Errors
    /// [`Error::Format`] for another file, a later version and one too short to be a set, [`Error::Damaged`] for a torn or an altered one,
    /// [`Error::UnknownModel`] for a model that is not registered.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (config, [entities, relations], mapping) = file::read(path.as_ref())?;
        Ok(Self::new(config, entities, relations, mapping))
    }
}
