//! The file of an experiment: a recipe, the folds to judge it on, and what is left out in turn.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::Table;

/// The variant that leaves nothing out; the others are compared with it.
pub(super) const FULL: &str = "full";
/// The folder of runs on other recordings, which thus is no variant's.
pub(super) const PRETRAINING: &str = "pretraining";

/// An experiment, read and checked.
#[derive(Debug)]
pub(super) struct Experiment {
    /// Name of its file, without folders.
    pub(super) name: String,
    /// The page that shows its table.
    pub(super) page: PathBuf,
    /// The table of its finished runs, beside its file.
    pub(super) record: PathBuf,
    /// Parts that recordists are divided into.
    pub(super) folds: usize,
    /// A configuration of `pipit train`.
    pub(super) recipe: Table,
    /// What is trained, the full recipe first.
    pub(super) variants: Vec<Variant>,
}

/// The recipe with something left out or changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    /// In lower-case letters, digits and hyphens: a folder is called so.
    pub(super) name: String,
    /// What is different, for readers.
    pub(super) about: String,
    /// Keys that have another value.
    #[serde(default)]
    pub(super) set: Table,
    /// Keys that are left out, such as `weights` or `pretrain.freeze`.
    #[serde(default)]
    pub(super) without: Vec<String>,
}

/// The file as it stands; paths begin at its own folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    recipe: PathBuf,
    page: PathBuf,
    folds: usize,
    #[serde(default, rename = "variant")]
    variants: Vec<Variant>,
}

impl Experiment {
    /// Reads an experiment and its recipe.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let read = |path: &Path| {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let file = parse(&read(path)?)
            .with_context(|| format!("cannot take the experiment {}", path.display()))?;
        let beside = |other: &Path| path.parent().unwrap_or(Path::new("")).join(other);
        let recipe = beside(&file.recipe);
        let full = Variant {
            name: FULL.to_owned(),
            about: "the whole recipe".to_owned(),
            ..Variant::default()
        };
        Ok(Self {
            name: path.file_name().unwrap_or_default().display().to_string(),
            page: beside(&file.page),
            record: path.with_extension("csv"),
            folds: file.folds,
            recipe: read(&recipe)?
                .parse()
                .with_context(|| format!("cannot take the recipe {}", recipe.display()))?,
            variants: std::iter::once(full).chain(file.variants).collect(),
        })
    }

    /// Who writes into the page, as its marks say.
    pub(super) fn writer(&self) -> String {
        format!("`cargo xtask ablate`, {}", self.name)
    }

    /// Refuses a name that no variant has.
    pub(super) fn check_known(&self, names: &[String]) -> Result<()> {
        let known: Vec<&str> = self.variants.iter().map(|v| v.name.as_str()).collect();
        for name in names {
            ensure!(
                known.contains(&name.as_str()),
                "no variant is called {name}; there are {}",
                known.join(", ")
            );
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<File> {
    let file: File = toml::from_str(text)?;
    ensure!(file.folds >= 2, "folds must be at least 2: {}", file.folds);
    let mut names = BTreeSet::from([FULL, PRETRAINING]);
    for variant in &file.variants {
        let name = variant.name.as_str();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        ensure!(
            !name.is_empty() && name.chars().all(plain),
            "a variant's name has lower-case letters, digits and hyphens: {name:?}"
        );
        if !names.insert(name) {
            bail!("the name {name} is taken: by another variant, or by Pipit");
        }
        ensure!(
            !(variant.set.is_empty() && variant.without.is_empty()),
            "the variant {name} equals the full recipe: it needs `set` or `without`"
        );
        ensure!(
            !variant.about.trim().is_empty() && !variant.about.contains(['|', '\n']),
            "the variant {name} needs one sentence in `about`, without | and new lines"
        );
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "recipe = 'recipe.toml'\npage = '../page.md'\nfolds = 3\n";

    fn error(text: &str) -> String {
        format!("{:#}", parse(text).expect_err("it should be refused"))
    }

    #[test]
    fn variants_say_what_differs() {
        let file = parse(&format!(
            "{HEAD}[[variant]]\nname = 'no-mixup'\nabout = 'no mixup'\n\
             set.augment.or_mixup.probability = 0\n\
             [[variant]]\nname = 'random'\nabout = 'random weights'\nwithout = ['weights']\n"
        ))
        .expect("a good file");

        assert_eq!(file.folds, 3);
        assert_eq!(
            file.variants[0].set,
            "augment.or_mixup.probability = 0".parse().expect("TOML")
        );
        assert_eq!(file.variants[1].without, ["weights"]);
    }

    #[test]
    fn mistakes_are_named() {
        let variant = |lines: &str| error(&format!("{HEAD}[[variant]]\n{lines}"));

        assert!(error("recipe = 'a'\npage = 'b'\n").contains("folds"));
        assert!(error("recipe = 'a'\npage = 'b'\nfolds = 1\n").contains("at least 2: 1"));
        assert!(error(&format!("{HEAD}fold = 2\n")).contains("`fold`"));
        let text = variant("name = 'a'\nabout = 'b'\nleave = ['c']\n");
        assert!(
            text.contains("`leave`") && text.contains("without"),
            "{text}"
        );
        let text = variant("name = 'same'\nabout = 'nothing'\n");
        assert!(text.contains("same equals the full recipe"), "{text}");
        let text = variant("name = 'full'\nabout = 'b'\nwithout = ['c']\n");
        assert!(text.contains("full is taken"), "{text}");
        let text = variant("name = '../a'\nabout = 'b'\nwithout = ['c']\n");
        assert!(text.contains("\"../a\""), "{text}");
        let text = variant("name = 'a'\nabout = 'x | y'\nwithout = ['c']\n");
        assert!(text.contains("one sentence"), "{text}");
    }
}
