//! The trait of all features.

use ess_core::Error;

use super::asked::Asked;
use crate::input::{auto_queries::AutoQueries, collection::Collection};

/// What a feature is made from that training queries made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnedFrom {
    /// Nothing: it says the same whatever was learned.
    Nothing,
    /// The nearest-neighbour memory of training queries.
    Neighbours,
    /// A trained module.
    Module,
}

/// One reason to hold an item relevant to a query: a number for each query and item, larger for more relevant. An item's
/// score is the weighted sum of its features ([`Weights`](crate::Weights)).
///
/// A feature of one's own is made known by [`register_feature`](crate::register_feature), and used where
/// [`AutoConfig::features`](crate::AutoConfig::features) names it.
///
/// ```
/// use std::collections::HashMap;
///
/// use ess_auto::{Asked, AutoConfig, Feature, register_feature};
/// use ess_core::Error;
///
/// /// How often an item was asked for, by its id.
/// struct Popularity(HashMap<String, f32>);
///
/// impl Feature for Popularity {
///     fn name(&self) -> &'static str {
///         "popularity"
///     }
///
///     fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
///         let count = |&item: &u32| {
///             let id = asked.collection().ids().get(item as usize)?;
///             self.0.get(id).copied()
///         };
///         Ok(Some(items.iter().map(|item| count(item).unwrap_or(0.0)).collect()))
///     }
/// }
///
/// register_feature(Popularity(HashMap::from([("d7".to_owned(), 0.3)])))?;
/// let mut config = AutoConfig::default();
/// config.features.push("popularity".to_owned());
/// config.check()?;
/// # Ok::<(), ess_auto::Error>(())
/// ```
#[doc(alias = "Signal")]
pub trait Feature: Send + Sync {
    /// The name in settings, reports and saved choices: lower-case letters, digits and `_`.
    fn name(&self) -> &'static str;

    /// Names under which earlier versions saved it. Default: none.
    fn earlier_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it reads texts: only the choice with texts weighs it then. Default: no.
    fn reads_texts(&self) -> bool {
        false
    }

    /// Whether it reads what a first pass found ([`Asked::centroid`]): the first pass does without it then. Default: no.
    fn is_feedback(&self) -> bool {
        false
    }

    /// What it reads that training queries made. Default: [`LearnedFrom::Nothing`].
    fn learned_from(&self) -> LearnedFrom {
        LearnedFrom::Nothing
    }

    /// Whether an item's value depends on which other items are asked about. Default: no.
    fn is_relative(&self) -> bool {
        false
    }

    /// Whether the collection has what it reads. Default: yes.
    fn has_items(&self, _collection: &Collection) -> bool {
        true
    }

    /// Whether the queries have what it reads. Default: yes.
    fn has_queries(&self, _queries: &AutoQueries) -> bool {
        true
    }

    /// Whether it reads the states of the query's tokens ([`Asked::token_states`]), which are given to searches that ask for
    /// them alone. Default: no.
    fn reads_tokens(&self) -> bool {
        false
    }

    /// The name of the further encoding that it reads ([`Asked::encoding`],
    /// [`Collection::with_encoding`](crate::Collection::with_encoding)), of which queries are given to searches that ask for it
    /// alone; what is nearest by it is ranked too. Default: none.
    fn encoding(&self) -> Option<&str> {
        None
    }

    /// Its weight, finite and 0 or more, where training says nothing: for queries far from training queries and for other
    /// collections ([`Weights::cautious`](crate::Weights::cautious)). Where less was fitted, less is taken. Default: 0.
    fn cautious_weight(&self) -> f32 {
        0.0
    }

    /// The rows of items that it finds by itself for the query, the best first; the first `depth` of them are ranked beside
    /// what other searches find. Asked once in the first pass or, of a feature of feedback, in the second; in every trial while
    /// choosing. `None` where it only says something of what others found. Default: `None`.
    ///
    /// # Errors
    /// Of what it reads.
    fn finds(&self, _asked: &Asked<'_>, _depth: usize) -> Result<Option<Vec<u32>>, Error> {
        Ok(None)
    }

    /// What it says of each of these rows of the collection, which ascend: finite, and about as large as cosines. `None` where
    /// there is nothing to read, which counts as 0 for all.
    ///
    /// # Errors
    /// Of what it reads.
    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error>;
}
