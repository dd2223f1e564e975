#![doc = include_str!("../README.md")]

mod affine;
mod error;
mod evaluation;
mod graph;
mod model;
mod names;
mod parameters;
mod random;
mod rows;
mod trained;
mod training;

pub use error::Error;
pub use evaluation::{
    definition::{CategoryRanks, RankEvaluation, RelationRanks},
    summary::RankSummary,
};
pub use graph::{
    category::Category,
    definition::{KnowledgeGraph, Part},
    leakage::InverseLeakage,
    triple::Triple,
};
pub use model::{
    by_row::{ByRow, RowModel},
    config::ModelConfig,
    definition::{Batch, Gradients, Group, Point, RelationModel},
    table::{BuildModel, register_relation_model, relation_models},
};
pub use names::Names;
pub use rows::Rows;
pub use trained::{
    definition::RelationSet,
    module::{AnyRelation, RelationModule},
    queries::{Direction, RelationQueries},
};
pub use training::{
    config::{Counting, OptimizerKind, RelationTraining},
    definition::TrainedRelations,
    normalisation::Normalisation,
    precision::Precision,
    progress::Progress,
    report::{TrainingReport, ValidPoint},
};
