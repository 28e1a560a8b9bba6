//! File systems that are mounted for a case and go with it.
//!
//! Owns: mounting. Refuses: being needed: where it is not allowed, the gates say so and are skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system that is mounted.
pub(crate) struct Mounted(PathBuf);

/// Whether one of this kind can be mounted here.
pub(crate) fn possible(work: &Path, kind: &str) -> Result<(), String> {
    let at = work.join(format!("try-{kind}"));
    fs::create_dir_all(&at).map_err(|e| e.to_string())?;
    match kind {
        "tmpfs" => Mounted::new(&at, &["-t", "tmpfs", "none"]).map(drop),
        kind => {
            let image = work.join(format!("try-{kind}.img"));
            make(&image, kind)?;
            let mounted = Mounted::image(&at, &image).map(drop);
            fs::remove_file(&image).map_err(|e| e.to_string())?;
            mounted
        }
    }
}

/// Makes an image of a file system of this kind.
pub(crate) fn make(image: &Path, kind: &str) -> Result<(), String> {
    let size = if kind == "ext4" { 12 << 20 } else { 320 << 20 };
    let file = fs::File::create(image).map_err(|e| e.to_string())?;
    file.set_len(size).map_err(|e| e.to_string())?;
    said(Command::new(format!("mkfs.{kind}")).arg("-q").arg(image))
}

impl Mounted {
    pub(crate) fn new(at: &Path, what: &[&str]) -> Result<Self, String> {
        said(Command::new("mount").args(what).arg(at))?;
        Ok(Self(at.to_owned()))
    }

    pub(crate) fn image(at: &Path, image: &Path) -> Result<Self, String> {
        said(Command::new("mount").args(["-o", "loop"]).arg(image).arg(at))?;
        Ok(Self(at.to_owned()))
    }

    pub(crate) fn remount(&self, options: &str) -> Result<(), String> {
        said(Command::new("mount").arg("-o").arg(format!("remount,{options}")).arg(&self.0))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let mut tries = 0;
        // What was killed may take a moment to let go.
        while said(Command::new("umount").arg(&self.0)).is_err() && tries < 40 {
            tries += 1;
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

fn said(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
