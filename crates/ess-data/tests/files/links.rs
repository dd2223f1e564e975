//! Links of earlier format versions stay readable.

use ess_core::{CalibratedLink, IsotonicLink, Sigmoid};
use ess_data::{read_link, write_link};

use crate::golden;

fn links() -> [(&'static str, CalibratedLink); 2] {
    [
        ("sigmoid", Sigmoid::new(12.5, -6.25).unwrap().into()),
        ("isotonic", IsotonicLink::new(vec![0.125, 0.75], vec![0.0, 0.25]).unwrap().into()),
    ]
}

#[test]
fn links_of_every_version_are_read() {
    for (name, link) in links() {
        for version in ["v1", "v2"] {
            let path = golden(&format!("link_{name}_{version}.json"));
            assert_eq!(read_link(&path).unwrap(), link, "{}", path.display());
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("\"version\": {}", &version[1..])), "{text}");
        }
    }
}

/// `cargo test -p ess-data --test files links -- --ignored` writes the links anew.
#[test]
#[ignore = "writes golden files"]
fn write_golden_links() {
    for (name, link) in links() {
        let path = golden(&format!("link_{name}_v2.json"));
        write_link(&path, &link).unwrap();
        // Version 1 was the same text without the last member, the checksum.
        let sealed = std::fs::read_to_string(&path).unwrap();
        let text = ess_files::unseal_json(&sealed).unwrap().unwrap();
        let text = text.replacen("\"version\": 2", "\"version\": 1", 1);
        std::fs::write(golden(&format!("link_{name}_v1.json")), text.trim_end().to_owned() + "\n").unwrap();
    }
}
