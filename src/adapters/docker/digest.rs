//! Asking which digest a published image has now.
//!
//! Owns: the question, and reading its answer. Refuses: deciding which images are held.
//!
//! The engine pulls the image and says its digest. That works with every engine and with the logins that it knows, and
//! what it gets is what `up` starts; other ways need a plugin (`buildx imagetools`), or say nothing of images for several
//! platforms (`manifest inspect`). `compose config --resolve-image-digests` changes nothing in Compose 2.26.

use std::path::{Path, PathBuf};

use crate::adapters::NoDigest;
use crate::world::{Command, World};

const PROGRAM: &str = "docker";

pub(super) fn of(image: &str, root: &Path, world: &dyn World) -> Result<String, NoDigest> {
    let command = Command {
        program: PathBuf::from(PROGRAM),
        args: ["pull", "--", image].map(str::to_owned).to_vec(),
        dir: root.to_path_buf(),
        ..Command::default()
    };
    let outcome =
        world.run(&command).map_err(|error| NoDigest::NotRun(PROGRAM.to_owned(), error.to_string()))?;
    if !outcome.ok() {
        let said = String::from_utf8_lossy(&outcome.stderr);
        let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
        return Err(NoDigest::Refused(last.unwrap_or("it does not say why").to_owned()));
    }
    read(&String::from_utf8_lossy(&outcome.stdout)).ok_or(NoDigest::NotSaid)
}

/// `Digest: sha256:…`, on a line of its own.
fn read(said: &str) -> Option<String> {
    let digest = said.lines().find_map(|line| line.trim().strip_prefix("Digest: "))?.trim();
    let (kind, hex) = digest.split_once(':')?;
    let is_hex = hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_and_nothing_that_looks_like_one() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let said = format!("7: Pulling from library/redis\nDigest: {digest}\nStatus: Image is up to date\n");
        assert_eq!(read(&said), Some(digest));
        for other in ["", "Digest: \n", "Digest: sha256:\n", "Digest: sha256:xyz\n", "no Digest: sha256:00\n"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
