//! Reading and replacing the parameters of a Burn module by name.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Tensor, TensorData},
};

use crate::{device::host_copy::values_of, error::Error, store::state::HostTensor};

/// The parameters of a module by name, in host memory.
pub(crate) fn read<M: Module>(module: &M) -> Result<BTreeMap<String, HostTensor>, Error> {
    let mut reader = Reader { path: Vec::new(), tensors: Ok(BTreeMap::new()) };
    module.visit(&mut reader);
    reader.tensors
}

/// The module with its parameters replaced. Every name and shape must agree.
pub(crate) fn replace<M: Module>(
    module: M,
    kind: &str,
    tensors: BTreeMap<String, HostTensor>,
) -> Result<M, Error> {
    let expected = shapes(&module);
    if !expected.keys().eq(tensors.keys()) {
        return Err(Error::TensorNames {
            kind: kind.to_owned(),
            expected: expected.into_keys().collect(),
            found: tensors.into_keys().collect(),
        });
    }
    for (name, shape) in expected {
        if shape != tensors[&name].shape() {
            let found = tensors[&name].shape().to_vec();
            return Err(Error::TensorShape { name, expected: shape, found });
        }
    }
    Ok(module.map(&mut Writer { path: Vec::new(), tensors }))
}

fn shapes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    struct Shapes(Vec<String>, BTreeMap<String, Vec<usize>>);
    impl ModuleVisitor for Shapes {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.insert(self.0.join("."), param.lazy_shape().to_vec());
        }
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.0.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.0.pop();
        }
    }
    let mut shapes = Shapes(Vec::new(), BTreeMap::new());
    module.visit(&mut shapes);
    shapes.1
}

struct Reader {
    path: Vec<String>,
    tensors: Result<BTreeMap<String, HostTensor>, Error>,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let read = values_of(tensor).and_then(|values| HostTensor::new(&name, shape, values));
        match (&mut self.tensors, read) {
            (Ok(tensors), Ok(tensor)) => {
                tensors.insert(name, tensor);
            }
            (tensors @ Ok(_), Err(error)) => *tensors = Err(error),
            (Err(_), _) => {}
        }
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

struct Writer {
    path: Vec<String>,
    tensors: BTreeMap<String, HostTensor>,
}

impl ModuleMapper for Writer {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(tensor) = self.tensors.remove(&self.path.join(".")) else {
            return param;
        };
        param.map(|old| {
            let data = TensorData::new(tensor.values().to_vec(), tensor.shape().to_vec());
            Tensor::from_data(data, &old.device())
        })
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}
