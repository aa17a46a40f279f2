//! Where things lie: the workspace, the build folder and the cache of tools.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The root of the workspace: of the one that cargo runs, as checkouts that share a build folder may
/// share this program, too.
#[must_use]
pub fn root() -> &'static Path {
    static PACKAGE: LazyLock<PathBuf> = LazyLock::new(|| {
        let run = env::var_os("CARGO_MANIFEST_DIR");
        run.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
    });
    PACKAGE.parent().unwrap_or(&PACKAGE)
}

/// Cargo's build folder, also where built sites for serving and testing are kept.
#[must_use]
pub fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The site that `serve` and `test` build, apart from a release in `dist/`.
#[must_use]
pub fn site_dir() -> PathBuf {
    target_dir().join("site")
}

/// The folder outside the checkout where tools are kept between runs.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let base = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => PathBuf::from(home).join(".cache"),
        _ => env::temp_dir(),
    };
    base.join("pipit")
}
