//! Dense layers in the folders of sentence-transformers.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use ess_files::{FolderLock, remove_file, write_atomically};
use half::{bf16, f16};
use ndarray::Array2;
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{
    layer::{DenseActivation, DenseLayer},
    layers::DenseLayers,
};
use crate::{error::Error, module::trainable::check_dim};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const WEIGHT: &str = "linear.weight";
const BIAS: &str = "linear.bias";
/// The largest size of a config.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

const RESIDUAL: &str = "residual.weight";
/// The name of what a layer on sentence embeddings reads and writes. Layers on anything else are refused.
const EMBEDDING: &str = "sentence_embedding";

/// Every field changes what the layer computes, so unknown fields are refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default = "tanh")]
    activation_function: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    use_residual: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module_input_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module_output_name: Option<String>,
}

fn yes() -> bool {
    true
}

fn tanh() -> String {
    DenseActivation::Tanh.torch_name().to_owned()
}

impl DenseLayers {
    /// Writes a single layer into the folder, and several layers into the folders `0_Dense`, `1_Dense`, … in it.
    /// Folders are made where needed. In Python `sentence_transformers.models.Dense.load` loads each of them. The configs of all
    /// layers are removed first and written last, so a folder that a killed process leaves has the old layers or the new ones, or
    /// is refused.
    ///
    /// # Errors
    /// [`Error::Files`] when the folder cannot be written, or another writer holds it; [`Error::Io`] when it contains
    /// other layers, which would be read together with these or instead of them.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.save_in(&mut FolderLock::acquire(folder)?)
    }

    /// As [`DenseLayers::save`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// Those of [`DenseLayers::save`].
    pub fn save_in(&self, lock: &mut FolderLock) -> Result<(), Error> {
        let folder = lock.folder();
        let (folders, others) = match self.layers.len() {
            1 => (vec![folder.to_owned()], vec![nested(folder, 0)]),
            count => (
                (0..count).map(|at| nested(folder, at)).collect(),
                vec![folder.join(CONFIG), nested(folder, count)],
            ),
        };
        if let Some(path) = others.into_iter().find(|path| path.exists()) {
            let cause = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(Error::Io { path, cause });
        }
        replace(&self.layers, &folders)
    }

    /// Reads a folder that [`DenseLayers::save`] wrote, or a single `Dense` folder of sentence-transformers. Weights
    /// are f32, f16 or bf16. The activation is tanh where the config names none. With `use_residual` the input is
    /// added to the output.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that is missing; [`Error::Format`] for a config or tensors of another kind of layer;
    /// [`Error::Config`] for a dimension out of range; [`Error::NonFiniteTensor`] for a NaN or an infinity.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        if folder.join(CONFIG).exists() || !nested(folder, 0).exists() {
            return Self::new(vec![load_layer(folder)?]);
        }
        let folders = (0..).map(|at| nested(folder, at)).take_while(|folder| folder.exists());
        Self::new(folders.map(|folder| load_layer(&folder)).collect::<Result<_, _>>()?)
    }
}

fn nested(folder: &Path, at: usize) -> PathBuf {
    folder.join(format!("{at}_Dense"))
}

/// Writes each layer into its folder. A layer without a config is refused, so while any weights change none has one: layers of
/// two saves never stand side by side as one module.
fn replace(layers: &[DenseLayer], folders: &[PathBuf]) -> Result<(), Error> {
    let weights: Vec<Vec<u8>> = layers
        .iter()
        .map(weights_of)
        .collect::<Result<_, _>>()
        .map_err(|error| Error::Device { message: error.to_string() })?;
    for folder in folders {
        remove_file(&folder.join(CONFIG))?;
    }
    for (folder, weights) in folders.iter().zip(&weights) {
        write_atomically(&folder.join(WEIGHTS), |out| out.write_all(weights))?;
    }
    layers.iter().zip(folders).try_for_each(|(layer, folder)| write_config(layer, folder))
}

fn write_config(layer: &DenseLayer, folder: &Path) -> Result<(), Error> {
    let config = Config {
        in_features: layer.in_features(),
        out_features: layer.out_features(),
        bias: layer.bias.is_some(),
        activation_function: layer.activation.torch_name().to_owned(),
        use_residual: false,
        module_input_name: None,
        module_output_name: None,
    };
    write_atomically(&folder.join(CONFIG), |out| {
        serde_json::to_writer_pretty(&mut *out, &config)?;
        out.write_all(b"\n")
    })?;
    Ok(())
}

/// The bytes of the file of weights.
fn weights_of(layer: &DenseLayer) -> Result<Vec<u8>, SafeTensorError> {
    let little_endian = |values: &mut dyn Iterator<Item = &f32>| -> Vec<u8> {
        values.flat_map(|value| value.to_le_bytes()).collect()
    };
    let weight = little_endian(&mut layer.weight.t().iter());
    let bias = layer.bias.as_ref().map(|bias| little_endian(&mut bias.iter()));
    let shape = vec![layer.out_features(), layer.in_features()];
    let mut tensors = vec![(WEIGHT, TensorView::new(Dtype::F32, shape, &weight)?)];
    if let Some(bias) = &bias {
        tensors.push((BIAS, TensorView::new(Dtype::F32, vec![layer.out_features()], bias)?));
    }
    // Readers of PyTorch tensors look for this entry.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(tensors, Some(metadata))
}

fn load_layer(folder: &Path) -> Result<DenseLayer, Error> {
    let path = folder.join(CONFIG);
    let config = read_config(&path)?;
    check_dim("dense layer", "in_features", config.in_features)?;
    check_dim("dense layer", "out_features", config.out_features)?;
    let activation = DenseActivation::from_torch_name(&config.activation_function)
        .ok_or_else(|| Error::format(&path, &DenseActivation::known(), &config.activation_function))?;
    if config.use_residual && activation != DenseActivation::Identity {
        let expected = "use_residual false, or no activation: the input is added behind it";
        return Err(Error::format(&path, expected, &config.activation_function));
    }
    for name in [&config.module_input_name, &config.module_output_name].into_iter().flatten() {
        if name != EMBEDDING {
            return Err(Error::format(
                &path,
                &format!("module_input_name and module_output_name {EMBEDDING}"),
                name,
            ));
        }
    }
    let (weight, bias) = read_parameters(&folder.join(WEIGHTS), &config)?;
    DenseLayer::new(weight.reversed_axes().as_standard_layout().into_owned(), bias, activation)
}

/// `W`, `out × in`, with the residual connection merged, and `b`.
fn read_parameters(path: &Path, config: &Config) -> Result<(Array2<f32>, Option<Vec<f32>>), Error> {
    let bytes = std::fs::read(path).map_err(|cause| Error::Io { path: path.to_owned(), cause })?;
    let tensors =
        SafeTensors::deserialize(&bytes).map_err(|error| Error::format(path, "a safetensors file", error))?;
    let shape = (config.out_features, config.in_features);
    let mapped = config.use_residual && config.out_features != config.in_features;
    let used = |name: &str| match name {
        WEIGHT => true,
        BIAS => config.bias,
        RESIDUAL => mapped,
        _ => false,
    };
    if let Some(other) = tensors.names().into_iter().find(|name| !used(name)) {
        return Err(Error::format(path, "no tensor that the config does not ask for", other));
    }
    let matrix = |name: &str| {
        let values = read_tensor(path, &tensors, name, &[shape.0, shape.1])?;
        Array2::from_shape_vec(shape, values).map_err(|error| Error::format(path, "a matrix", error))
    };
    let mut weight = matrix(WEIGHT)?;
    if mapped {
        weight += &matrix(RESIDUAL)?;
    } else if config.use_residual {
        weight += &Array2::<f32>::eye(shape.0);
    }
    let bias = config.bias.then(|| read_tensor(path, &tensors, BIAS, &[config.out_features])).transpose()?;
    Ok((weight, bias))
}

fn read_config(path: &Path) -> Result<Config, Error> {
    let io = |cause| Error::Io { path: path.to_owned(), cause };
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_CONFIG_BYTES {
        return Err(Error::format(path, &format!("at most {MAX_CONFIG_BYTES} bytes"), bytes));
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    serde_json::from_str(&text).map_err(|error| Error::format(path, "the config of a Dense module", error))
}

fn read_tensor(
    path: &Path,
    tensors: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, Error> {
    let view =
        tensors.tensor(name).map_err(|error| Error::format(path, &format!("a tensor {name:?}"), error))?;
    if view.shape() != shape {
        let (expected, found) = (format!("{name:?} of shape {shape:?}"), format!("{:?}", view.shape()));
        return Err(Error::format(path, &expected, found));
    }
    let halves = || view.data().as_chunks::<2>().0.iter();
    match view.dtype() {
        Dtype::F32 => Ok(view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()),
        Dtype::F16 => Ok(halves().map(|b| f16::from_le_bytes(*b).to_f32()).collect()),
        Dtype::BF16 => Ok(halves().map(|b| bf16::from_le_bytes(*b).to_f32()).collect()),
        other => {
            Err(Error::format(path, &format!("f32, f16 or bf16 in {name:?}"), format_args!("{other:?}")))
        }
    }
}
