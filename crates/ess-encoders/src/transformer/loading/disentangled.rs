//! The tables of distances, and the convolution, of DeBERTa.

use super::reader::Reader;
use crate::{
    error::Error,
    model::disentangled::{ConvolutionConfig, DisentangledConfig},
    transformer::{
        definition::{Convolution, Linear},
        disentangled::Disentangled,
        operations::Compute,
    },
};

const TABLE: &str = "encoder.rel_embeddings.weight";
const TABLE_NORM: &str = "encoder.LayerNorm";
const CONVOLUTION: &str = "encoder.conv";

impl<C: Compute> Reader<'_, C> {
    /// What each layer adds to its scores.
    pub(super) fn disentangled(
        &self,
        of: &DisentangledConfig,
    ) -> Result<Vec<Disentangled<C::Matrix>>, Error> {
        let (config, dim) = (self.config, self.config.dim);
        let rows = of.rows.span.saturating_mul(2);
        let mut table = self.weights.read(&format!("{}{TABLE}", self.prefix), &[rows, dim])?;
        if of.normalised {
            self.normalise_table(&mut table)?;
        }
        let table = self.compute.matrix(table, [rows, dim]);
        let scale = config.attention(0).scale;
        let layer = |layer: usize| {
            let own = self.names().layer.replace("{}", &layer.to_string());
            let project = |wanted: bool, shared: &str, alone: &str| {
                let part = if of.shared { shared } else { alone };
                let name = format!("{}{own}.attention.self.{part}", self.prefix);
                wanted.then(|| self.scaled_projection(&table, &name, scale)).transpose()
            };
            Ok(Disentangled {
                keys: project(of.content_to_position, "key_proj", "pos_key_proj")?,
                queries: project(of.position_to_content, "query_proj", "pos_query_proj")?,
                rows: of.rows.clone(),
            })
        };
        (0..config.layers).map(layer).collect()
    }

    fn scaled_projection(&self, table: &C::Matrix, name: &str, scale: f32) -> Result<C::Matrix, Error> {
        let (dim, all) = (self.config.dim, self.config.heads * self.config.head_dim);
        let scaled = |name: String, shape: &[usize]| {
            let mut values = self.weights.read(&name, shape)?;
            values.iter_mut().for_each(|value| *value *= scale);
            Ok::<_, Error>(values)
        };
        let weight = scaled(format!("{name}.weight"), &[all, dim])?;
        let bias = scaled(format!("{name}.bias"), &[all])?;
        let linear =
            Linear { weight: self.compute.weight(weight, [all, dim]), bias: self.compute.vector(bias) };
        Ok(self.compute.project_rows(table, &linear))
    }

    fn normalise_table(&self, table: &mut [f32]) -> Result<(), Error> {
        let dim = self.config.dim;
        let read = |part: &str| self.weights.read(&format!("{}{TABLE_NORM}.{part}", self.prefix), &[dim]);
        let (weight, bias) = (read("weight")?, read("bias")?);
        let epsilon = f64::from(self.config.norm_epsilon);
        for row in table.chunks_exact_mut(dim) {
            let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / dim as f64;
            let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / dim as f64;
            let scale = 1.0 / (variance + epsilon).sqrt();
            for ((x, weight), bias) in row.iter_mut().zip(&weight).zip(&bias) {
                *x = ((f64::from(*x) - mean) * scale) as f32 * weight + bias;
            }
        }
        Ok(())
    }

    /// The convolution behind the first layer.
    pub(super) fn convolution(
        &self,
        of: &ConvolutionConfig,
    ) -> Result<Convolution<C::Weight, C::Vector>, Error> {
        let (dim, kernel) = (self.config.dim, of.kernel);
        let own = dim / of.groups;
        let name = format!("{}{CONVOLUTION}", self.prefix);
        let read = self.weights.read(&format!("{name}.conv.weight"), &[dim, own, kernel])?;
        // From out × in × neighbour to out × (neighbour, in), zeros between the groups.
        let mut weight = vec![0.0; dim * kernel * dim];
        for (output, row) in read.chunks_exact(own * kernel).enumerate() {
            let first = output / own * own;
            for (input, of_neighbours) in row.chunks_exact(kernel).enumerate() {
                for (neighbour, &value) in of_neighbours.iter().enumerate() {
                    weight[(output * kernel + neighbour) * dim + first + input] = value;
                }
            }
        }
        let bias = self.weights.read(&format!("{name}.conv.bias"), &[dim])?;
        Ok(Convolution {
            linear: Linear {
                weight: self.compute.weight(weight, [dim, kernel * dim]),
                bias: self.compute.vector(bias),
            },
            kernel,
            activation: of.activation,
            norm: self.norm(&format!("{name}.LayerNorm"), dim)?,
        })
    }
}
