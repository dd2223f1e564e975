//! Ids of points.

use qdrant_client::qdrant::PointId;

/// The point that holds a row.
pub(super) fn point_id(row: i64) -> PointId {
    PointId::from(row as u64)
}
