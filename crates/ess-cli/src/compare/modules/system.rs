//! What is compared: every recipe, and what stands beside them.

use anyhow::{Result, ensure};
use ess_train::{
    ApproxNdcg, EnsembleSettings, ItemSideConfig, LossConfig, RecipeConfig, SidesConfig, TrainingOrder,
};
use serde::{Deserialize, Serialize};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum System {
    /// The frozen encoder.
    Frozen,
    /// A recipe, perhaps trained again on train and dev once dev has chosen.
    Recipe { recipe: RecipeConfig, refit: bool },
    /// A linear module and what happens to the items, or one of the two, perhaps fitted again on train and dev.
    Sides { sides: SidesConfig, refit: bool },
    /// A recipe over more than one vector a query, perhaps with a loss of its own.
    Rich {
        recipe: RecipeConfig,
        reads: Reads,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loss: Option<LossConfig>,
    },
    /// Feedback from the index with the settings that it has by default; nothing is trained.
    Feedback {},
    /// One member of the default ensemble, with the seed that it has there.
    Member { recipe: RecipeConfig, at: u64 },
}

/// What a system reads of a query in place of its one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reads {
    /// The states of its tokens.
    Tokens,
    /// Its sentence embedding and poolings of layers.
    Layers,
    /// Its sentence embedding and those of so many items, which a first pass found.
    FoundItems(usize),
}

impl System {
    /// Every system, in the order of the rows.
    fn all() -> Result<Vec<Self>> {
        let mut all = vec![Self::Frozen];
        for kind in RecipeConfig::kinds() {
            let recipe = RecipeConfig::named(kind)?;
            all.push(Self::Recipe { recipe: recipe.clone(), refit: false });
            if kind == "linear" {
                all.push(Self::Recipe { recipe, refit: true });
            }
        }
        all.extend(Self::of_sides());
        all.extend(Self::rich()?);
        let members = EnsembleSettings::default().members.into_iter().enumerate();
        all.extend(members.map(|(at, recipe)| Self::Member { recipe, at: at as u64 }));
        Ok(all)
    }

    /// Offsets, a linear map of the items and one map for both sides, in each order that they have.
    fn of_sides() -> impl Iterator<Item = Self> {
        use TrainingOrder::{Both, Item, QueryThenBoth};
        let map = || ItemSideConfig::Map { module: RecipeConfig::default() };
        let offsets = ItemSideConfig::default;
        [
            (Item, offsets(), false),
            (Item, offsets(), true),
            (QueryThenBoth, offsets(), false),
            (Item, map(), false),
            (Both, map(), false),
            (QueryThenBoth, map(), false),
            (Both, ItemSideConfig::Shared {}, false),
            (QueryThenBoth, ItemSideConfig::Shared {}, false),
        ]
        .into_iter()
        .map(|(order, items, refit)| Self::Sides { sides: SidesConfig { order, items }, refit })
    }

    /// What reads more than one vector a query.
    fn rich() -> Result<Vec<Self>> {
        let with_loss = |kind: &str, reads, loss| {
            anyhow::Ok(Self::Rich { recipe: RecipeConfig::named(kind)?, reads, loss })
        };
        let rich = |kind: &str, reads| with_loss(kind, reads, None);
        let mut all = Vec::new();
        for kind in RecipeConfig::kinds() {
            if RecipeConfig::named(kind)?.reads_layers() {
                all.push(rich(kind, Reads::Layers)?);
            }
        }
        for reads in [Reads::Tokens, Reads::FoundItems(10)] {
            for kind in RecipeConfig::token_kinds() {
                all.push(rich(kind, reads)?);
            }
        }
        // Over found items softmax may fall while the ranking gets worse.
        for kind in ["similarity_attention", "token_attention"] {
            let loss = LossConfig::of(ApproxNdcg::default());
            all.push(with_loss(kind, Reads::FoundItems(10), Some(loss))?);
        }
        all.push(Self::Feedback {});
        Ok(all)
    }

    /// All systems, or those of these names; those that others are compared with are among them.
    pub(crate) fn chosen(names: &[String], against: &[String]) -> Result<Vec<Self>> {
        let all = Self::all()?;
        for name in names.iter().chain(against) {
            let known: Vec<String> = all.iter().map(Self::name).collect();
            ensure!(known.contains(name), "unknown system {name:?}; known: {}", known.join(", "));
        }
        // Nothing can be told of a system without the frozen encoder beside it.
        let wanted = |system: &Self| {
            let named = |names: &[String]| names.contains(&system.name());
            *system == Self::Frozen || names.is_empty() || named(names) || named(against)
        };
        Ok(all.into_iter().filter(wanted).collect())
    }

    pub(crate) fn name(&self) -> String {
        let refitted = |refit: bool| if refit { ", refitted" } else { "" };
        match self {
            Self::Frozen => "frozen".to_owned(),
            Self::Recipe { recipe, refit } => format!("{}{}", recipe.kind(), refitted(*refit)),
            Self::Sides { sides, refit } => format!("{}{}", name_of_sides(sides), refitted(*refit)),
            Self::Rich { recipe, reads, loss } => {
                let read = match reads {
                    Reads::Tokens => "tokens".to_owned(),
                    Reads::Layers => "layers".to_owned(),
                    Reads::FoundItems(depth) => format!("{depth} found items"),
                };
                let loss = loss.as_ref().map(|_| ", ApproxNDCG").unwrap_or_default();
                format!("{} over {read}{loss}", recipe.kind())
            }
            Self::Feedback {} => "feedback, not trained".to_owned(),
            Self::Member { recipe, at } => format!("ensemble member {at}, {}", recipe.kind()),
        }
    }

    pub(crate) fn file_name(&self) -> String {
        self.name().replace(", ", "-").replace(' ', "-")
    }

    pub(crate) fn refit(&self) -> bool {
        matches!(self, Self::Recipe { refit: true, .. } | Self::Sides { refit: true, .. })
    }

    /// What it reads in place of one vector a query; none where it is that vector.
    pub(crate) fn reads(&self) -> Option<Reads> {
        if let Self::Rich { reads, .. } = self { Some(*reads) } else { None }
    }

    /// What it is trained with where that is not the trainer's loss.
    pub(crate) fn loss(&self) -> Option<&LossConfig> {
        if let Self::Rich { loss, .. } = self { loss.as_ref() } else { None }
    }

    /// What is added to the trainer's seed.
    pub(crate) fn seed(&self) -> u64 {
        if let Self::Member { at, .. } = self { *at } else { 0 }
    }
}

/// As the flags of `train` say it.
fn name_of_sides(sides: &SidesConfig) -> String {
    let items = match sides.items {
        ItemSideConfig::Shared {} => "shared map",
        ItemSideConfig::Map { .. } => "item map",
        _ => "item offsets",
    };
    match sides.order {
        TrainingOrder::Item => items.to_owned(),
        TrainingOrder::Both => format!("linear and {items}"),
        TrainingOrder::QueryThenBoth => format!("linear then {items}"),
    }
}
