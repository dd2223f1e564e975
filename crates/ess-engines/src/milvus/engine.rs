//! A collection of Milvus as an engine.

use std::{collections::HashMap, sync::Arc};

use ess_core::{Effort, Embeddings, Hit};
use milvus::v2::prelude::{
    ClientV2, ConnectConfig, ConsistencyLevel, DeleteRequest, FieldData, Ids, InsertRequest, QueryRequest,
    RetryConfig, SearchRequest, SearchVectors, UpsertRequest,
};

use super::{
    collection::{self, Layout},
    config::{MilvusConfig, NAME},
    failure::failure,
    fields::{EMBEDDING, ROW, key_in},
    loaded::when_loaded,
};
use crate::{
    blocking::{Blocking, Failure},
    claimed_collection::ClaimedCollection,
    engine::{Admitted, Engine},
    error::Error,
    extent::Extent,
    retry::retried,
    secret::shown_address,
    settings::EngineSettings,
};

/// Milvus answers at most this many hits at once.
const MAX_HITS: usize = 16_384;

/// Items in a collection of Milvus: `row_number` (primary key) and `embedding`, searched by inner product.
///
/// Any number of processes may add. Each `add` first claims its rows, in a second collection that the first one who adds
/// creates: `papers_CLAIMS` for `papers`. No row is given twice, also after the last items were removed.
///
/// ```no_run
/// use ess_engines::{EngineIndex, EngineSettings, Milvus, MilvusConfig};
///
/// let config = MilvusConfig::new("http://localhost:19530", "papers".parse()?, 384);
/// let settings = EngineSettings::default();
/// let index = EngineIndex::new(Milvus::open(config, &settings)?, settings)?;
/// # Ok::<(), ess_engines::Error>(())
/// ```
pub struct Milvus {
    config: Arc<MilvusConfig>,
    collection: ClaimedCollection<ClientV2>,
}

impl Milvus {
    /// Opens a collection and loads it, or creates it with the index that the config asks for.
    ///
    /// # Errors
    /// [`Error::Config`] for a config out of range; [`Error::Collection`] for a collection of the same name with other
    /// fields, another dimension or another similarity; [`Error::Unreachable`], [`Error::Credentials`], [`Error::Refused`] or [`Error::Timeout`]
    /// from the server.
    pub fn open(config: MilvusConfig, settings: &EngineSettings) -> Result<Self, Error> {
        config.check()?;
        let blocking = Blocking::new(NAME, shown_address(&config.uri), settings)?;
        let mut connect = ConnectConfig::new()
            .uri(&config.uri)
            .connect_timeout(blocking.timeout())
            .rpc_timeout(blocking.timeout())
            // Trying again is the index's business.
            .retry(RetryConfig::new().max_attempts(1));
        if let Some(token) = &config.token {
            connect = connect.token(token);
        }
        let config = Arc::new(config);
        let client = retried(settings, || {
            let (connect, config) = (connect.clone(), Arc::clone(&config));
            blocking.run("open a collection", async move {
                let client = ClientV2::new(&connect).await.map_err(failure)?;
                collection::prepare(&client, &Layout::items(&config)).await?;
                Ok(client)
            })
        })?;
        let collection = ClaimedCollection::new(NAME, config.collection.clone(), Arc::new(client), blocking);
        Ok(Self { config, collection })
    }

    /// Drops the collection with all its items, and the claims on its rows. Other clients that are open have to be opened again.
    ///
    /// # Errors
    /// Those of the server.
    pub fn drop_collection(self) -> Result<(), Error> {
        let ((client, config), claims) = (self.parts(), self.collection.claims_name());
        self.collection.run("drop a collection", async move {
            collection::drop(&client, config.collection.as_str()).await?;
            collection::drop(&client, &claims).await
        })
    }

    fn parts(&self) -> (Arc<ClientV2>, Arc<MilvusConfig>) {
        (self.collection.client(), Arc::clone(&self.config))
    }

    /// The number of items from a row on.
    fn count_from(&self, row: i64) -> Result<usize, Error> {
        let (client, config) = self.parts();
        self.collection.run("count items", async move {
            let request = QueryRequest::builder()
                .collection_name(config.collection.as_str())
                .filter(format!("{ROW} >= {row}"))
                .output_fields(["count(*)"])
                .consistency_level(ConsistencyLevel::Strong);
            let request = request.build().map_err(failure)?;
            let answer =
                when_loaded(&client, config.collection.as_str(), || client.query(request.clone())).await?;
            let first = answer.results().rows().map_err(failure)?.next();
            let count = match first {
                Some(row) => row.get_i64("count(*)").map_err(failure)?,
                None => -1,
            };
            usize::try_from(count).map_err(|error| Failure::Refused(Box::new(error)))
        })
    }
}

impl Engine for Milvus {
    fn dim(&self) -> usize {
        self.config.dim
    }

    fn exact(&self) -> bool {
        false
    }

    fn takes_candidates(&self) -> bool {
        self.config.hnsw
    }

    fn reserve(&self, first_free: usize, rows: usize) -> Result<Option<usize>, Error> {
        self.collection.reserve(self, first_free, rows).map(Some)
    }

    fn place(&self) -> Option<String> {
        Some(format!("{NAME} {} {}", self.config.uri, self.config.collection))
    }

    fn any_from(&self, row: usize) -> Result<bool, Error> {
        Ok(self.count_from(row as i64)? > 0)
    }

    fn extent(&self) -> Result<Extent, Error> {
        Extent::probed(self.count_from(0)?, |row| Ok(self.count_from(row)? > 0))
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let (client, config) = self.parts();
        let rows: Vec<i64> = (first_row..first_row + items.len()).map(|row| row as i64).collect();
        let vectors = config.vectors(items);
        self.collection.run("store items", async move {
            let columns = vec![FieldData::int64(ROW, rows), FieldData::float_vector(EMBEDDING, vectors)];
            let items = InsertRequest::builder().collection_name(config.collection.as_str()).columns(columns);
            let request = UpsertRequest::builder().insert(items.build().map_err(failure)?);
            client.upsert(request.build().map_err(failure)?).await.map_err(failure).map(drop)
        })
    }

    fn delete(&self, rows: &[i64]) -> Result<(), Error> {
        let (client, config) = self.parts();
        let rows = key_in(ROW, rows);
        self.collection.run("delete items", async move {
            let request = DeleteRequest::builder().collection_name(config.collection.as_str());
            let request = request.filter(rows).build().map_err(failure)?;
            client.delete(request).await.map_err(failure).map(drop)
        })
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        if k > MAX_HITS {
            let (name, expected) = ("k", "at most 16384 hits from Milvus");
            return Err(Error::Config { name, expected, found: k.to_string() });
        }
        let (client, config) = self.parts();
        let vectors = config.vectors(queries);
        let mut request = SearchRequest::builder()
            .collection_name(config.collection.as_str())
            .vector_field(EMBEDDING)
            .vectors(SearchVectors::Float(vectors))
            .limit(k as i64)
            .consistency_level(ConsistencyLevel::Strong);
        if let Some(admitted) = admitted {
            request = request.filter(filter(admitted));
        }
        if let Some(candidates) = effort.ef_search.filter(|_| config.hnsw) {
            request = request.extra_params(HashMap::from([("ef".to_owned(), candidates.max(k).to_string())]));
        }
        self.collection.run("search", async move {
            let request = request.build().map_err(failure)?;
            let answer =
                when_loaded(&client, config.collection.as_str(), || client.search(request.clone())).await?;
            answer.results().iter().map(|result| hits(result.get_ids(), result.get_scores())).collect()
        })
    }
}

fn filter(admitted: &Admitted) -> String {
    match admitted {
        Admitted::Only(rows) => key_in(ROW, rows),
        Admitted::AllBut(rows) if rows.is_empty() => format!("{ROW} >= 0"),
        Admitted::AllBut(rows) => key_in(&format!("{ROW} not"), rows),
    }
}

fn hits(ids: &Ids, scores: &[f32]) -> Result<Vec<Hit>, Failure> {
    let Ids::Int64(rows) = ids else {
        return Err(Failure::Refused("expected numbers as keys, found other keys".into()));
    };
    let mut hits: Vec<Hit> =
        rows.iter().zip(scores).map(|(&row, &score)| Hit::new(row as usize, score)).collect();
    hits.sort_by(Hit::by_relevance);
    Ok(hits)
}
