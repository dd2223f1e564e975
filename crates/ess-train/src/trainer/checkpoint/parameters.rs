//! The parameters of a module, all of them, in the order in which it shows them.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId},
    tensor::{Tensor, TensorData},
};
use ess_search::embeddings_from_tensor;

use crate::error::Error;

/// Their ids, by which an optimiser knows them, their shapes and values.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) ids: Vec<u64>,
    pub(super) shapes: Vec<Vec<usize>>,
    pub(super) values: Vec<f32>,
}

impl Parameters {
    pub(super) fn of<M: Module>(module: &M) -> Result<Self, Error> {
        let mut reader = Reader(Ok(Self::default()));
        module.visit(&mut reader);
        reader.0
    }
}

struct Reader(Result<Parameters, Error>);

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Ok(read) = &mut self.0 else { return };
        let tensor = param.val().without_autodiff();
        let shape = tensor.dims();
        match embeddings_from_tensor(tensor.reshape([1, shape.iter().product()])) {
            Ok(values) => {
                read.ids.push(param.id.val());
                read.shapes.push(shape.to_vec());
                read.values.extend_from_slice(values.as_slice());
            }
            Err(error) => self.0 = Err(error.into()),
        }
    }
}

/// The module with these ids and values, as many as it has.
pub(super) fn replaced<M: Module>(module: M, ids: &[u64], values: &[f32]) -> M {
    module.map(&mut Writer { ids, values, at: 0 })
}

struct Writer<'a> {
    ids: &'a [u64],
    values: &'a [f32],
    at: usize,
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, mut param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if let Some(&id) = self.ids.get(self.at) {
            param.id = ParamId::from(id);
        }
        self.at += 1;
        param.map(|old| {
            let (shape, trained) = (old.dims(), old.is_require_grad());
            let (own, rest) = self.values.split_at(shape.iter().product::<usize>().min(self.values.len()));
            self.values = rest;
            let data = TensorData::new(own.to_vec(), shape);
            Tensor::from_data(data, &old.device()).set_require_grad(trained)
        })
    }
}
