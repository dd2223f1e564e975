//! What most programs need, in one `use`.
//!
//! Types whose names are taken elsewhere, such as the crates' errors, stay in their modules: [`Error`](crate::Error),
//! [`search::Error`](crate::search::Error).
//!
//! ```
//! use ess_kit::prelude::*;
//!
//! let index = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?;
//! let queries = Identity::new(2).apply(&Embeddings::from_rows(&[[0.1, 0.9]])?)?;
//! assert_eq!(index.search(&queries, 1)?[0][0].item, 1);
//! # Ok::<(), ess_kit::core::Error>(())
//! ```

pub use ess_core::{
    Effort, Embeddings, Encoding, Filter, Hit, Identity, Ids, Index, IndexSearcher, ItemEncoder, Link,
    ModuleSet, MutableIndex, PersistentIndex, QueryEncoder, Retriever, RowSet, SearchModule, SearchParams,
    Searcher, TokenStates,
};
pub use ess_data::{
    Dtype, EmbeddingStore, Item, Provenance, Query, cut_dev, read_link, read_qrels, read_records, read_run,
    write_link, write_qrels, write_run, write_store,
};
pub use ess_index::{
    FlatIndex, GraphBuilder, GraphIndex, IdHit, IdentifiedIndex, IndexFile, ItemVectors, IvfPqBuilder,
    IvfPqIndex, Opening, PassageIndex, SharedIndex, Storage,
};
pub use ess_metrics::{Bootstrap, Evaluation, Evaluator, Qrels, Run, Significance, compare};

pub use crate::{
    dataset::Dataset,
    evaluation::{MEASURES, evaluate},
    leakage::Leakage,
};

#[cfg(feature = "search")]
pub use {
    crate::{
        device_choice::DeviceChoice,
        load_module::{load_module, load_module_on},
    },
    burn::{
        self,
        config::Config,
        module::{Module, Param},
        tensor::{Device, Tensor},
    },
    ess_search::{
        Averaging, Ensemble, Linear, LinearConfig, Mlp, MlpConfig, OnDevice, PersistentModule, Registry,
        TrainableModule,
    },
};

#[cfg(feature = "train")]
pub use {
    crate::{judged_queries::JudgedQueries, training::Training},
    ess_train::{
        Calibration, DevSet, FitReport, Fitted, Items, Judgement, LossConfig, ModuleRecipe, Progress,
        QuerySet, Recipe, RecipeConfig, Returned, Trainer, TrainerConfig, near_duplicates,
    },
};

#[cfg(feature = "lexical")]
pub use ess_lexical::{Bm25Config, Bm25Encoder, Language, SparseIndex};

#[cfg(feature = "searchers")]
pub use ess_searchers::{Combination, FusedSearcher, HybridEncoding, HybridIndex};

#[cfg(feature = "encoders")]
pub use ess_encoders::{CrossEncoder, SentenceEncoder, StaticEncoder};

#[cfg(feature = "hub")]
pub use ess_encoders::Hub;

#[cfg(feature = "train-encoders")]
pub use ess_encoders::{EncoderTrainer, JudgedTexts, TextTrainingConfig};

#[cfg(feature = "auto")]
pub use ess_auto::{Auto, AutoConfig, AutoModule, AutoQueries, AutoSearcher, Collection, TrainingQueries};

#[cfg(feature = "engines")]
pub use ess_engines::EngineIndex;
