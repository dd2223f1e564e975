//! From data to modules that are not trained yet.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{
    AnyModule, Diagonal, GatedSelection, KeyValueMemory, LayerAttention, LayerTransformer, Linear, LowRank,
    MixtureOfExperts, Mlp, ModuleConfig, ModuleState, Orthogonal, Part, Registry, Sequence, TrainableModule,
    WeightedEnsemble,
};

use super::{RecipeConfig, SequencePart, build::FromData};
use crate::{
    Error,
    recipe::{apart, copies},
};

impl RecipeConfig {
    /// The module before training, where the recipe trains one.
    pub(super) fn untrained(&self, data: &FromData, device: &Device) -> Result<AnyModule, Error> {
        match self {
            Self::Linear(config) => new::<Linear>(config, data, device),
            Self::LowRank(config) => new::<LowRank>(config, data, device),
            Self::Orthogonal(config) => new::<Orthogonal>(config, data, device),
            Self::Diagonal(config) => new::<Diagonal>(config, data, device),
            Self::GatedSelection(config) => new::<GatedSelection>(config, data, device),
            Self::Mlp(config) => new::<Mlp>(config, data, device),
            Self::KeyValueMemory(config) => new::<KeyValueMemory>(config, data, device),
            Self::LayerAttention(config) => new::<LayerAttention>(config, data, device),
            Self::LayerTransformer(config) => new::<LayerTransformer>(config, data, device),
            Self::Sequence(settings) => {
                let mut width = data.query_dim;
                let mut parts = Vec::with_capacity(settings.parts.len());
                for part in &settings.parts {
                    let (built, dim) = part.build(&FromData { query_dim: width, ..*data }, device)?;
                    parts.push(built);
                    width = dim;
                }
                Ok(AnyModule::new(Sequence::new(parts)?)?)
            }
            Self::MixtureOfExperts(settings) => {
                let experts = numbered(&settings.experts, data, device)?;
                let seed = settings.seed.wrapping_add(data.seed);
                Ok(AnyModule::new(MixtureOfExperts::new(experts, seed, device)?)?)
            }
            Self::WeightedEnsemble(settings) if settings.jointly => {
                refuse_copies(&settings.members, data)?;
                let members = numbered(&settings.members, data, device)?;
                Ok(AnyModule::new(WeightedEnsemble::new(members, settings.averaging, device)?)?)
            }
            Self::TokenAttention(_) | Self::SimilarityAttention(_) | Self::TokenTransformer(_) => {
                Err(Error::AnotherEncoding { kind: self.kind(), reads: "token states", found: "embeddings" })
            }
            several => Err(Error::NotOneModule { kind: several.kind() }),
        }
    }
}

fn new<M: TrainableModule<Encoding = ess_core::Embeddings>>(
    config: &M::Config,
    data: &FromData,
    device: &Device,
) -> Result<AnyModule, Error>
where
    M::Config: ModuleConfig,
{
    Ok(AnyModule::new(M::init(&data.fill(config)?, device)?)?)
}

/// Parts named by their kind and number. Equal ones start from different values: trained side by side from the same, they
/// would stay the same.
fn numbered(configs: &[RecipeConfig], data: &FromData, device: &Device) -> Result<Vec<Part>, Error> {
    let part = |(at, config): (usize, &RecipeConfig)| {
        let data = reseeded(configs, (at, config), data);
        Ok(Part::new(format!("{} {at}", config.kind()), config.untrained(&data, device)?)?)
    };
    configs.iter().enumerate().map(part).collect()
}

/// Refuses members that would learn the same side by side: each step shows them the same queries.
fn refuse_copies(members: &[RecipeConfig], data: &FromData) -> Result<(), Error> {
    let query = Embeddings::from_vec(vec![1.0; data.query_dim], data.query_dim)?;
    let start = |member: (usize, &RecipeConfig)| {
        copies::start(member.1.untrained(&reseeded(members, member, data), &Device::flex())?, &query)
    };
    copies::refuse(&members.iter().enumerate().map(start).collect::<Result<Vec<_>, _>>()?)
}

/// The seed of a part, which differs from those of equal ones before it.
fn reseeded(all: &[RecipeConfig], (at, config): (usize, &RecipeConfig), data: &FromData) -> FromData {
    let before = all[..at].iter().filter(|other| *other == config).count();
    FromData { seed: data.seed.wrapping_add(apart(before as u64)), ..*data }
}

impl SequencePart {
    /// The part, and the dimension of what it returns.
    fn build(&self, data: &FromData, device: &Device) -> Result<(Part, usize), Error> {
        let module = match (&self.module, &self.from) {
            (Some(config), None) if self.part.is_none() => config.untrained(data, device)?,
            (None, Some(folder)) => {
                let state = ModuleState::load(folder)?;
                let state = self.part.as_ref().map_or(Ok(state.clone()), |name| state.part(name))?;
                Registry::default().trainable(&state, device)?
            }
            _ => {
                let (name, expected) = ("parts", "each with either a module or the folder of one");
                return Err(Error::Config { name, expected, found: format!("part {:?}", self.name) });
            }
        };
        let dim = module.item_dim();
        let part = Part::new(&*self.name, module)?;
        Ok((if self.frozen { part.frozen() } else { part }, dim))
    }
}
