#![doc = include_str!("../README.md")]

mod device_encoding;
mod device_index;
mod device_memory;
mod ensemble;
mod error;
mod init;
mod linear;
mod mlp;
mod module_config;
mod module_folder;
mod on_device;
mod parameters;
mod persistent;
mod registry;
mod state;
mod token_tensors;
mod trainable;
#[cfg(feature = "wgpu")]
mod wgpu_adapter;

pub use device_encoding::{DeviceEncoding, embeddings_from_tensor};
pub use device_index::DeviceIndex;
pub use device_memory::largest_tensor;
pub use ensemble::{Averaging, Ensemble};
pub use error::Error;
pub use init::Init;
pub use linear::{Linear, LinearConfig};
pub use mlp::{Activation, Mlp, MlpConfig};
pub use module_config::ModuleConfig;
pub use on_device::OnDevice;
pub use persistent::PersistentModule;
pub use registry::Registry;
pub use state::{HostTensor, ModuleDescription, ModuleState};
pub use token_tensors::TokenTensors;
pub use trainable::{MAX_DIM, TrainableModule};
#[cfg(feature = "wgpu")]
pub use wgpu_adapter::WgpuAdapter;
