//! What an index can do.

use serde::Serialize;

/// What an index can do, for callers that hold one behind `dyn Index`; by default, nothing beyond searching.
///
/// ```
/// use ess_core::Capabilities;
///
/// let scan = Capabilities { exact: true, any_norm: true, ..Capabilities::default() };
/// assert!(!scan.filter);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Every answer is the true one, for the items as they are stored.
    pub exact: bool,
    /// Items may have any norm. Otherwise the index takes vectors of unit norm and refuses others.
    pub any_norm: bool,
    /// [`Index::search_with`](crate::Index::search_with) takes a filter.
    pub filter: bool,
    /// Items can be added: the index is a [`MutableIndex`](crate::MutableIndex).
    pub add: bool,
    /// Items can be removed: the index is a [`MutableIndex`](crate::MutableIndex).
    pub remove: bool,
    /// The index can be kept in a file: it is a [`PersistentIndex`](crate::PersistentIndex).
    pub save: bool,
    /// [`Effort::ef_search`](crate::Effort::ef_search) matters.
    pub ef_search: bool,
    /// [`Effort::nprobe`](crate::Effort::nprobe) matters.
    pub nprobe: bool,
    /// [`Effort::rescore`](crate::Effort::rescore) matters.
    pub rescore: bool,
}
