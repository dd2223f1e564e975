//! Making and checking a collection.

use std::{collections::HashMap, time::Duration};

use milvus::v2::error::Error as ClientError;
use milvus::v2::prelude::{
    ClientV2, CollectionSchema, CreateCollectionRequest, CreateIndexRequest, DataType,
    DescribeCollectionRequest, DescribeIndexRequest, DropCollectionRequest, FieldSchema,
    HasCollectionRequest, IndexParam, IndexType, LoadCollectionRequest, MetricType,
};

use super::{
    config::{MilvusConfig, NAME},
    failure::failure,
    fields::{EMBEDDING, ROW},
};
use crate::{blocking::Failure, error::Error};

/// A collection as this crate makes and expects it: a number as key, perhaps further numbers, and a vector.
pub(super) struct Layout {
    pub(super) name: String,
    key: &'static str,
    numbers: &'static [&'static str],
    dim: usize,
    hnsw: bool,
}

impl Layout {
    /// The collection that has the items.
    pub(super) fn items(config: &MilvusConfig) -> Self {
        let name = config.collection.to_string();
        Self { name, key: ROW, numbers: &[], dim: config.stored_dim(), hnsw: config.hnsw }
    }

    /// A collection of numbers. Milvus has none without a vector.
    pub(super) fn numbers(name: String, key: &'static str, numbers: &'static [&'static str]) -> Self {
        Self { name, key, numbers, dim: 2, hnsw: false }
    }

    fn schema(&self) -> CollectionSchema {
        let number = |name: &str| FieldSchema::new().name(name).data_type(DataType::Int64);
        let embedding = FieldSchema::new().name(EMBEDDING).data_type(DataType::FloatVector);
        let key = number(self.key).primary_key(true).auto_id(false);
        let schema = CollectionSchema::new().add_field(key);
        let schema = self.numbers.iter().fold(schema, |schema, name| schema.add_field(number(name)));
        schema.add_field(embedding.dimension(self.dim as u32))
    }

    fn index(&self) -> IndexParam {
        let param = IndexParam::new().field_name(EMBEDDING).metric_type(MetricType::Ip);
        match self.hnsw {
            true => param.index_type(IndexType::Hnsw).extra_params(HashMap::from([
                ("M".to_owned(), "16".into()),
                ("efConstruction".to_owned(), "200".into()),
            ])),
            false => param.index_type(IndexType::Flat),
        }
    }

    fn wrong(&self, expected: String, found: String) -> Failure {
        Failure::Other(Error::Collection { engine: NAME, collection: self.name.clone(), expected, found })
    }
}

/// Creates the collection when it is missing, checks it when it is there, and loads it.
pub(super) async fn prepare(client: &ClientV2, layout: &Layout) -> Result<(), Failure> {
    if !exists(client, layout).await? {
        let created = create(client, layout).await;
        if created.is_err() && !appears(client, layout).await? {
            return created;
        }
    }
    check(client, layout).await?;
    if !is_indexed(client, layout).await? {
        let created = create_index(client, layout).await;
        if created.is_err() && !is_indexed(client, layout).await? {
            return created;
        }
    }
    load(client, &layout.name).await
}

/// Loads a collection for searching.
pub(super) async fn load(client: &ClientV2, name: &str) -> Result<(), Failure> {
    let request = LoadCollectionRequest::builder().collection_name(name).build().map_err(failure)?;
    client.load_collection(request).await.map_err(failure)?;
    Ok(())
}

async fn exists(client: &ClientV2, layout: &Layout) -> Result<bool, Failure> {
    let request = HasCollectionRequest::builder().collection_name(&layout.name).build().map_err(failure)?;
    Ok(client.has_collection(request).await.map_err(failure)?.exists())
}

/// Whether another process was faster, or is about to be: a server may refuse a name before it shows the collection.
async fn appears(client: &ClientV2, layout: &Layout) -> Result<bool, Failure> {
    for pause in [0, 50, 200, 500].map(Duration::from_millis) {
        tokio::time::sleep(pause).await;
        if exists(client, layout).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn create(client: &ClientV2, layout: &Layout) -> Result<(), Failure> {
    let request = CreateCollectionRequest::builder().collection_name(&layout.name).schema(layout.schema());
    client.create_collection(request.build().map_err(failure)?).await.map_err(failure)?;
    Ok(())
}

async fn create_index(client: &ClientV2, layout: &Layout) -> Result<(), Failure> {
    // Loading waits for it.
    let request = CreateIndexRequest::builder().collection_name(&layout.name).index_param(layout.index());
    client.create_index(request.sync(false).build().map_err(failure)?).await.map_err(failure)?;
    Ok(())
}

/// Whether there is an index: an attempt that broke off may have left a collection without one. One that compares
/// otherwise than by inner product is refused, since searches would answer its similarities.
async fn is_indexed(client: &ClientV2, layout: &Layout) -> Result<bool, Failure> {
    let request = DescribeIndexRequest::builder().collection_name(&layout.name).field_name(EMBEDDING);
    let found = match client.describe_index(request.build().map_err(failure)?).await {
        Ok(found) => found,
        Err(ClientError::Server(_)) => return Ok(false),
        Err(error) => return Err(failure(error)),
    };
    let metrics = found.indexes().iter().map(|index| index.get_metric_type());
    match metrics.clone().find(|metric| *metric != MetricType::Ip) {
        Some(other) => Err(layout.wrong(format!("{EMBEDDING} compared by Ip"), format!("by {other:?}"))),
        None => Ok(metrics.count() > 0),
    }
}

async fn check(client: &ClientV2, layout: &Layout) -> Result<(), Failure> {
    let request =
        DescribeCollectionRequest::builder().collection_name(&layout.name).build().map_err(failure)?;
    let answer = client.describe_collection(request).await.map_err(failure)?;
    let described = |schema: &CollectionSchema| schema.get_fields().iter().map(described).collect::<Vec<_>>();
    let (expected, found) = (described(&layout.schema()), described(answer.description().get_schema()));
    match expected.iter().all(|field| found.contains(field)) {
        true => Ok(()),
        false => {
            Err(layout
                .wrong(format!("fields {}", expected.join(", ")), format!("fields {}", found.join(", "))))
        }
    }
}

fn described(field: &FieldSchema) -> String {
    let mut text = format!("{} {:?}", field.get_name(), field.get_data_type());
    for (holds, word) in [
        (field.get_dimension() > 0, format!(" {}", field.get_dimension())),
        (field.is_primary_key(), " key".to_owned()),
        // The server would give other rows than it was given.
        (field.is_auto_id(), " chosen by the server".to_owned()),
    ] {
        if holds {
            text.push_str(&word);
        }
    }
    text
}

/// Drops a collection, whether it is there or not.
pub(super) async fn drop(client: &ClientV2, name: &str) -> Result<(), Failure> {
    let request = DropCollectionRequest::builder().collection_name(name).build().map_err(failure)?;
    client.drop_collection(request).await.map_err(failure)?;
    Ok(())
}
