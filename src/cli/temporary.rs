//! A folder to work in: one of our own goes with the command, a given one stays.

use std::path::{Path, PathBuf};

/// A folder that a command works in.
pub struct Temporary {
    path: PathBuf,
    is_ours: bool,
}

impl Temporary {
    /// A new folder among the system's temporary ones; removed when this is dropped.
    ///
    /// # Errors
    /// What the file system says.
    pub fn new(prefix: &str) -> std::io::Result<Temporary> {
        let name = format!("{prefix}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut maker = std::fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            maker.mode(0o700);
        }
        maker.create(&path)?;
        Ok(Temporary {
            path,
            is_ours: true,
        })
    }

    /// A folder that stays; made where there is none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn given(path: &Path) -> std::io::Result<Temporary> {
        std::fs::create_dir_all(path)?;
        Ok(Temporary {
            path: path.canonicalize()?,
            is_ours: false,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_ours
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("vestnik: папка {} не удалена: {error}", self.path.display());
        }
    }
}
