//! The file of a graph index.

use ess_core::Index;
use serde::{Deserialize, Serialize};

use super::{GraphBuilder, GraphIndex, build::check_rows, links::Links, starts::Starts, survey::Survey};
use crate::error::Error;
use crate::file::{Contents, Section, Stored, persistent};
use crate::kernels::codes::{Codes, LINE};
use crate::live_rows::LiveRows;
use crate::rows::Rows;

/// The sizes and settings of a graph index, as written to its file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    rows: usize,
    dim: usize,
    start: u32,
    radius: f32,
    builder: GraphBuilder,
    /// Absent from files of the first releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    survey: Option<Survey>,
}

const STARTS: &str = "starts";

impl Stored for GraphIndex {
    const KIND: &'static str = "graph";
    type About = About;

    fn about(&self) -> About {
        let (rows, dim) = (self.rows(), self.dim());
        let (start, survey) = (self.starts.rows()[0], Some(self.survey));
        About { rows, dim, start, radius: self.radius, builder: self.builder, survey }
    }

    fn sections(&self) -> Vec<Section<'_>> {
        let (codes, scales, offsets) = self.codes.parts();
        let sections = [
            Section::new("rows", &[self.rows.numbers()]),
            Section::new("codes", &[codes]),
            Section::new("scales", &[scales]),
            Section::new("offsets", &[offsets]),
            Section::new("links", &[self.links.numbers()]),
            Section::new(STARTS, &[self.starts.rows()]),
        ];
        sections.into_iter().chain(self.live.section()).collect()
    }

    fn has_row(&self, row: usize) -> bool {
        self.live.contains(row)
    }

    fn from_contents(about: About, contents: &Contents) -> Result<Self, Error> {
        let (rows, dim) = (about.rows, about.dim);
        about.builder.check()?;
        check_rows(rows)?;
        Error::check_byte_dim(dim)?;
        if dim == 0 || about.start as usize >= rows || !about.radius.is_finite() {
            return Err(contents.mismatch("items and a start among them", format!("{about:?}")));
        }
        let stride = dim.checked_next_multiple_of(LINE);
        let (Some(numbers), Some(bytes), Some(links)) = (
            rows.checked_mul(dim),
            stride.and_then(|stride| stride.checked_mul(rows)),
            rows.checked_mul(about.builder.degree),
        ) else {
            return Err(contents.mismatch("a possible size", format!("{about:?}")));
        };
        let codes = Codes::from_parts(
            dim,
            contents.numbers("codes", Some(bytes))?,
            contents.numbers("scales", Some(rows))?,
            contents.numbers("offsets", Some(rows))?,
        );
        let survey = about.survey.unwrap_or(Survey::none(false));
        if !survey.is_possible() {
            return Err(
                contents.mismatch("candidates that a walk can have", format!("{:?}", survey.candidates))
            );
        }
        let starts = match contents.has(STARTS) {
            true => contents.numbers::<u32>(STARTS, None)?.to_vec(),
            false => vec![about.start],
        };
        if starts.first() != Some(&about.start) || starts.iter().any(|&start| start as usize >= rows) {
            return Err(contents.mismatch("starts among the items", format!("{starts:?}")));
        }
        Ok(Self {
            builder: about.builder,
            rows: Rows::new(contents.numbers("rows", Some(numbers))?, dim),
            codes,
            space: None,
            radius: about.radius,
            links: Links::from_numbers(about.builder.degree, contents.numbers("links", Some(links))?),
            starts: Starts::new(starts, survey.cover),
            survey,
            live: LiveRows::from_contents(rows, contents)?,
            walks: Default::default(),
        })
    }
}

persistent!(GraphIndex);
