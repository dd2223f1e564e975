//! Making and checking a collection.

use std::collections::HashMap;

use milvus::v2::error::Error as ClientError;
use milvus::v2::prelude::{
    ClientV2, CollectionSchema, CreateCollectionRequest, CreateIndexRequest, DataType,
    DescribeCollectionRequest, DescribeIndexRequest, DropCollectionRequest, FieldSchema,
    HasCollectionRequest, IndexParam, IndexType, LoadCollectionRequest, MetricType,
};

use super::{EMBEDDING, MilvusConfig, NAME, ROW, failure};
use crate::{Error, blocking::Failure};

/// Creates the collection when it is missing, checks it when it is there, and loads it.
pub(super) async fn prepare(client: &ClientV2, config: &MilvusConfig) -> Result<(), Failure> {
    let name = config.collection.as_str();
    let exists = HasCollectionRequest::builder().collection_name(name).build().map_err(failure)?;
    match client.has_collection(exists).await.map_err(failure)?.exists() {
        true => check(client, config).await?,
        false => create(client, config).await?,
    }
    if !has_index(client, config).await? {
        // Loading waits for it.
        let request =
            CreateIndexRequest::builder().collection_name(name).index_param(index(config)).sync(false);
        client.create_index(request.build().map_err(failure)?).await.map_err(failure)?;
    }
    load(client, config).await
}

/// Loads the collection for searching.
pub(super) async fn load(client: &ClientV2, config: &MilvusConfig) -> Result<(), Failure> {
    let request = LoadCollectionRequest::builder().collection_name(config.collection.as_str());
    client.load_collection(request.build().map_err(failure)?).await.map_err(failure)?;
    Ok(())
}

async fn create(client: &ClientV2, config: &MilvusConfig) -> Result<(), Failure> {
    let row = FieldSchema::new().name(ROW).data_type(DataType::Int64).primary_key(true).auto_id(false);
    let embedding = FieldSchema::new()
        .name(EMBEDDING)
        .data_type(DataType::FloatVector)
        .dimension(config.stored_dim() as u32);
    let schema = CollectionSchema::new().add_field(row).add_field(embedding);
    let request =
        CreateCollectionRequest::builder().collection_name(config.collection.as_str()).schema(schema);
    client.create_collection(request.build().map_err(failure)?).await.map_err(failure)?;
    Ok(())
}

/// Whether there is an index: an attempt that broke off may have left a collection without one.
async fn has_index(client: &ClientV2, config: &MilvusConfig) -> Result<bool, Failure> {
    let request =
        DescribeIndexRequest::builder().collection_name(config.collection.as_str()).field_name(EMBEDDING);
    match client.describe_index(request.build().map_err(failure)?).await {
        Ok(_) => Ok(true),
        Err(ClientError::Server(_)) => Ok(false),
        Err(error) => Err(failure(error)),
    }
}

fn index(config: &MilvusConfig) -> IndexParam {
    let param = IndexParam::new().field_name(EMBEDDING).metric_type(MetricType::Ip);
    match config.hnsw {
        true => param.index_type(IndexType::Hnsw).extra_params(HashMap::from([
            ("M".to_owned(), "16".into()),
            ("efConstruction".to_owned(), "200".into()),
        ])),
        false => param.index_type(IndexType::Flat),
    }
}

async fn check(client: &ClientV2, config: &MilvusConfig) -> Result<(), Failure> {
    let name = config.collection.as_str();
    let request = DescribeCollectionRequest::builder().collection_name(name).build().map_err(failure)?;
    let answer = client.describe_collection(request).await.map_err(failure)?;
    let fields = answer.description().get_schema().get_fields();
    let found: Vec<String> = fields
        .iter()
        .map(|field| format!("{} {:?} {}", field.get_name(), field.get_data_type(), field.get_dimension()))
        .collect();
    let right = |name: &str, kind: DataType, dim: Option<usize>| {
        fields.iter().any(|field| {
            let fits = dim.is_none_or(|dim| field.get_dimension() as usize == dim);
            field.get_name() == name && field.get_data_type() == kind && fits
        })
    };
    if right(ROW, DataType::Int64, None) && right(EMBEDDING, DataType::FloatVector, Some(config.stored_dim()))
    {
        return Ok(());
    }
    Err(Failure::Other(Error::Collection {
        engine: NAME,
        collection: name.to_owned(),
        expected: format!("fields {ROW} Int64, {EMBEDDING} FloatVector {}", config.stored_dim()),
        found: format!("fields {}", found.join(", ")),
    }))
}

/// Drops the collection, whether it is there or not.
pub(super) async fn drop(client: &ClientV2, config: &MilvusConfig) -> Result<(), Failure> {
    let request = DropCollectionRequest::builder().collection_name(config.collection.as_str());
    client.drop_collection(request.build().map_err(failure)?).await.map_err(failure)?;
    Ok(())
}
