#![doc = include_str!("../README.md")]

mod any_module;
mod composite;
mod dense;
mod device_encoding;
mod device_index;
mod device_memory;
mod diagonal;
mod ensemble;
mod error;
mod gated_selection;
mod init;
mod interpolation;
mod key_value_memory;
mod layer_attention;
mod layers;
mod linear;
mod low_rank;
mod matrix_exponential;
mod mixture_of_experts;
mod mlp;
mod module_config;
mod module_folder;
mod nested;
mod noise;
mod on_device;
mod orthogonal;
mod parameters;
mod part;
mod persistent;
mod registry;
mod sequence;
mod skip;
mod soup;
mod state;
mod token_attention;
mod token_tensors;
mod trainable;
mod transformer;
mod weighted_ensemble;
#[cfg(feature = "wgpu")]
mod wgpu_adapter;

pub use any_module::AnyModule;
pub use composite::CompositeModule;
pub use dense::{DenseActivation, DenseLayer, DenseLayers};
pub use device_encoding::{DeviceEncoding, embeddings_from_tensor};
pub use device_index::DeviceIndex;
pub use device_memory::largest_tensor;
pub use diagonal::{Diagonal, DiagonalConfig};
pub use ensemble::{Averaging, Ensemble};
pub use error::Error;
pub use gated_selection::{Gate, GatedSelection, GatedSelectionConfig};
pub use init::Init;
pub use interpolation::Interpolation;
pub use key_value_memory::{KeyValueMemory, KeyValueMemoryConfig};
pub use layer_attention::{LayerAttention, LayerAttentionConfig};
pub use linear::{Linear, LinearConfig};
pub use low_rank::{LowRank, LowRankConfig};
pub use mixture_of_experts::{MixtureOfExperts, MixtureOfExpertsConfig};
pub use mlp::{Activation, Mlp, MlpConfig};
pub use module_config::ModuleConfig;
pub use on_device::OnDevice;
pub use orthogonal::{Orthogonal, OrthogonalConfig};
pub use part::{Part, PartConfig};
pub use persistent::PersistentModule;
pub use registry::Registry;
pub use sequence::{Sequence, SequenceConfig};
pub use state::{HostTensor, ModuleDescription, ModuleState};
pub use token_attention::{TokenAttention, TokenAttentionConfig};
pub use token_tensors::TokenTensors;
pub use trainable::{MAX_DIM, TrainableModule};
pub use transformer::{
    LayerTransformer, LayerTransformerConfig, TokenTransformer, TokenTransformerConfig, TransformerShape,
};
pub use weighted_ensemble::{WeightedEnsemble, WeightedEnsembleConfig};
#[cfg(feature = "wgpu")]
pub use wgpu_adapter::WgpuAdapter;
