//! The table and its statements.

use ess_core::Hit;
use pgvector::Vector;
use tokio_postgres::{Client, GenericClient, IsolationLevel, Transaction, types::ToSql};

use super::{
    config::{NAME, PgVectorConfig},
    session::failure,
};
use crate::{blocking::Failure, engine::Admitted, error::Error};

/// pgvector's largest number of candidates.
const MAX_CANDIDATES: usize = 1000;

/// The class of this crate's advisory locks, "ESS": with a table's number for who adds to it, with 0 for who creates.
const LOCKS: i32 = 0x45_53_53;

/// Every statement, made once. The table's name is quoted, since it may be a reserved word, and all else comes as
/// parameters.
pub(super) struct Statements {
    create: String,
    create_graph: String,
    add_batch: String,
    pub(super) drop: String,
    pub(super) extent: String,
    pub(super) upsert: String,
    pub(super) delete: String,
    pub(super) lock: String,
    pub(super) next: String,
    pub(super) insert: String,
    pub(super) batch: String,
    search: String,
    search_only: String,
    search_all_but: String,
    approximate: bool,
}

impl Statements {
    pub(super) fn new(config: &PgVectorConfig) -> Self {
        let (table, dim) = (quoted(config), config.dim);
        let graph = config.hnsw.unwrap_or_default();
        // The graph is used for an order by distance alone; an exact search breaks ties by row itself.
        let order = if config.hnsw.is_some() { "1" } else { "1, \"row\"" };
        let search = |condition: &str| {
            format!(
                "SELECT embedding <#> $1 AS distance, \"row\" FROM {table} {condition} ORDER BY {order} LIMIT $2"
            )
        };
        Self {
            create: format!(
                "CREATE TABLE {table} (\"row\" bigint PRIMARY KEY, embedding vector({dim}) NOT NULL, batch bigint)"
            ),
            // The server finds a name for it: one of ours would not fit behind a table's of 63 bytes.
            create_graph: format!(
                "CREATE INDEX ON {table} USING hnsw (embedding vector_ip_ops) WITH (m = {}, ef_construction = {})",
                graph.m, graph.ef_construction
            ),
            add_batch: format!("ALTER TABLE {table} ADD COLUMN batch bigint"),
            drop: format!("DROP TABLE IF EXISTS {table}"),
            extent: format!("SELECT count(*), coalesce(max(\"row\") + 1, 0) FROM {table}"),
            upsert: format!(
                "INSERT INTO {table} (\"row\", embedding) SELECT * FROM unnest($1::bigint[], $2::vector[]) \
                 ON CONFLICT (\"row\") DO UPDATE SET embedding = EXCLUDED.embedding"
            ),
            delete: format!("DELETE FROM {table} WHERE \"row\" = ANY($1)"),
            lock: format!("SELECT pg_advisory_xact_lock({LOCKS}, '{table}'::regclass::oid::int)"),
            next: format!("SELECT greatest($1, coalesce(max(\"row\") + 1, 0)) FROM {table}"),
            // Without "on conflict": what would replace an item fails.
            insert: format!(
                "INSERT INTO {table} (\"row\", embedding, batch) \
                 SELECT *, $3::bigint FROM unnest($1::bigint[], $2::vector[])"
            ),
            batch: format!("SELECT batch FROM {table} WHERE \"row\" = $1"),
            search: search(""),
            search_only: search("WHERE \"row\" = ANY($3)"),
            search_all_but: search("WHERE \"row\" <> ALL($3)"),
            approximate: config.hnsw.is_some(),
        }
    }
}

fn quoted(config: &PgVectorConfig) -> String {
    // Of letters, digits and `_` alone.
    format!("\"{}\"", config.table)
}

/// What there is of a table.
struct Found {
    extension: bool,
    /// `name type`, in order; none without a table.
    columns: Vec<String>,
    graph: bool,
    owned: bool,
}

impl Found {
    async fn look(client: &(impl GenericClient + Sync), config: &PgVectorConfig) -> Result<Self, Failure> {
        let query = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector'), \
                     coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass($1)), true), \
                     EXISTS (SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
                     JOIN pg_am ON pg_am.oid = relam JOIN pg_opclass ON pg_opclass.oid = indclass[0] \
                     WHERE indrelid = to_regclass($1) AND amname = 'hnsw' AND opcname = 'vector_ip_ops' AND indisvalid)";
        let table = quoted(config);
        let found = client.query_one(query, &[&table]).await.map_err(failure)?;
        let columns = "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute \
                       WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        let columns = client.query(columns, &[&table]).await.map_err(failure)?;
        Ok(Self {
            extension: found.get(0),
            owned: found.get(1),
            graph: found.get(2),
            columns: columns.iter().map(|row| row.get(0)).collect(),
        })
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|found| found == column)
    }

    /// Whether there is nothing to do, or nothing that this user may do: who does not own a table can search it
    /// without a column that only additions need.
    fn is_complete(&self, config: &PgVectorConfig) -> bool {
        let batch = self.has("batch bigint") || !self.owned;
        self.extension && !self.columns.is_empty() && batch && (self.graph || config.hnsw.is_none())
    }

    fn check(&self, config: &PgVectorConfig) -> Result<(), Failure> {
        let expected = ["row bigint".to_owned(), format!("embedding vector({})", config.dim)];
        match expected.iter().all(|column| self.has(column)) {
            true => Ok(()),
            false => Err(wrong(config, format!("columns {}", expected.join(", ")), self.columns.join(", "))),
        }
    }
}

fn wrong(config: &PgVectorConfig, expected: String, found: String) -> Failure {
    let collection = config.table.to_string();
    Failure::Other(Error::Collection { engine: NAME, collection, expected, found })
}

/// Checks what is there, and creates what is missing, one process at a time.
pub(super) async fn prepare(
    client: &mut Client,
    config: &PgVectorConfig,
    statements: &Statements,
) -> Result<(), Failure> {
    let found = Found::look(&*client, config).await?;
    if !found.columns.is_empty() {
        found.check(config)?;
    }
    if found.is_complete(config) {
        return Ok(());
    }
    let transaction = client.transaction().await.map_err(failure)?;
    let lock = format!("SELECT pg_advisory_xact_lock({LOCKS}, 0)");
    transaction.batch_execute(&lock).await.map_err(failure)?;
    create(&transaction, config, statements).await?;
    let found = Found::look(&transaction, config).await?;
    found.check(config)?;
    transaction.commit().await.map_err(failure)
}

/// Creates what is missing now that nobody else creates.
async fn create(
    transaction: &Transaction<'_>,
    config: &PgVectorConfig,
    statements: &Statements,
) -> Result<(), Failure> {
    let found = Found::look(transaction, config).await?;
    if !found.extension {
        let available = "SELECT FROM pg_available_extensions WHERE name = 'vector'";
        if transaction.query_opt(available, &[]).await.map_err(failure)?.is_none() {
            let expected = "a server with the extension pgvector".to_owned();
            return Err(wrong(config, expected, "a server without it".to_owned()));
        }
        transaction.batch_execute("CREATE EXTENSION vector").await.map_err(failure)?;
    }
    if found.columns.is_empty() {
        transaction.batch_execute(&statements.create).await.map_err(failure)?;
    } else if !found.has("batch bigint") && found.owned {
        transaction.batch_execute(&statements.add_batch).await.map_err(failure)?;
    }
    if config.hnsw.is_some() && !found.graph {
        transaction.batch_execute(&statements.create_graph).await.map_err(failure)?;
    }
    Ok(())
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
        let candidates = candidates.min(MAX_CANDIDATES);
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
