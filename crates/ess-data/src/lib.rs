#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(target_endian = "big")]
compile_error!("embedding stores are little-endian and read without conversion");

mod atomic;
mod cut_dev;
mod decimal;
mod dtype;
mod error;
mod file_bytes;
mod ids_file;
mod judgements;
mod lines;
mod link_file;
mod matrix_writer;
mod npy;
#[cfg(feature = "object-store")]
mod objects;
#[cfg(feature = "parquet")]
mod parquet_rows;
#[cfg(feature = "parquet")]
mod parquet_shard;
mod provenance;
mod qrels_file;
mod record;
mod record_source;
mod records_file;
mod row_range;
mod run_file;
mod store;
mod text_file;
mod writable;

pub use cut_dev::cut_dev;
pub use dtype::Dtype;
pub use error::Error;
pub use ids_file::{read_ids, write_ids};
pub use judgements::{Dropped, JudgedQuery, Judgements};
pub use link_file::{read_link, write_link};
pub use npy::{NpyMatrix, write_npy, write_npy_in_batches};
#[cfg(feature = "object-store")]
pub use objects::{
    error::ObjectError,
    folder::ObjectFolder,
    info::ObjectInfo,
    reader::ObjectReader,
    set::{ObjectSet, Published},
    settings::ObjectSettings,
    stored_file::StoredFile,
};
pub use provenance::{Provenance, StoredRepresentation};
pub use qrels_file::{Judgement, QrelsFormat, QrelsReader, read_qrels, write_qrels};
pub use record::{Item, Query, Record};
pub use records_file::{RecordReader, read_records, write_records};
pub use run_file::{
    RunLine, RunReader, check_run_ids, read_run, read_run_and_order, scores_rise_with_rank, write_run,
};
pub use store::{
    EmbeddingStore, MappedStore, TokenStoreShape, store_bytes, write_store, write_store_in_batches,
    write_token_store, write_token_store_in_batches,
};
