#![doc = include_str!("../README.md")]

mod batches;
mod best;
mod calibration;
mod checkpoint;
mod curve;
mod dev_set;
mod error;
mod fit;
mod guard;
mod item_side;
mod items;
mod kinds;
mod looks;
mod loss;
mod loss_batch;
mod loss_context;
mod matmul;
mod near_duplicates;
mod negatives;
mod observer;
mod progress;
mod query_set;
mod recipe;
mod recipe_config;
mod schedule;
mod teacher;

mod trainer;
mod trainer_config;

pub use calibration::{Calibration, SimilaritySample};
pub use checkpoint::Checkpoints;
pub use curve::{Curve, CurvePoint};
pub use dev_set::DevSet;
pub use error::Error;
pub use fit::{FitReport, Fitted};
pub use guard::{GuardDecision, Returned};
pub use item_side::{
    FittedSides, ItemSideConfig, NudgeKind, OffsetsConfig, RadiusChoice, SidesConfig, TrainingOrder, nudge,
};
pub use items::{ItemBlock, Items};
pub use loss::{
    ApproxNdcg, Candidates, Distance, Gain, Lambda, ListwiseKl, Loss, LossConfig, LossKind, LossValue,
    MarginMse, Needs, PairwiseLogistic, Recovery, Softmax, Term, Triplet, WeightedSum, register_loss,
};
pub use loss_batch::LossBatch;
pub use near_duplicates::near_duplicates;
pub use negatives::{MiningReport, NegativesConfig, Sampling};
pub use observer::{Control, Observer, ObserverError, TrainingStep};
pub use progress::Progress;
pub use query_set::{Judgement, QuerySet};
pub use recipe::{
    AllButTheTopConfig, CcaConfig, ClosedForm, ClosedFormRecipe, Fit, PcaConfig, PositivesRidgeConfig,
    ProcrustesConfig, RidgeConfig, Side, SoftmaxRidgeConfig, WhiteningConfig, mean_positives,
    softmax_residuals,
};
pub use recipe::{
    EnsembleRecipe, InterpolationRecipe, ModuleRecipe, Recipe, SoupRecipe, Trained, TrainingMemoryRecipe,
    TrainingRecord, WeightedEnsembleRecipe,
};
pub use recipe_config::{
    EnsembleSettings, InterpolationSettings, MixtureSettings, RecipeConfig, RecipeContext, RecipeKind,
    SequencePart, SequenceSettings, SoupSettings, TrainingMemorySettings, WeightedEnsembleSettings,
    register_module, register_recipe, register_token_module,
};
pub use schedule::Schedule;
pub use teacher::TeacherScore;
pub use trainer::{Stop, Trainer};
pub use trainer_config::TrainerConfig;
