//! A knowledge graph in three parts.

use std::path::Path;

use super::{known::Known, triple::Triple, triple_file};
use crate::{error::Error, names::Names};

/// Triples to train on, to stop early by, and to measure with.
///
/// ```
/// use ess_relations::KnowledgeGraph;
///
/// let graph = KnowledgeGraph::open("../../data/umls")?;
/// assert_eq!((graph.entities().len(), graph.relations().len(), graph.train().len()), (135, 46, 5216));
/// # Ok::<(), ess_relations::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KnowledgeGraph {
    entities: Names,
    relations: Names,
    train: Vec<Triple>,
    valid: Vec<Triple>,
    test: Vec<Triple>,
}

/// A part of a [`KnowledgeGraph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What is trained on.
    Train,
    /// What early stopping looks at.
    Valid,
    /// What is measured.
    Test,
}

impl KnowledgeGraph {
    /// Reads `train.txt`, `valid.txt` and `test.txt` of a folder: a head, a relation and a tail a line, separated by tabs.
    ///
    /// Entities and relations are numbered in the order in which the three files name them. The same line twice counts twice
    /// in training.
    ///
    /// # Errors
    /// [`Error::Line`] with the line that is no triple, [`Error::NoTriples`] for an empty file, [`Error::Io`] for one that
    /// cannot be read.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let (mut entities, mut relations) = (Names::none("entity"), Names::none("relation"));
        let mut read =
            |name: &str| triple_file::read(&folder.as_ref().join(name), &mut entities, &mut relations);
        let (train, valid, test) = (read("train.txt")?, read("valid.txt")?, read("test.txt")?);
        Ok(Self { entities, relations, train, valid, test })
    }

    /// A graph of named triples: head, relation, tail.
    ///
    /// # Errors
    /// [`Error::NoTriples`] for no triples to train on.
    pub fn from_triples(train: &[[&str; 3]], valid: &[[&str; 3]], test: &[[&str; 3]]) -> Result<Self, Error> {
        let (mut entities, mut relations) = (Names::none("entity"), Names::none("relation"));
        let mut number = |triples: &[[&str; 3]]| -> Vec<Triple> {
            let number = |&[head, relation, tail]: &[&str; 3]| {
                let head = entities.add(head);
                Triple { relation: relations.add(relation), head, tail: entities.add(tail) }
            };
            triples.iter().map(number).collect()
        };
        let (train, valid, test) = (number(train), number(valid), number(test));
        match train.is_empty() {
            true => Err(Error::NoTriples { what: "the triples to train on".to_owned() }),
            false => Ok(Self { entities, relations, train, valid, test }),
        }
    }

    /// The entities.
    pub fn entities(&self) -> &Names {
        &self.entities
    }

    /// The relations.
    pub fn relations(&self) -> &Names {
        &self.relations
    }

    /// The triples to train on.
    pub fn train(&self) -> &[Triple] {
        &self.train
    }

    /// The triples of a part.
    pub fn part(&self, part: Part) -> &[Triple] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }

    /// The same graph with the numbers of other names.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a name that these do not have.
    pub(crate) fn renumbered(&self, entities: &Names, relations: &Names) -> Result<Self, Error> {
        let numbers = |own: &Names, others: &Names| -> Result<Vec<u32>, Error> {
            own.all().iter().map(|name| Ok(others.find(name)? as u32)).collect()
        };
        let of_entities = numbers(&self.entities, entities)?;
        let of_relations = numbers(&self.relations, relations)?;
        let part = |triples: &[Triple]| -> Vec<Triple> {
            let renumbered = |triple: &Triple| Triple {
                relation: of_relations[triple.relation as usize],
                head: of_entities[triple.head as usize],
                tail: of_entities[triple.tail as usize],
            };
            triples.iter().map(renumbered).collect()
        };
        let (train, valid, test) = (part(&self.train), part(&self.valid), part(&self.test));
        Ok(Self { entities: entities.clone(), relations: relations.clone(), train, valid, test })
    }

    /// All that is known in some parts, in both directions: what a filtered rank leaves out.
    pub(crate) fn known(&self, parts: &[Part]) -> Known {
        let all = parts.iter().flat_map(|&part| self.part(part)).copied();
        Known::new(all, self.relations.len())
    }
}
