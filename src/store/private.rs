//! Files that hold people's data or keys: nobody but their owner reads them.

use std::fs::{File, OpenOptions};
use std::path::Path;

/// Opens a file for writing, which is made with mode 0600 where there is none; one that is there keeps
/// its mode and its bytes.
///
/// # Errors
/// What the file system says.
pub fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// The mode of a file that others than its owner may read or write, as `chmod` writes it; `None` where
/// they may not, or where there is no such file.
pub fn is_shared(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let data = std::fs::metadata(path).ok().filter(|data| data.is_file())?;
        let mode = data.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| format!("{mode:04o}"))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
