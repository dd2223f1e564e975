//! sim of Eq. 1 where a query is more than one vector.

pub(crate) mod definition;
pub(crate) mod mixture;
pub(crate) mod neurons;
pub(crate) mod scored;
