//! How many heads and tails a relation joins.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::triple::Triple;

/// The kind of a relation by its training triples: "many" is an average of 1.5 or more (Bordes et al., NIPS 2013).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Category {
    /// A head has one tail and a tail one head.
    #[serde(rename = "1-1")]
    OneToOne,
    /// A head has many tails.
    #[serde(rename = "1-N")]
    OneToMany,
    /// A tail has many heads.
    #[serde(rename = "N-1")]
    ManyToOne,
    /// Both.
    #[serde(rename = "N-N")]
    ManyToMany,
}

impl Category {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::OneToOne, Self::OneToMany, Self::ManyToOne, Self::ManyToMany];

    /// Its usual name, such as `1-N`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneToOne => "1-1",
            Self::OneToMany => "1-N",
            Self::ManyToOne => "N-1",
            Self::ManyToMany => "N-N",
        }
    }

    /// The kind of each relation; one without triples is 1-1.
    pub(crate) fn of_relations(train: &[Triple], relations: usize) -> Vec<Self> {
        let mut of = vec![(HashSet::new(), HashSet::new(), HashSet::new()); relations];
        for &Triple { relation, head, tail } in train {
            let (heads, tails, pairs) = &mut of[relation as usize];
            heads.insert(head);
            tails.insert(tail);
            pairs.insert((head, tail));
        }
        let many = |pairs: usize, of: usize| 2 * pairs >= 3 * of.max(1);
        of.iter()
            .map(|(heads, tails, pairs)| {
                match (many(pairs.len(), tails.len()), many(pairs.len(), heads.len())) {
                    (false, false) => Self::OneToOne,
                    (false, true) => Self::OneToMany,
                    (true, false) => Self::ManyToOne,
                    (true, true) => Self::ManyToMany,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told() {
        let triple = |relation, head, tail| Triple { relation, head, tail };
        let train = [
            triple(0, 0, 1),
            triple(0, 2, 3),
            triple(1, 0, 1),
            triple(1, 0, 2),
            triple(2, 1, 0),
            triple(2, 2, 0),
            triple(3, 0, 2),
            triple(3, 0, 3),
            triple(3, 1, 2),
            triple(3, 1, 3),
        ];
        let names: Vec<&str> = Category::of_relations(&train, 5).into_iter().map(Category::name).collect();
        assert_eq!(names, ["1-1", "1-N", "N-1", "N-N", "1-1"]);
    }
}
