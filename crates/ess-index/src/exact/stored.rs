//! The file of an exact index.

use ess_core::Index;
use ess_files::Section;
use serde::{Deserialize, Serialize};

use super::index::{FlatIndex, Items};
use crate::error::Error;
use crate::file::{
    contents::Contents,
    stored::{Stored, persistent},
};
use crate::int8::Int8Items;
use crate::kernels::float::{element::Element, panels::Panels};
use crate::live_rows::LiveRows;
use crate::storage::Storage;

/// The sizes of an exact index, as written to its file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    rows: usize,
    dim: usize,
    storage: Storage,
}

impl Stored for FlatIndex {
    const KIND: &'static str = "flat";
    type About = About;

    fn about(&self) -> About {
        About { rows: self.rows(), dim: self.dim(), storage: self.storage() }
    }

    fn sections(&self) -> Vec<Section<'_>> {
        let items = match &self.items {
            Items::F32(panels) => vec![Section::new("panels", &panels.parts())],
            Items::F16(panels) => vec![Section::new("panels", &panels.parts())],
            Items::I8(int8) => int8.sections(),
        };
        items.into_iter().chain(self.live.section()).collect()
    }

    fn has_row(&self, row: usize) -> bool {
        self.live.contains(row)
    }

    fn from_contents(about: About, contents: &Contents) -> Result<Self, Error> {
        if about.rows == 0 || about.dim == 0 {
            return Err(contents.mismatch("at least one item and dimension", format!("{about:?}")));
        }
        let items = match about.storage {
            Storage::F32 => Items::F32(panels(&about, contents)?),
            Storage::F16 => Items::F16(panels(&about, contents)?),
            Storage::I8 => {
                Error::check_byte_dim(about.dim)?;
                let items = Int8Items::from_contents(about.rows, about.dim, contents)?;
                Items::I8(items.ok_or_else(|| contents.mismatch("a possible size", format!("{about:?}")))?)
            }
        };
        Ok(Self::with_items(items, LiveRows::from_contents(about.rows, contents)?))
    }
}

fn panels<T: Element>(about: &About, contents: &Contents) -> Result<Panels<T>, Error> {
    let size = Panels::<T>::size(about.rows, about.dim)
        .ok_or_else(|| contents.mismatch("a possible size", format!("{about:?}")))?;
    Ok(Panels::from_parts(contents.values("panels", Some(size))?, about.rows, about.dim))
}

persistent!(FlatIndex);
