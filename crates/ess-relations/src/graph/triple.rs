//! One fact of a graph.

/// A head, a relation and a tail, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Triple {
    /// The relation.
    pub relation: u32,
    /// The entity that the relation leads from.
    pub head: u32,
    /// The entity that it leads to.
    pub tail: u32,
}

impl Triple {
    /// The same fact told from its tail: the head is asked for through the reverse of the relation, whose number is that of
    /// the relation and `relations` more.
    pub(crate) fn reversed(self, relations: usize) -> Self {
        Self { relation: self.relation + relations as u32, head: self.tail, tail: self.head }
    }
}
