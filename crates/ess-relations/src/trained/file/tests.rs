//! Sets of relations of version 1 stay readable.

use std::path::PathBuf;

use super::*;

/// The name of a model, its partitions, and whether it was trained with batch normalisation.
const MODELS: [(&str, usize, bool); 7] = [
    ("dist_mult", 1, false),
    ("complex", 1, true),
    ("rotate", 1, false),
    ("cp", 1, false),
    ("simple", 1, false),
    ("mei", 2, true),
    ("meim", 2, false),
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}-1.set"))
}

fn config(name: &str, partitions: usize) -> ModelConfig {
    ModelConfig { name: name.to_owned(), dim: 4, partitions, ..ModelConfig::default() }
}

fn names() -> [Names; 2] {
    let entities = Names::new("entity", ["tokyo", "japan", "cœur"]).unwrap();
    [entities, Names::new("relation", ["capital_of", "in"]).unwrap()]
}

/// `n` eighths between −1 and 1, counted from a number of them above −1.
fn eighths(n: usize, from: usize) -> Vec<f32> {
    (from..from + n).map(|i| (i % 17) as f32 * 0.125 - 1.0).collect()
}

fn mapping(config: &ModelConfig, batch_norm: bool) -> Mapping {
    let model = config.build().unwrap();
    let rows = |n: usize, dim: usize, from| Rows::from_vec(eighths(n * dim, from), dim).unwrap();
    let parameters = Parameters {
        entities: rows(3, model.entity_dim(), 0),
        relations: rows(4, model.relation_dim(), 5),
        shared: eighths(model.shared_len(), 9),
    };
    let affine = |dim, from| Affine { scale: eighths(dim, from), shift: eighths(dim, from + 3) };
    let around = batch_norm.then(|| [affine(model.entity_dim(), 1), affine(model.item_dim(), 7)]);
    Mapping { model, parameters, around }
}

#[test]
fn sets_of_version_1_are_read_and_written_again_to_the_bit() {
    for (name, partitions, batch_norm) in MODELS {
        let path = golden(name);
        assert!(std::fs::read(&path).unwrap().starts_with(b"ESSRELAT\x01\0\0\0"), "{name}");
        let (found, found_names, found_mapping) = read(&path).unwrap();
        let expected = mapping(&config(name, partitions), batch_norm);
        assert_eq!((&found, &found_names), (&config(name, partitions), &names()));
        assert_eq!(found_mapping.parameters, expected.parameters, "{name}");
        assert_eq!(found_mapping.around, expected.around, "{name}");

        let again = tempfile::NamedTempFile::new().unwrap();
        write(again.path(), &found, [&found_names[0], &found_names[1]], &found_mapping).unwrap();
        assert!(std::fs::read(again.path()).unwrap() == std::fs::read(&path).unwrap(), "{name}");
    }
}

/// By hand: tokyo is −8, −7, −6, −5 eighths, capital_of −3, −2, −1, 0 and japan −4, −3, −2, −1.
#[test]
fn a_set_of_version_1_scores_as_it_did() {
    let (_, _, mapping) = read(&golden("dist_mult")).unwrap();
    let [tokyo, japan] = [0, 1].map(|row| mapping.parameters.entities.row(row));
    let query = mapping.queries(tokyo, &[0]).unwrap();
    let score: f32 = query.iter().zip(japan).map(|(x, y)| x * y).sum();
    assert_eq!(score, (-8.0 * 3.0 * 4.0 - 7.0 * 2.0 * 3.0 - 6.0 * 2.0) / 512.0);
}

/// `cargo test -p ess-relations --lib trained::file -- --ignored` writes the files anew.
#[test]
#[ignore = "writes golden files"]
fn write_golden_files() {
    let [entities, relations] = names();
    for (name, partitions, batch_norm) in MODELS {
        let config = config(name, partitions);
        let mapping = mapping(&config, batch_norm);
        write(&golden(name), &config, [&entities, &relations], &mapping).unwrap();
    }
}
