//! Gives page and worker a common build id, so that a stale cached half is noticed, and leaves
//! out of both what nobody needs to download.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hasher = DefaultHasher::new();
    for path in ["src", "../core/src", "../Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
        hash(&root.join(path), &mut hasher)?;
    }
    println!("cargo::rustc-env=PIPIT_BUILD={:016x}", hasher.finish());
    let is = |key: &str, value: &str| env::var(key).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ARCH", "wasm32") && is("PROFILE", "release") {
        // The names of functions are a quarter of the download. Not `strip` in the profile, which
        // would compile the whole GPU stack apart from its other users.
        println!("cargo::rustc-link-arg-bins=--strip-all");
        // wasm-bindgen reads this one.
        println!("cargo::rustc-link-arg-bins=--keep-section=target_features");
    }
    Ok(())
}

/// Feeds a file, or every file beneath a folder in the order of their names.
fn hash(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<io::Result<_>>()?;
        entries.sort();
        for entry in entries {
            entry.file_name().hash(hasher);
            hash(&entry, hasher)?;
        }
    } else {
        fs::read(path)?.hash(hasher);
    }
    Ok(())
}
