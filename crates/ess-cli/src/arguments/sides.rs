//! Which sides of a search are trained, by flags.

use anyhow::Result;
use clap::{Args, ValueEnum};
use ess_train::{ItemSideConfig, RecipeConfig, SidesConfig, TrainingOrder};

/// Which sides are trained, by flags.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Sides")]
pub(crate) struct SideArguments {
    /// What is trained: the query side, the items, both, or the queries first and then both [default: query].
    #[arg(long, value_enum)]
    side: Option<Side>,
    /// What is trained on the item side: offsets (for items that training queries ask for), shared (the query side's
    /// module) or a KIND of module as the items' own map [default: offsets]. Trained items must be indexed again.
    #[arg(long, alias = "items", value_name = "offsets|shared|KIND")]
    item_side: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Side {
    /// The searching module alone; items stay frozen
    Query,
    /// What happens to the items alone
    Item,
    /// Both at once
    Both,
    /// The searching module, then both
    QueryThenBoth,
}

impl SideArguments {
    /// The settings of both sides, those of a settings file changed by the flags; `None` where items stay frozen.
    ///
    /// # Errors
    /// For a kind of module that does not exist.
    pub(crate) fn apply(&self, config: Option<SidesConfig>) -> Result<Option<SidesConfig>> {
        if self.side == Some(Side::Query) {
            return Ok(None);
        }
        if self.side.is_none() && self.item_side.is_none() {
            return Ok(config);
        }
        let mut config = config.unwrap_or_default();
        match self.side {
            Some(Side::Both) => config.order = TrainingOrder::Both,
            Some(Side::QueryThenBoth) => config.order = TrainingOrder::QueryThenBoth,
            Some(Side::Item) => config.order = TrainingOrder::Item,
            Some(Side::Query) | None => {}
        }
        match self.item_side.as_deref() {
            None => {}
            Some("offsets") => config.items = ItemSideConfig::Offsets(ess_train::OffsetsConfig::default()),
            Some("shared") => config.items = ItemSideConfig::Shared {},
            Some(kind) => {
                config.items = ItemSideConfig::Map { module: RecipeConfig::named(&kind.replace('-', "_"))? }
            }
        }
        config.check()?;
        Ok(Some(config))
    }
}
