//! Secrets at rest: sealed with chacha20poly1305 under a key from a file or the environment, and a
//! type that does not print.

use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use zeroize::{Zeroize, Zeroizing};

use super::error::StoreError;

/// The mark of a sealed text in files and rows.
pub const SEALED_PREFIX: &str = "sealed:";
/// The form of what follows the mark: a nonce of 12 bytes and the sealed bytes, base64url.
const VERSION: &str = "1:";
const NONCE: usize = 12;
/// A file of a key has one short line.
const FILE_BYTES_MAX: u64 = 4096;

/// A text that is not to be seen: it does not print and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The key of this installation.
#[derive(Clone)]
pub struct Key {
    cipher: Arc<ChaCha20Poly1305>,
    source: Arc<str>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.source)
    }
}

impl Key {
    /// The key of the variable `VESTNIK_KEY` where its value is given, else of the file; `None` where there
    /// is no such file.
    ///
    /// # Errors
    /// [`StoreError::Key`] says what is wrong with the file or the value.
    pub fn find(variable: Option<&str>, file: &Path) -> Result<Option<Key>, StoreError> {
        match variable {
            Some(text) => Key::parse(text, "переменная VESTNIK_KEY").map(Some),
            None => Key::from_file(file),
        }
    }

    /// A key from 32 bytes; `source` is how errors name it.
    pub fn from_bytes(bytes: &[u8; 32], source: &str) -> Key {
        Key {
            cipher: Arc::new(ChaCha20Poly1305::new(bytes.into())),
            source: source.into(),
        }
    }

    fn parse(text: &str, source: &str) -> Result<Key, StoreError> {
        let text = text.trim();
        let decoded = Zeroizing::new(
            STANDARD
                .decode(text)
                .or_else(|_| URL_SAFE_NO_PAD.decode(text))
                .unwrap_or_default(),
        );
        let bytes: Result<[u8; 32], _> = decoded.as_slice().try_into();
        let mut bytes = bytes.map_err(|_| StoreError::Key {
            message: format!("{source}: ожидалось 32 байта в base64"),
        })?;
        let key = Key::from_bytes(&bytes, source);
        bytes.zeroize();
        Ok(key)
    }

    fn from_file(file: &Path) -> Result<Option<Key>, StoreError> {
        let source = format!("файл {}", file.display());
        let fault = |error: std::io::Error, what: &str| StoreError::Key {
            message: format!("{source}: {what}: {error}"),
        };
        match std::fs::File::open(file) {
            Ok(opened) => {
                let mut text = Zeroizing::new(String::new());
                opened
                    .take(FILE_BYTES_MAX)
                    .read_to_string(&mut text)
                    .map_err(|error| fault(error, "не читается"))?;
                Key::parse(&text, &source).map(Some)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault(error, "не открывается")),
        }
    }

    /// The key of a file, which is made with mode 0600 where there is none. Only for a database that
    /// nothing was sealed in yet.
    ///
    /// # Errors
    /// As [`find`](Self::find), and what the file system says.
    pub fn find_or_make(file: &Path) -> Result<Key, StoreError> {
        let source = format!("файл {}", file.display());
        let fault = |error: std::io::Error, what: &str| StoreError::Key {
            message: format!("{source}: {what}: {error}"),
        };
        // Two processes may start at once: whoever links its complete file first wins, the other
        // reads it.
        for _ in 0..2 {
            if let Some(key) = Key::from_file(file)? {
                return Ok(key);
            }
            let mut bytes = Zeroizing::new([0u8; 32]);
            random(&mut *bytes)?;
            let text = Zeroizing::new(format!("{}\n", STANDARD.encode(*bytes)));
            let mut name = file.file_name().unwrap_or_default().to_os_string();
            name.push(format!(".{}", std::process::id()));
            let draft = file.with_file_name(name);
            let written = write_private(&draft, text.as_bytes())
                .and_then(|()| std::fs::hard_link(&draft, file));
            let _ = std::fs::remove_file(&draft);
            match written {
                Ok(()) => return Key::parse(&text, &source),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fault(error, "не создаётся")),
            }
        }
        Err(StoreError::Key {
            message: format!("{source}: появляется и пропадает; повторите запуск"),
        })
    }

    /// How errors name this key.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Seals a text for a context (`bot:shop`): it opens under no other key and in no other context.
    ///
    /// # Errors
    /// Only when the system gives no random bytes.
    pub fn seal(&self, plain: &str, context: &str) -> Result<String, StoreError> {
        let mut sealed = vec![0u8; NONCE];
        random(&mut sealed)?;
        let nonce: [u8; NONCE] = sealed[..NONCE].try_into().unwrap_or_default();
        let body = self
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain.as_bytes(),
                    aad: context.as_bytes(),
                },
            )
            .map_err(|_| StoreError::Sealed {
                context: context.to_owned(),
                message: "значение слишком длинное".to_owned(),
            })?;
        sealed.extend_from_slice(&body);
        Ok(format!(
            "{SEALED_PREFIX}{VERSION}{}",
            URL_SAFE_NO_PAD.encode(sealed)
        ))
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it was sealed elsewhere, for another context, or is damaged.
    pub fn unseal(&self, sealed: &str, context: &str) -> Result<Secret, StoreError> {
        let fault = |message: &str| StoreError::Sealed {
            context: context.to_owned(),
            message: message.to_owned(),
        };
        let rest = sealed
            .strip_prefix(SEALED_PREFIX)
            .ok_or_else(|| fault("ожидалось sealed:…"))?;
        let body = rest
            .strip_prefix(VERSION)
            .ok_or_else(|| fault("запечатано более новой программой"))?;
        let bytes = URL_SAFE_NO_PAD
            .decode(body)
            .ok()
            .filter(|bytes| bytes.len() > NONCE)
            .ok_or_else(|| fault("значение повреждено"))?;
        let (nonce, body) = bytes.split_at(NONCE);
        let nonce: [u8; NONCE] = nonce.try_into().unwrap_or_default();
        let plain = self
            .cipher
            .decrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: body,
                    aad: context.as_bytes(),
                },
            )
            .map_err(|_| {
                fault(
                    "запечатано в другой установке или для другого; задайте токен заново или через token_env, token_file",
                )
            })?;
        String::from_utf8(plain)
            .map(Secret::new)
            .map_err(|_| fault("внутри не текст"))
    }
}

fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::Key {
        message: format!("система не даёт случайных чисел: {error}"),
    })
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = super::private::create_private(path)?;
    file.set_len(0)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::from_bytes(&[byte; 32], "test")
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_and_context_only() {
        let sealed = key(1).seal("1:token", "bot:shop").expect("seals");
        assert!(sealed.starts_with("sealed:1:"));
        assert!(!sealed.contains("token"));
        assert_ne!(sealed, key(1).seal("1:token", "bot:shop").expect("seals"));
        let open = |key: Key, text: &str, context: &str| key.unseal(text, context).ok();
        assert_eq!(
            open(key(1), &sealed, "bot:shop"),
            Some(Secret::new("1:token"))
        );
        assert_eq!(open(key(2), &sealed, "bot:shop"), None);
        assert_eq!(open(key(1), &sealed, "bot:other"), None);
        assert_eq!(open(key(1), &sealed[..sealed.len() - 2], "bot:shop"), None);
        assert_eq!(open(key(1), "sealed:9:AAAA", "bot:shop"), None);
        assert_eq!(open(key(1), "1:token", "bot:shop"), None);
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("1:token");
        assert!(!format!("{secret:?} {secret}").contains("token"));
        assert!(!format!("{:?}", key(7)).contains('7'));
    }

    #[test]
    fn a_key_file_is_made_once_and_private() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("vestnik.key");
        assert!(Key::find(None, &file).expect("looked for").is_none());
        assert!(!file.exists(), "looking makes nothing");
        let sealed = Key::find_or_make(&file)
            .and_then(|key| key.seal("x", "y"))
            .expect("made");
        let again = Key::find(None, &file).expect("read").expect("there");
        assert_eq!(
            again.unseal(&sealed, "y").expect("the same key").expose(),
            "x"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&file).expect("there").permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
        std::fs::write(&file, "short").expect("written");
        assert!(matches!(
            Key::find(None, &file),
            Err(StoreError::Key { .. })
        ));
        assert!(Key::find(Some(&STANDARD.encode([3u8; 32])), &file).is_ok());
    }
}
