#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocks;
mod catalogue;
mod composite;
mod dense;
mod device;
mod error;
mod item_side;
mod kinds;
mod module;
mod store;

pub use blocks::init::Init;
pub use catalogue::{register, register_for_tokens};
pub use composite::{
    ensemble::{Averaging, Ensemble},
    interpolation::Interpolation,
    mixture_of_experts::{MixtureOfExperts, MixtureOfExpertsConfig},
    part::{Part, PartConfig},
    sequence::{Sequence, SequenceConfig},
    weighted_ensemble::{WeightedEnsemble, WeightedEnsembleConfig},
};
pub use dense::{
    layer::{DenseActivation, DenseLayer},
    layers::DenseLayers,
};
#[cfg(feature = "wgpu")]
pub use device::wgpu_adapter::WgpuAdapter;
pub use device::{
    host_copy::embeddings_from_tensor,
    index::DeviceIndex,
    memory::{largest_tensor, longest_row},
};
pub use error::Error;
pub use item_side::{offsets::ItemOffsets, side::ItemSide, two_sided::TwoSided};
pub use kinds::{
    diagonal::{Diagonal, DiagonalConfig},
    gated_selection::{Gate, GatedSelection, GatedSelectionConfig},
    hypencoder::{Hypencoder, HypencoderConfig},
    key_value_memory::{KeyValueMemory, config::KeyValueMemoryConfig},
    layer_attention::{LayerAttention, LayerAttentionConfig},
    linear::{Linear, LinearConfig},
    low_rank::{LowRank, LowRankConfig},
    mlp::{Activation, Mlp, MlpConfig},
    orthogonal::{Orthogonal, OrthogonalConfig},
    poly_encoder::{PolyEncoder, PolyEncoderConfig},
    similarity_attention::{SimilarityAttention, SimilarityAttentionConfig},
    token_attention::{TokenAttention, TokenAttentionConfig},
    transformer::{
        layer_transformer::{LayerTransformer, LayerTransformerConfig},
        small_transformer::TransformerShape,
        token_transformer::{TokenTransformer, TokenTransformerConfig},
    },
};
pub use module::{
    any_module::AnyModule,
    composite_module::CompositeModule,
    config::ModuleConfig,
    device_encoding::DeviceEncoding,
    noise::Noise,
    on_device::OnDevice,
    persistent::PersistentModule,
    registry::Registry,
    token_tensors::TokenTensors,
    trainable::{MAX_DIM, TrainableModule},
};
pub use store::{
    attachments::Attachments,
    state::{HostTensor, ModuleDescription, ModuleState},
};
