#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod calibration;
mod data;
mod error;
mod fit;
mod item_side;
mod kinds;
mod loss;
mod recipe;
mod recipe_config;
#[cfg(feature = "closed-forms")]
mod router;
mod trainer;

pub use calibration::SimilaritySample;
pub use data::{
    dev_set::DevSet,
    items::{ItemBlock, Items},
    judgement::Judgement,
    near_duplicates::near_duplicates,
    query_set::definition::QuerySet,
    teacher::TeacherScore,
};
pub use error::Error;
pub use ess_index::Progress;
pub use ess_metrics::Calibration;
pub use fit::{
    guard::{GuardDecision, Returned},
    report::{FitReport, Fitted},
};
pub use item_side::{
    config::{ItemSideConfig, SidesConfig, TrainingOrder},
    fit::FittedSides,
    nudge::{NudgeKind, nudge},
    offsets::OffsetsConfig,
    radius::RadiusChoice,
};
pub use loss::{
    approx_ndcg::ApproxNdcg,
    batch::LossBatch,
    candidates::Candidates,
    gain::Gain,
    kind::{Loss, LossConfig, LossKind},
    lambda::Lambda,
    listwise_kl::ListwiseKl,
    margin_mse::MarginMse,
    needs::Needs,
    pairwise_logistic::PairwiseLogistic,
    recovery::{Distance, Recovery},
    softmax::Softmax,
    table::register_loss,
    triplet::Triplet,
    value::LossValue,
    weighted_sum::{Term, WeightedSum},
};
#[cfg(feature = "closed-forms")]
pub use recipe::closed_form::{
    cca::CcaConfig,
    components::{AllButTheTopConfig, PcaConfig},
    fit::{ClosedForm, Fit},
    procrustes::ProcrustesConfig,
    recipe::ClosedFormRecipe,
    ridge::{PositivesRidgeConfig, RidgeConfig, SoftmaxRidgeConfig},
    targets::{mean_positives, softmax_residuals},
    whitening::{Side, WhiteningConfig},
};
pub use recipe::{
    definition::Recipe, ensemble::EnsembleRecipe, interpolation::InterpolationRecipe, module::ModuleRecipe,
    record::TrainingRecord, soup::SoupRecipe, trained::Trained, training_memory::TrainingMemoryRecipe,
    weighted_ensemble::WeightedEnsembleRecipe,
};
pub use recipe_config::{
    config::RecipeConfig,
    context::RecipeContext,
    ensemble::EnsembleSettings,
    interpolation::InterpolationSettings,
    kind::RecipeKind,
    mixture::MixtureSettings,
    sequence::{SequencePart, SequenceSettings},
    soup::SoupSettings,
    table::{register_module, register_recipe, register_token_module},
    training_memory::TrainingMemorySettings,
    weighted_ensemble::WeightedEnsembleSettings,
};
#[cfg(feature = "closed-forms")]
pub use router::{Router, RouterConfig, RouterFit};
pub use trainer::{
    checkpoint::settings::Checkpoints,
    config::TrainerConfig,
    curve::{Curve, CurvePoint},
    definition::Trainer,
    negatives::{
        config::{NegativesConfig, Sampling},
        mined::mine_negatives,
        report::MiningReport,
    },
    observer::{Control, Observer, ObserverError, TrainingStep},
    schedule::Schedule,
    stop::Stop,
};
