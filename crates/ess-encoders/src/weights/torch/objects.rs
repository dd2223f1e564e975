//! The objects that a program makes.

/// An object. Containers stand in one list, so that neither copies nor deep nesting cost anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Object {
    None,
    Bool(bool),
    Int(i64),
    /// A number that no tensor is described by.
    Float,
    /// A text, by where it stands in the program.
    Text {
        start: usize,
        length: usize,
    },
    /// A function or a class, by its number in the list of those that are known.
    Global(Global),
    /// A container, by its number.
    Tuple(usize),
    List(usize),
    Dict(usize),
    /// A storage, by the number of the tuple that describes it.
    Storage(usize),
    /// A tensor, by the number of the tuple that describes it.
    Tensor(usize),
}

/// The functions and classes that tensors need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    /// A class of storages, by its number in [`STORAGES`].
    Storage(usize),
}

/// Classes of storages, and how many bytes their numbers have.
pub(super) const STORAGES: [&str; 12] = [
    "FloatStorage",
    "HalfStorage",
    "BFloat16Storage",
    "DoubleStorage",
    "LongStorage",
    "IntStorage",
    "ShortStorage",
    "CharStorage",
    "ByteStorage",
    "BoolStorage",
    "ComplexFloatStorage",
    "ComplexDoubleStorage",
];

/// How many bytes the numbers of a storage have.
pub(super) const STORAGE_BYTES: [u64; 12] = [4, 2, 2, 8, 8, 4, 2, 1, 1, 1, 8, 16];

impl Global {
    /// The one of a module and a name.
    pub(super) fn of(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("collections", "OrderedDict") => Some(Self::OrderedDict),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Self::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Some(Self::RebuildParameter),
            ("torch", name) => STORAGES.iter().position(|known| *known == name).map(Self::Storage),
            _ => None,
        }
    }
}
