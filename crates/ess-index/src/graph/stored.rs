//! The file of a graph index.

use ess_core::Index;
use ess_files::Section;
use serde::{Deserialize, Serialize};

use super::{
    builder::{GraphBuilder, check_rows},
    index::GraphIndex,
    links::Links,
    starts::Starts,
    stored_recall,
    survey::Survey,
};
use crate::error::Error;
use crate::file::{
    contents::Contents,
    stored::{Stored, persistent},
};
use crate::kernels::codes::{Codes, line::LINE};
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
        let recall = self.default_recall.as_ref().map(stored_recall::section);
        sections.into_iter().chain(recall).chain(self.live.section()).collect()
    }

    fn has_row(&self, row: usize) -> bool {
        self.live.contains(row)
    }

    fn from_contents(about: About, contents: &Contents) -> Result<Self, Error> {
        let sizes = about.sizes(contents)?;
        let codes = Codes::from_parts(
            about.dim,
            contents.values("codes", Some(sizes.code_bytes))?,
            contents.values("scales", Some(about.rows))?,
            contents.values("offsets", Some(about.rows))?,
        );
        let survey = about.survey(contents)?;
        let starts = about.starts(contents)?;
        let links = contents.values("links", Some(sizes.links))?;
        Ok(Self {
            builder: about.builder,
            rows: Rows::new(contents.values("rows", Some(sizes.components))?, about.dim),
            codes,
            space: None,
            radius: about.radius,
            links: Links::from_numbers(about.builder.degree, links),
            starts: Starts::new(starts, survey.cover),
            survey,
            default_recall: stored_recall::read(contents)?,
            live: LiveRows::from_contents(about.rows, contents)?,
            walks: Default::default(),
        })
    }
}

/// The lengths of sections.
struct Sizes {
    components: usize,
    code_bytes: usize,
    links: usize,
}

impl About {
    /// Refuses what no graph can have.
    fn sizes(&self, contents: &Contents) -> Result<Sizes, Error> {
        let Self { rows, dim, .. } = *self;
        self.builder.check()?;
        check_rows(rows)?;
        Error::check_byte_dim(dim)?;
        if dim == 0 || self.start as usize >= rows || !self.radius.is_finite() {
            return Err(contents.mismatch("items and a start among them", format!("{self:?}")));
        }
        let stride = dim.checked_next_multiple_of(LINE);
        let sizes = (
            rows.checked_mul(dim),
            stride.and_then(|stride| stride.checked_mul(rows)),
            rows.checked_mul(self.builder.degree),
        );
        match sizes {
            (Some(components), Some(code_bytes), Some(links)) => Ok(Sizes { components, code_bytes, links }),
            _ => Err(contents.mismatch("a possible size", format!("{self:?}"))),
        }
    }

    fn survey(&self, contents: &Contents) -> Result<Survey, Error> {
        let survey = self.survey.unwrap_or(Survey::none(false));
        match survey.is_possible() {
            true => Ok(survey),
            false => {
                let found = format!("{:?}", survey.candidates);
                Err(contents.mismatch("candidates that a walk can have", found))
            }
        }
    }

    fn starts(&self, contents: &Contents) -> Result<Vec<u32>, Error> {
        let starts = match contents.has(STARTS) {
            true => contents.values::<u32>(STARTS, None)?.to_vec(),
            false => vec![self.start],
        };
        let is_item = |&start: &u32| (start as usize) < self.rows;
        match starts.first() == Some(&self.start) && starts.iter().all(is_item) {
            true => Ok(starts),
            false => Err(contents.mismatch("starts among the items", format!("{starts:?}"))),
        }
    }
}

persistent!(GraphIndex);
