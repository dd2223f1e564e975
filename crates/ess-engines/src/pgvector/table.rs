//! The table and its statements.

use ess_core::Hit;
use pgvector::Vector;
use tokio_postgres::{Client, IsolationLevel, types::ToSql};

use super::{NAME, PgVectorConfig, failure};
use crate::{Admitted, Error, blocking::Failure};

/// pgvector's largest number of candidates.
const MOST_CANDIDATES: usize = 1000;

/// Every statement, made once. The table's name needs no quoting, and all else comes as parameters.
pub(super) struct Statements {
    create: String,
    pub(super) drop: String,
    pub(super) extent: String,
    pub(super) upsert: String,
    pub(super) delete: String,
    search: String,
    search_only: String,
    search_all_but: String,
    approximate: bool,
}

impl Statements {
    pub(super) fn new(config: &PgVectorConfig) -> Self {
        let (table, dim) = (config.table.as_str(), config.dim);
        let mut create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (\"row\" bigint PRIMARY KEY, embedding vector({dim}) NOT NULL);"
        );
        if let Some(hnsw) = config.hnsw {
            create += &format!(
                "CREATE INDEX IF NOT EXISTS {table}_hnsw ON {table} USING hnsw (embedding vector_ip_ops) \
                 WITH (m = {}, ef_construction = {});",
                hnsw.m, hnsw.ef_construction
            );
        }
        // The graph is used for an order by distance alone; an exact search breaks ties by row itself.
        let order = if config.hnsw.is_some() { "1" } else { "1, \"row\"" };
        let search = |condition: &str| {
            format!(
                "SELECT embedding <#> $1 AS distance, \"row\" FROM {table} {condition} ORDER BY {order} LIMIT $2"
            )
        };
        Self {
            create,
            drop: format!("DROP TABLE IF EXISTS {table}"),
            extent: format!("SELECT count(*), coalesce(max(\"row\") + 1, 0) FROM {table}"),
            upsert: format!(
                "INSERT INTO {table} (\"row\", embedding) SELECT * FROM unnest($1::bigint[], $2::vector[]) \
                 ON CONFLICT (\"row\") DO UPDATE SET embedding = EXCLUDED.embedding"
            ),
            delete: format!("DELETE FROM {table} WHERE \"row\" = ANY($1)"),
            search: search(""),
            search_only: search("WHERE \"row\" = ANY($3)"),
            search_all_but: search("WHERE \"row\" <> ALL($3)"),
            approximate: config.hnsw.is_some(),
        }
    }
}

/// Creates what is missing and checks what is there.
pub(super) async fn prepare(
    client: &Client,
    config: &PgVectorConfig,
    statements: &Statements,
) -> Result<(), Failure> {
    let wrong = |expected: String, found: String| {
        let collection = config.table.to_string();
        Failure::Other(Error::Collection { engine: NAME, collection, expected, found })
    };
    let extension = "SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = 'vector'";
    match client.query_opt(extension, &[]).await.map_err(failure)?.map(|row| row.get::<_, bool>(0)) {
        Some(true) => {}
        Some(false) => {
            client.batch_execute("CREATE EXTENSION IF NOT EXISTS vector").await.map_err(failure)?
        }
        None => {
            let expected = "a server with the extension pgvector".to_owned();
            return Err(wrong(expected, "a server without it".to_owned()));
        }
    }
    client.batch_execute(&statements.create).await.map_err(failure)?;
    let columns = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
                   WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    let found = client.query(columns, &[&config.table.as_str()]).await.map_err(failure)?;
    let found: Vec<String> =
        found.iter().map(|row| format!("{} {}", row.get::<_, &str>(0), row.get::<_, &str>(1))).collect();
    let expected = ["row bigint".to_owned(), format!("embedding vector({})", config.dim)];
    match expected.iter().all(|column| found.contains(column)) {
        true => Ok(()),
        false => Err(wrong(format!("columns {}", expected.join(", ")), found.join(", "))),
    }
}

/// The hits of each query, in one transaction, so that all see the same items.
pub(super) async fn search(
    client: &mut Client,
    statements: &Statements,
    queries: &[Vector],
    k: usize,
    candidates: usize,
    admitted: Option<&Admitted>,
) -> Result<Vec<Vec<Hit>>, Failure> {
    let transaction = client
        .build_transaction()
        .read_only(true)
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .await
        .map_err(failure)?;
    if statements.approximate {
        let candidates = candidates.min(MOST_CANDIDATES);
        // Without going on, a filter would leave fewer hits than there are.
        let settings =
            format!("SET LOCAL hnsw.ef_search = {candidates}; SET LOCAL hnsw.iterative_scan = strict_order");
        transaction.batch_execute(&settings).await.map_err(failure)?;
    }
    let (statement, rows) = match admitted {
        None => (&statements.search, None),
        Some(Admitted::Only(rows)) => (&statements.search_only, Some(rows)),
        Some(Admitted::AllBut(rows)) => (&statements.search_all_but, Some(rows)),
    };
    let statement = transaction.prepare(statement).await.map_err(failure)?;
    let limit = i64::try_from(k).unwrap_or(i64::MAX);
    let mut hits = Vec::with_capacity(queries.len());
    for query in queries {
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![query, &limit];
        parameters.extend(rows.map(|rows| rows as &(dyn ToSql + Sync)));
        let found = transaction.query(&statement, &parameters).await.map_err(failure)?;
        let hit =
            |row: &tokio_postgres::Row| Hit::new(row.get::<_, i64>(1) as usize, -row.get::<_, f64>(0) as f32);
        let mut found: Vec<Hit> = found.iter().map(hit).collect();
        found.sort_by(Hit::by_relevance);
        hits.push(found);
    }
    transaction.commit().await.map_err(failure)?;
    Ok(hits)
}
