//! Relations of a knowledge graph as searching modules, and semantic queries on entities that stay frozen.
//!
//! `cargo run --release --features relations --example 12_knowledge_graph`

use ess_examples::umls;
use ess_kit::core::{Embeddings, ExactIndex, Index, IndexSearcher, Searcher};
use ess_kit::relations::{
    Direction, KnowledgeGraph, ModelConfig, Part, Progress, RelationSet, RelationTraining,
};

fn main() -> anyhow::Result<()> {
    let graph = KnowledgeGraph::open(umls())?;
    let model = ModelConfig { name: "complex".to_owned(), dim: 100, ..Default::default() };
    let training =
        RelationTraining { model, epochs: 40, learning_rate: 0.02, n3: 0.01, ..Default::default() };
    let set = training.train(&graph, Progress::Bar)?.relations;
    println!("test MRR {:.3}", set.evaluate(&graph, Part::Test)?.both.mrr);

    // One index of entities; each query chooses its relation.
    let searcher = IndexSearcher::new(set.any_relation(), ExactIndex::new(set.items()?))?;
    let asked = [("antibiotic", "treats", Direction::Tail), ("virus", "causes", Direction::Tail)];
    for ((entity, relation, _), hits) in asked.iter().zip(searcher.search(&set.queries(&asked)?, 4)?) {
        let names: Vec<&str> = hits.iter().map(|hit| set.entities().name(hit.item)).collect();
        println!("{entity} {relation}: {}", names.join(", "));
    }

    // The encodings are a space: what is similar, and a : b as c : what?
    let space = Space::new(&set)?;
    println!("like fish: {}", space.nearest(space.of("fish")?, &["fish"], 4)?);
    let [a, b, c] = [space.of("bacterium")?, space.of("antibiotic")?, space.of("virus")?];
    let asked: Vec<f32> = (0..a.len()).map(|i| b[i] - a[i] + c[i]).collect();
    let answer = space.nearest(&asked, &["bacterium", "antibiotic", "virus"], 3)?;
    println!("bacterium : antibiotic :: virus : {answer}");

    // A relation is a vector too: which others are like it?
    let vector = |name: &str| set.relation_vector(name, Direction::Tail);
    let own = vector("causes")?;
    let mut like: Vec<(f32, &str)> = Vec::new();
    for name in set.relations().all().iter().filter(|name| *name != "causes") {
        like.push((cosine(own, vector(name)?), name.as_str()));
    }
    like.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("like causes: {}", like[..3].iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", "));

    // Relations of another model on the same entities, which stay as they are.
    let model = ModelConfig { name: "meim".to_owned(), dim: 100, partitions: 4, ..Default::default() };
    let frozen = RelationTraining { model, epochs: 20, ..training };
    let second = frozen.train_on(&graph, &set.encodings()?, Progress::Bar)?.relations;
    println!("test MRR of MEIM on ComplEx's entities {:.3}", second.evaluate(&graph, Part::Test)?.both.mrr);
    Ok(())
}

/// The entities by cosine.
struct Space<'a> {
    set: &'a RelationSet,
    unit: Embeddings,
}

impl<'a> Space<'a> {
    fn new(set: &'a RelationSet) -> anyhow::Result<Self> {
        Ok(Self { set, unit: set.encodings()?.normalized() })
    }

    fn of(&self, name: &str) -> anyhow::Result<&[f32]> {
        Ok(self.unit.row(self.set.entities().find(name)?))
    }

    fn nearest(&self, query: &[f32], but: &[&str], k: usize) -> anyhow::Result<String> {
        let hits =
            ExactIndex::new(self.unit.clone()).search(&Embeddings::from_rows(&[query])?, k + but.len())?;
        let names = hits[0].iter().map(|hit| self.set.entities().name(hit.item));
        Ok(names.filter(|name| !but.contains(name)).take(k).collect::<Vec<_>>().join(", "))
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
