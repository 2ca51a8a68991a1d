//! The files of the organisation, byte for byte, with their revisions (design: "What is true").
//! What the files mean is the `organisation` room's business.

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::model::{By, Moment};

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::meta;
use super::schema::{definition_files, revisions};

/// A revision: one apply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revision {
    /// Its number, from 1.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: String,
    /// What for.
    pub note: String,
}

/// A file in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DefinitionFile {
    /// The path within the organisation's folder, with `/`.
    pub path: String,
    /// The revision that brought this content.
    pub revision: i64,
    /// The content.
    pub bytes: Vec<u8>,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A change of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileChange {
    /// The file has this content now.
    Put {
        /// The path within the organisation's folder.
        path: String,
        /// The content.
        bytes: Vec<u8>,
    },
    /// The file is gone.
    Delete {
        /// The path within the organisation's folder.
        path: String,
    },
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    text
}

/// Writes a revision with its changes and raises the version of the definitions. Files whose content
/// is the same are left out; with nothing left, no revision is made and `None` is given. The rows
/// derived from the files are written by the caller in the same job.
///
/// # Errors
/// An outage.
pub fn apply(
    conn: &mut Conn,
    changes: &[FileChange],
    at: Moment,
    by: &By,
    note: &str,
) -> Result<Option<i64>, StoreError> {
    // First, for it locks: two applies at once follow one another.
    let version = meta::raise_definitions_version(conn)?;
    let mut real = Vec::new();
    for change in changes {
        let (path, sha256) = match change {
            FileChange::Put { path, bytes } => (path, Some(sha256_hex(bytes))),
            FileChange::Delete { path } => (path, None),
        };
        let before: Option<String> = on_engine!(conn, c => definition_files::table
            .filter(
                definition_files::path
                    .eq(path)
                    .and(definition_files::until_revision.is_null()),
            )
            .select(definition_files::sha256)
            .get_result(c)
            .optional())?;
        if before != sha256 {
            real.push((change, path, sha256));
        }
    }
    if real.is_empty() {
        return Ok(None);
    }
    let last: Option<i64> = on_engine!(conn, c => revisions::table
        .select(diesel::dsl::max(revisions::id))
        .get_result(c))?;
    let id = last.unwrap_or(0) + 1;
    on_engine!(conn, c => diesel::insert_into(revisions::table)
        .values((
            revisions::id.eq(id),
            revisions::at.eq(at.0),
            revisions::author.eq(by.to_string()),
            revisions::note.eq(note),
        ))
        .execute(c))?;
    for (change, path, sha256) in real {
        on_engine!(conn, c => diesel::update(definition_files::table)
            .filter(
                definition_files::path
                    .eq(path)
                    .and(definition_files::until_revision.is_null()),
            )
            .set(definition_files::until_revision.eq(Some(id)))
            .execute(c))?;
        if let (FileChange::Put { bytes, .. }, Some(sha256)) = (change, sha256) {
            on_engine!(conn, c => diesel::insert_into(definition_files::table)
                .values((
                    definition_files::path.eq(path),
                    definition_files::revision.eq(id),
                    definition_files::bytes.eq(bytes),
                    definition_files::sha256.eq(&sha256),
                ))
                .execute(c))?;
        }
    }
    tracing::debug!(revision = id, version, "definitions applied");
    Ok(Some(id))
}

type Row = (String, i64, Vec<u8>, String);
const COLUMNS: (
    definition_files::path,
    definition_files::revision,
    definition_files::bytes,
    definition_files::sha256,
) = (
    definition_files::path,
    definition_files::revision,
    definition_files::bytes,
    definition_files::sha256,
);

fn file((path, revision, bytes, sha256): Row) -> DefinitionFile {
    DefinitionFile {
        path,
        revision,
        bytes,
        sha256,
    }
}

/// The files in force, by path.
///
/// # Errors
/// An outage.
pub fn files(conn: &mut Conn) -> Result<Vec<DefinitionFile>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => definition_files::table
        .filter(definition_files::until_revision.is_null())
        .order(definition_files::path)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().map(file).collect())
}

/// The files in force that a later revision than the given one brought, by path: what a node that
/// knows that revision has to read.
///
/// # Errors
/// An outage.
pub fn files_since(conn: &mut Conn, revision: i64) -> Result<Vec<DefinitionFile>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => definition_files::table
        .filter(definition_files::until_revision.is_null())
        .filter(definition_files::revision.gt(revision))
        .order(definition_files::path)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().map(file).collect())
}

/// The files in force with this path or this ending, by path.
///
/// # Errors
/// An outage.
pub fn files_named(
    conn: &mut Conn,
    path: &str,
    ending: &str,
) -> Result<Vec<DefinitionFile>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => definition_files::table
        .filter(definition_files::until_revision.is_null())
        .filter(
            definition_files::path
                .eq(path)
                .or(definition_files::path.like(format!("%{ending}"))),
        )
        .order(definition_files::path)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().map(file).collect())
}

/// The files as they were at a revision, by path.
///
/// # Errors
/// An outage.
pub fn files_at(conn: &mut Conn, revision: i64) -> Result<Vec<DefinitionFile>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => definition_files::table
        .filter(definition_files::revision.le(revision))
        .filter(
            definition_files::until_revision
                .is_null()
                .or(definition_files::until_revision.gt(revision)),
        )
        .order(definition_files::path)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().map(file).collect())
}

/// The paths in force with the SHA-256 of their contents: cheap, for comparing with a folder.
///
/// # Errors
/// An outage.
pub fn hashes(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on_engine!(conn, c => definition_files::table
        .filter(definition_files::until_revision.is_null())
        .order(definition_files::path)
        .select((definition_files::path, definition_files::sha256))
        .load(c))?)
}

/// The revisions, the newest first, at most `limit`.
///
/// # Errors
/// An outage.
pub fn revisions(conn: &mut Conn, limit: i64) -> Result<Vec<Revision>, StoreError> {
    let rows: Vec<(i64, i64, String, String)> = on_engine!(conn, c => revisions::table
        .order(revisions::id.desc())
        .limit(limit)
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, at, by, note)| Revision {
            id,
            at: Moment(at),
            by,
            note,
        })
        .collect())
}
