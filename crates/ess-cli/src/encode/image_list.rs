//! Which images are encoded: those of a folder, or those that a file lists.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::settings::written::written_text;

/// What a file of a folder ends in to be read.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// An image to be encoded.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
    /// The path from the folder on, with `/`, or the line of the list.
    pub(super) id: String,
    pub(super) path: String,
}

/// The images of a folder, by their ids, or of a list, in its order.
///
/// # Errors
/// When something cannot be read or has a name that is no UTF-8, and when there is no image.
pub(super) fn list(from: &Path) -> Result<Vec<Listed>> {
    let images = if from.is_dir() { of_folder(from)? } else { of_file(from)? };
    ensure!(!images.is_empty(), "--images {}: expected images, found none", from.display());
    Ok(images)
}

/// Names that begin with a point are skipped, and so are links to folders.
fn of_folder(root: &Path) -> Result<Vec<Listed>> {
    let (mut images, mut folders) = (Vec::new(), vec![(root.to_owned(), String::new())]);
    while let Some((folder, prefix)) = folders.pop() {
        let place = || format!("--images {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(place)? {
            let entry = entry.with_context(place)?;
            let path = entry.path();
            let is_folder = entry.file_type().with_context(place)?.is_dir();
            if !is_folder && !is_image(&path) {
                continue;
            }
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let id = format!("{prefix}{}", utf8(Path::new(&name), &path)?);
            match is_folder {
                true => folders.push((path, id + "/")),
                false => images.push(Listed { id, path: utf8(&path, &path)?.to_owned() }),
            }
        }
    }
    images.sort();
    Ok(images)
}

/// By the name; a folder of that name, reached through a link, is none.
fn is_image(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&&*ending)) && !path.is_dir()
}

fn of_file(file: &Path) -> Result<Vec<Listed>> {
    let place = || format!("--images {}: expected a text file with a path on each line", file.display());
    let text = written_text(file).with_context(place)?;
    let folder = file.parent().map_or_else(PathBuf::new, Path::to_owned);
    let lines = text.lines().filter(|line| !line.is_empty());
    let listed = lines.map(|line| {
        let path = folder.join(line);
        Ok(Listed { id: line.to_owned(), path: utf8(&path, &path)?.to_owned() })
    });
    listed.collect()
}

fn utf8<'p>(name: &'p Path, path: &Path) -> Result<&'p str> {
    name.to_str().with_context(|| format!("--images: {}: expected a name in UTF-8", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(from: &Path) -> Vec<String> {
        list(from).unwrap().into_iter().map(|image| image.id).collect()
    }

    #[test]
    fn a_folder_gives_its_images_by_name_and_a_list_its_lines_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/.c")).unwrap();
        for name in ["z.PNG", "a.jpg", "notes.txt", ".hidden.png", "b/x.webp", "b/.c/y.jpg", "png"] {
            fs::write(at(name), "").unwrap();
        }
        assert_eq!(ids(folder.path()), ["a.jpg", "b/x.webp", "z.PNG"]);
        fs::write(at("list.txt"), "\u{feff}z.PNG\r\n\nb/x.webp\nno such.jpg").unwrap();
        assert_eq!(ids(&at("list.txt")), ["z.PNG", "b/x.webp", "no such.jpg"]);
        let listed = list(&at("list.txt")).unwrap();
        assert_eq!(Path::new(&listed[1].path), at("b/x.webp"));
    }

    #[test]
    fn a_place_without_images_and_a_list_that_is_none_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let said = |from: &Path| format!("{:#}", list(from).unwrap_err());
        assert!(said(folder.path()).contains("expected images, found none"));
        let file = folder.path().join("image.jpg");
        fs::write(&file, [0xff, 0xd8, 0xff]).unwrap();
        assert!(said(&file).contains("image.jpg: expected a text file"), "{}", said(&file));
    }
}
