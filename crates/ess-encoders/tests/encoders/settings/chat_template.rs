//! Chat templates, which sentence-transformers 6 puts texts into where a folder has no modules.json.

use ess_encoders::{CrossEncoder, Error};

use crate::folder::Folder;

fn with_template(folder: Folder) -> Folder {
    folder.edit("tokenizer_config.json", |config| config["chat_template"] = "{{ messages }}".into())
}

#[test]
fn a_chat_template_is_refused_where_no_modules_say_that_texts_are_read_as_they_are() {
    let bare = || Folder::new("bert").remove("modules.json");
    bare().load().unwrap();
    let error = with_template(bare()).error();
    assert!(matches!(&error, Error::Setting { name, .. } if name == "chat_template"), "{error}");
    assert!(error.to_string().contains("{{ messages }}"), "{error}");
    let of_a_file = bare().write("chat_template.jinja", b"{{ messages }}").error();
    assert!(of_a_file.to_string().contains("chat_template.jinja"), "{of_a_file}");
    with_template(Folder::new("bert")).load().unwrap();
}

#[test]
fn a_cross_encoder_with_a_chat_template_is_refused() {
    let judge = with_template(Folder::new("cross-encoder"));
    let error = CrossEncoder::load(judge.root()).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Setting { name, .. } if name == "chat_template"), "{error}");
}
