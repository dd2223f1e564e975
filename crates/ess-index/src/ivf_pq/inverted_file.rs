//! The inverted file: lists of items near the same centre. A query is compared with the items of the nearest lists alone.

pub(crate) mod best;
pub(crate) mod lists;
pub(crate) mod projection;
pub(crate) mod reach;
pub(crate) mod stored_lists;
