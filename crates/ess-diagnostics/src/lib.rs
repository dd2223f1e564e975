#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod alignment;
mod capacity;
mod cka;
mod distances;
mod error;
mod hubness;
mod information;
mod intrinsic_dimension;
mod isotropy;
mod probe;
mod singular_values;

pub use alignment::{alignment, uniformity};
pub use capacity::{
    combinations::combinations,
    free_embeddings::{Beyond, CriticalItems, FreeEmbeddings},
    top_sets::TopSets,
    top_sets_report::{TopSet, TopSetsReport},
};
pub use cka::LinearCka;
pub use error::Error;
pub use hubness::Hubness;
pub use information::InformationBound;
pub use intrinsic_dimension::TwoNn;
pub use isotropy::Isotropy;
pub use probe::{LinearProbe, ProbeReport};
pub use singular_values::SingularValues;
