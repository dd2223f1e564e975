//! Adding items in rows that the server numbers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ess_core::Embeddings;
use pgvector::Vector;
use tokio_postgres::{Client, Transaction};

use super::{session::failure, table::Statements};
use crate::{append_id::AppendId, blocking::Failure};

/// The appends that were committed without hearing so, and their first rows.
#[derive(Default)]
pub(super) struct Unheard(Mutex<HashMap<AppendId, usize>>);

impl Unheard {
    pub(super) fn first_row(&self, id: AppendId) -> Option<usize> {
        self.map().get(&id).copied()
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<AppendId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds all items in one transaction, behind the last row and none below `first_free`, and answers the first row.
pub(super) async fn append(
    client: &mut Client,
    statements: &Statements,
    unheard: &Unheard,
    id: AppendId,
    first_free: usize,
    items: &Embeddings,
    batch: usize,
) -> Result<usize, Failure> {
    let transaction = client.transaction().await.map_err(failure)?;
    // Held to the end of a transaction: an earlier attempt, and any other append, has ended by now.
    transaction.execute(&statements.lock, &[]).await.map_err(failure)?;
    if let Some(first_row) = unheard.first_row(id) {
        if was_committed(&transaction, statements, id, first_row).await? {
            unheard.map().remove(&id);
            return Ok(first_row);
        }
        unheard.map().remove(&id);
    }
    let first_row =
        transaction.query_one(&statements.next, &[&(first_free as i64)]).await.map_err(failure)?;
    let first_row = first_row.get::<_, i64>(0) as usize;
    let insert = transaction.prepare(&statements.insert).await.map_err(failure)?;
    let vectors: Vec<Vector> = items.rows().map(|item| Vector::from(item.to_vec())).collect();
    for (number, vectors) in vectors.chunks(batch).enumerate() {
        let start = first_row + number * batch;
        let rows: Vec<i64> = (start..start + vectors.len()).map(|row| row as i64).collect();
        transaction.execute(&insert, &[&rows, &vectors, &id.get()]).await.map_err(failure)?;
    }
    unheard.map().insert(id, first_row);
    let committed = transaction.commit().await.map_err(failure);
    // A server that refuses has answered.
    if matches!(committed, Ok(()) | Err(Failure::Refused(_))) {
        unheard.map().remove(&id);
    }
    committed.map(|()| first_row)
}

async fn was_committed(
    transaction: &Transaction<'_>,
    statements: &Statements,
    id: AppendId,
    first_row: usize,
) -> Result<bool, Failure> {
    let found = transaction.query_opt(&statements.batch, &[&(first_row as i64)]).await.map_err(failure)?;
    Ok(found.and_then(|row| row.get::<_, Option<i64>>(0)) == Some(id.get()))
}
