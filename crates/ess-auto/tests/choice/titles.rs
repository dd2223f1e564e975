//! Items whose titles name them, where texts name others as well.

use ess_auto::{AutoConfig, Collection};
use ess_core::Searcher;

use crate::generated::{World, config, fit};

const ITEMS: usize = 80;

fn collection(world: &World, with_titles: bool) -> Collection {
    let name = |item: usize| world.texts[item % ITEMS].split(' ').next().unwrap();
    let texts: Vec<String> =
        (0..ITEMS).map(|item| format!("{} {} {}", name(item), name(item + 1), name(item + 7))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let collection = world.bare_collection().with_texts(&texts, AutoConfig::default().lexical).unwrap();
    let titles: Vec<&str> = (0..ITEMS).map(name).collect();
    if with_titles { collection.with_titles(&titles).unwrap() } else { collection }
}

#[test]
fn titles_are_found_to_help_and_a_saved_choice_asks_for_them() {
    let world = World::new(ITEMS, 1);
    let (with, without) = (collection(&world, true), collection(&world, false));
    assert!(with.has("lexical_title") && !without.has("lexical_title"));
    let (module, report) = fit(&with, &world.queries(60, 2), config());
    let titled = report.hybrid.unwrap();
    assert!(titled.second.get("lexical_title") > 0.1, "{titled:?}");
    let plain = fit(&without, &world.queries(60, 2), config()).1.hybrid.unwrap();
    assert!(titled.chosen > plain.chosen + 0.02, "{} {}", titled.chosen, plain.chosen);
    let query = |collection: &Collection| collection.encode(&world.items, &vec!["name"; ITEMS]).unwrap();
    module.bind(&with).unwrap().search(&query(&with), 1).unwrap();
    let found = module.bind(&without).unwrap().search(&query(&without), 1).unwrap_err();
    assert!(found.to_string().contains("lexical_title"), "{found}");

    // Queries by embedding alone do not ask for them.
    for collection in [&with, &without, &world.bare_collection()] {
        module.bind(collection).unwrap().search(&world.items, 1).unwrap();
    }
}

#[test]
fn titles_without_texts_and_too_few_titles_are_refused() {
    let world = World::new(ITEMS, 1);
    let titles = vec!["title"; ITEMS];
    let found = world.bare_collection().with_titles(&titles).err().unwrap();
    assert!(found.to_string().contains("no texts"), "{found}");
    let found = world.collection().with_titles(&titles[1..]);
    assert!(matches!(found, Err(ess_core::Error::LengthMismatch { expected: ITEMS, .. })));
}
